"""Binary formats: they are written to files only."""

from typing import NoReturn

from segcli.errors import UsageProblem


def refuse_terminal(format_name: str) -> NoReturn:
    """Refuse to show a binary format, whose name is also its suffix, on a terminal.

    Raises:
        UsageProblem: always.
    """
    raise UsageProblem(
        f"--format {format_name}: not a format for a terminal; hint: write a file with -o FILE.{format_name}"
    )
