"""What the page about extending says is done, in a copy of the package: files are written, commands are typed.

UPDATE_DOCS=1 writes the outputs anew.
"""

import os
import re
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extending.md"
FILE = re.compile(r"^   ```(?:python|yaml|po)\n(   # (segcli/\S+)\n.*?)^   ```$", re.DOTALL | re.MULTILINE)
CONSOLE = re.compile(r"^   ```console\n(.*?)^   ```$", re.DOTALL | re.MULTILINE)


@pytest.mark.long
def test_each_extension_is_three_steps(workplace: Path, shown: Callable[..., str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shutil.copytree(ROOT / "segcli", workplace / "segcli", ignore=shutil.ignore_patterns("__pycache__"))
    files = FILE.findall(text)
    assert len(files) == 7
    for body, name in files:
        path = workplace / name
        assert not path.exists(), f"{name} is there already"
        path.write_text(textwrap.dedent(body), encoding="utf-8")

    def anew(match: re.Match[str]) -> str:
        printed = shown(textwrap.dedent(match[1]), workplace, PYTHONPATH=str(workplace))
        lines = (f"   {line}".rstrip() for line in printed.splitlines())
        return "\n".join(["   ```console", *lines, "   ```"])

    found = CONSOLE.sub(anew, text)
    if os.environ.get("UPDATE_DOCS") == "1":
        PAGE.write_text(found, encoding="utf-8")
    assert found == text
    assert "segcli: " not in found.partition("## Other plug-ins")[0]  # no command of it failed
