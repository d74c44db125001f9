"""What the pages are made from, and the terminal that their examples are typed into."""

import gzip
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from segcli.cli.app import app


@pytest.fixture(scope="session")
def commands() -> dict[str, Any]:
    """All commands by name, those of groups by both names."""
    found: dict[str, Any] = {}
    for name, one in get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(one, "commands", None)
        found |= {f"{name} {own}": inner[own] for own in inner} if inner else {name: one}
    return found


Shown = Callable[..., str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder that looks like the repository, with the files of the demo beside it, and may be written to."""
    for name in ("sample_data", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    for packed in (ROOT / "segcli" / "demo").glob("*.gz"):
        (tmp_path / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return tmp_path


@pytest.fixture(scope="session")
def shown(command_server: list[str], tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A block as a terminal would show it: each command, then what it printed on either stream."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "segcli").write_text(f'#!/bin/sh\nexec {shlex.join(command_server)} "$@"\n')
    (programs / "segcli").chmod(0o755)

    def show(block: str, folder: Path, **more: str) -> str:
        path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", **more}
        lines = []
        for command in (line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")):
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            lines += [f"$ {command}", *(done.stderr + done.stdout).splitlines()]
        return "\n".join(line.rstrip() for line in lines) + "\n"

    return show


@pytest.fixture(scope="session")
def kept() -> Callable[[Path, str, Iterable[str]], bool]:
    """Whether what stands between two marks of a page is these lines; UPDATE_DOCS=1 writes them anew."""

    def is_kept(path: Path, mark: str, lines: Iterable[str]) -> bool:
        """Whether what stands between the marks is these lines."""
        text = path.read_text(encoding="utf-8")
        made = "\n".join(lines).strip()
        between = re.compile(rf"(<!-- {mark}: .*? -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
        assert between.search(text), f"{path.name} has no place for {mark}"
        found = between.sub(lambda match: f"{match[1]}\n{made}\n\n{match[2]}", text)
        if os.environ.get("UPDATE_DOCS") == "1":
            path.write_text(found, encoding="utf-8")
        return found == text

    return is_kept
