"""Output formats, one per file: a module with `render(result, page) -> str`, named as the user names it."""

from dataclasses import dataclass
from typing import Protocol, cast

from segcli import plugins
from segcli.errors import UsageProblem
from segcli.reports.result import Result


@dataclass(frozen=True)
class Page:
    """What the output can show: its width in columns (None: unlimited), whether colour, whether only ASCII."""

    width: int | None = None
    colour: bool = False
    ascii: bool = False


class Format(Protocol):
    """An output format's module."""

    def render(self, result: Result, page: Page) -> str:
        """The whole output, ending in a line end."""


def names() -> list[str]:
    """The formats there are."""
    return plugins.names(__name__)


def load(name: str) -> Format:
    """The format of this name.

    Raises:
        UsageProblem: there is none.
    """
    if name not in names():
        raise UsageProblem(f"no format '{name}'; known: {', '.join(names())}")
    return cast("Format", plugins.module(__name__, name))
