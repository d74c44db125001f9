"""segcli completion: what a shell needs to complete commands, options and values at the Tab key."""

from importlib.resources import files
from typing import Annotated

from typer import Argument

from segcli.cli.streams import write_stdout
from segcli.errors import UsageProblem

SCRIPTS_FOLDER = files("segcli.cli").joinpath("shells")
SHELLS = ("bash", "zsh", "fish")

ShellArgument = Annotated[
    str,
    Argument(
        help="Shell that reads the script: bash, zsh or fish.", metavar="SHELL", autocompletion=lambda: list(SHELLS)
    ),
]


def command(shell: ShellArgument) -> None:
    """Print the script that completes what you type at the Tab key.

    Values are completed too: formats, presets, methods, settings, and after --map STANDARD= the columns of the file.
    """
    if shell not in SHELLS:
        raise UsageProblem(f"no completion for {shell}; known: {', '.join(SHELLS)}")
    write_stdout(read_script(shell))


def read_script(shell: str) -> str:
    """The script of a shell."""
    return SCRIPTS_FOLDER.joinpath(f"segcli.{shell}").read_text(encoding="utf-8")


def register_scripts() -> None:
    """Let --install-completion and --show-completion know these scripts: typer's own evaluate what files say."""
    from typer import _completion_shared

    for shell in SHELLS:
        _completion_shared._completion_scripts[shell] = read_script(shell).replace("%", "%%")  # noqa: SLF001 - no other way
