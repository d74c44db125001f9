"""Run the command as a user does: a process of its own, an explicit environment, real files and pipes."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = """customer_id,order_id,order_date,amount
A,1,2026-01-01,10.00
A,2,2026-02-20,5.50
B,3,2026-01-03,20.00
C,4,2026-03-01,7.25
"""
CONFIG = """version: 1
output: out
ingest:
  transactions: {path: orders.csv}
rfm: {bins: 3}
"""


@pytest.fixture
def root() -> Path:
    """The repository, with its sample data and configs."""
    return ROOT


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing inherited: no settings of the user's, no locale, no colour."""
    home = tmp_path / "home"
    home.mkdir()
    shell = str(Path(shutil.which("bash") or "/bin/bash").parent)
    return {"PATH": f"{shell}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHON": sys.executable}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a small order export and a config for it."""
    made = tmp_path / "shop"
    made.mkdir()
    (made / "orders.csv").write_text(TINY)
    (made / "shop.yaml").write_text(CONFIG)
    return made


@pytest.fixture
def segcli(
    folder: Path, environment: dict[str, str], command_server: list[str]
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """`segcli(*arguments, stdin=..., env=..., cwd=...)`, run to its end in the working folder."""

    def run(
        *arguments: str | Path, stdin: str | None = None, env: dict[str, str] | None = None, cwd: Path = folder
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command_server, *map(str, arguments)],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            encoding="utf-8",
            cwd=cwd,
            env={**environment, **(env or {})},
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def bash(
    root: Path, environment: dict[str, str], command_server: list[str]
) -> Callable[..., "subprocess.CompletedProcess[bytes]"]:
    """A bash script in which `segcli` is the command; it runs in the repository unless told otherwise."""

    def run(script: str, env: dict[str, str] | None = None, cwd: Path = root) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["bash", "-c", f'segcli() {{ {shlex.join(command_server)} "$@"; }}\n{script}'],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=cwd,
            env={**environment, **(env or {})},
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def on_a_terminal(folder: Path, environment: dict[str, str], command_server: list[str]) -> Callable[..., str]:
    """`on_a_terminal(*arguments, columns=80, errors=False)`: what a person sees whose standard output is a terminal."""

    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")

    def run(*arguments: str, columns: int = 80, term: str = "xterm", errors: bool = False, **more: str) -> str:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*command_server, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs if errors else subprocess.DEVNULL,
            cwd=folder,
            env={**environment, "COLUMNS": str(columns), "TERM": term, **more},
        ) as process:
            os.close(theirs)
            seen = b""
            try:
                while piece := os.read(ours, 65536):
                    seen += piece
            except OSError:  # Linux says so when the other side has closed
                pass
            os.close(ours)
            assert process.wait(60) == 0
        return seen.decode().replace("\r\n", "\n")

    return run
