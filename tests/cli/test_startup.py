"""Help, version and mistakes answer at once; a command loads only the libraries it uses."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

LISTED = """
import sys
from segcli.cli import main
try:
    main()
finally:
    print("modules:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
DATA = {"pandas", "numpy", "pyarrow", "sklearn", "scipy", "matplotlib"}


def _modules(folder: Path, environment: dict[str, str], *arguments: str) -> set[str]:
    """The top-level modules that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", LISTED, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("modules: ")]
    return set(line.split()[1:])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["rfm", "--help"], ["nope"], ["rfm", "--nope"]], ids=" ".join
)
def test_help_and_typing_mistakes_load_no_data_library_no_yaml_and_no_rich(
    folder: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    assert not _modules(folder, environment, *arguments) & (DATA | {"yaml", "rich"})


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_the_commonest_questions_are_answered_without_pydantic_either(
    folder: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    """Typer itself loads it as soon as a command has parameters; the list of commands needs none of it."""
    assert "pydantic" not in _modules(folder, environment, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["rfm", "orders.csv", "--set", "rfm.bin=3"],
        ["rfm", "orders.csv", "-f", "nope"],
        ["run", "broken.yaml"],
        ["config", "show"],
        ["config", "schema"],
    ],
    ids=" ".join,
)
def test_settings_and_their_mistakes_load_no_data_library_and_no_rich(
    folder: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    (folder / "broken.yaml").write_text("rfm: {bin: 3}\n")
    assert not _modules(folder, environment, *arguments) & (DATA | {"rich"})


@pytest.mark.parametrize("command", ["ingest", "rfm"])
def test_scoring_loads_neither_scikit_learn_nor_scipy_nor_a_plotting_library(
    folder: Path, environment: dict[str, str], command: str
) -> None:
    loaded = _modules(folder, environment, command, "orders.csv")
    assert "pandas" in loaded
    assert not loaded & {"sklearn", "scipy", "matplotlib", "rich", "jinja2"}


BARE = """
import typer
app = typer.Typer()

@app.command()
def one(name: str, count: int = 1) -> None:
    "First."

@app.command()
def two(name: str, loud: bool = False) -> None:
    "Second."

app()
"""
RUNS = 9
AT_MOST = 1.6


@pytest.mark.posix
def test_help_costs_under_1_6_times_the_help_of_a_bare_typer_program(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Processor time, the best of alternating runs, so that a busy machine cannot decide it."""
    bare = tmp_path / "bare.py"
    bare.write_text(BARE)
    commands = [[sys.executable, "-m", "segcli", "--help"], [sys.executable, str(bare), "--help"]]
    ratios = []
    for _attempt in range(2):
        rounds = [[_seconds(command, environment) for command in commands] for _ in range(RUNS)]
        ours, theirs = (min(column) for column in zip(*rounds, strict=True))
        ratios.append(ours / theirs)
        if ratios[-1] < AT_MOST:
            return
    pytest.fail(f"--help costs {ratios} times a bare program")


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    """Processor seconds of a command that has to succeed."""
    pid = os.posix_spawn(
        command[0], command, environment, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, used = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return used.ru_utime + used.ru_stime
