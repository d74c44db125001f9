"""Command `segcli completion`: scripts that let a shell complete commands, options and values."""

from importlib.resources import files
from typing import Annotated

from typer import Argument

from segcli.cli.terminal import write_stdout
from segcli.errors import UsageProblem

SCRIPTS_FOLDER = files("segcli.cli").joinpath("shells")
SHELLS = ("bash", "zsh", "fish")

ShellArgument = Annotated[
    str,
    Argument(help="Shell: bash, zsh or fish.", metavar="SHELL", autocompletion=lambda: list(SHELLS)),
]

EXAMPLES = (
    "segcli completion bash > ~/.local/share/bash-completion/completions/segcli",
    "segcli completion fish > ~/.config/fish/completions/segcli.fish",
)


def command(shell: ShellArgument) -> None:
    """Print the completion script for a shell.

    The script completes commands, options and values: formats, presets, methods, settings, and the columns of the file
    after --map STANDARD=.
    """
    if shell not in SHELLS:
        raise UsageProblem(f"no completion for {shell}; known: {', '.join(SHELLS)}")
    write_stdout(read_script(shell))


def read_script(shell: str) -> str:
    """Return the completion script of a shell."""
    return SCRIPTS_FOLDER.joinpath(f"segcli.{shell}").read_text(encoding="utf-8")


def register_scripts() -> None:
    """Register the scripts for --install-completion and --show-completion.

    They replace typer's own scripts, which evaluate text from files as code.
    """
    from typer import _completion_shared

    for shell in SHELLS:
        _completion_shared._completion_scripts[shell] = read_script(shell).replace("%", "%%")  # noqa: SLF001 - there is no public interface
