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

    `language` is the one that its words are in. `charts_path` is where pictures of the charts are, as a link from here.
    """

    width: int | None = None
    has_colour: bool = False
    is_ascii: bool = False
    language: str = "en"
    charts_path: str = ""


class OutputFormat(Protocol):
    """An output format's module."""

    def render(self, result: Result, page: Page) -> str:
        """The whole output, ending in a line end."""


def list_formats() -> list[str]:
    """The formats there are."""
    return plugins.list_plugins(__name__)


def load_format(format_name: str) -> OutputFormat:
    """The format of this name.

    Raises:
        UsageProblem: there is none.
    """
    if format_name not in list_formats():
        raise UsageProblem(f"no format '{format_name}'; known: {', '.join(list_formats())}")
    return cast("OutputFormat", plugins.load_plugin(__name__, format_name))


def encode_result(output_format: OutputFormat, result: Result, page: Page) -> Iterable[bytes]:
    """The whole output as UTF-8, in pieces where the format offers them."""
    render_chunks = getattr(output_format, "render_chunks", None)
    if render_chunks is None:
        return (output_format.render(result, page).encode(errors="replace"),)
    return cast("Iterable[bytes]", render_chunks(result, page))
