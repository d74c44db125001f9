"""Output formats, one per file: a module with `render(result, page) -> str`, named as the user names it.

A format whose output can be large may also have `pieces(result, page) -> Iterator[bytes]`, which in a row are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from segcli import plugins
from segcli.errors import UsageProblem
from segcli.reports.result import Result


@dataclass(frozen=True)
class Page:
    """What the output can show: its width in columns (None: unlimited), whether colour, whether only ASCII.

    `language` is the one that its words are in. `charts` is where pictures of the charts are, as a link from here.
    """

    width: int | None = None
    colour: bool = False
    ascii: bool = False
    language: str = "en"
    charts: str = ""


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


def pieces(form: Format, result: Result, page: Page) -> Iterable[bytes]:
    """The whole output as UTF-8, in pieces where the format offers them."""
    offered = getattr(form, "pieces", None)
    if offered is None:
        return (form.render(result, page).encode(errors="replace"),)
    return cast("Iterable[bytes]", offered(result, page))
