"""What a run was made on: processor, memory, and the versions of Python and the packages."""

import json
import os
import platform
import subprocess
from pathlib import Path

ASKED = """
import importlib.metadata, json, platform, sys
found = {"Python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def versions(python: str, packages: list[str]) -> dict[str, str]:
    """The versions of Python and of those packages that are installed for it."""
    done = subprocess.run([python, "-c", ASKED, *packages], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def described() -> str:
    """The processor's model, its cores and the memory."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{model()}, {os.cpu_count()} cores, {memory:.0f} GB"


def model() -> str:
    """The processor as Linux names it, or what Python knows of it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
