"""Output formats, one module each, named as the user names it and with a function `render(result, page) -> str`.

A format with large output may also have `render_chunks(result, page) -> Iterator[bytes]`; joined, the chunks equal the
rendered text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from segcli import plugins
from segcli.errors import UsageProblem
from segcli.reports.blocks import Result


@dataclass(frozen=True)
class Page:
    """Capabilities of the output: width in columns (None: unlimited), colour, ASCII only.

    `language` is the language of its texts. `charts_path` is the link from the output to the folder of chart pictures.
    """

    width: int | None = None
    has_colour: bool = False
    is_ascii: bool = False
    language: str = plugins.ENGLISH_CODE
    charts_path: str = ""


class OutputFormat(Protocol):
    """Interface of an output format module."""

    def render(self, result: Result, page: Page) -> str:
        """Return the complete output, ending in a line end."""


def list_formats() -> list[str]:
    """Return the names of all output formats."""
    return plugins.list_plugins(__name__)


def load_format(format_name: str) -> OutputFormat:
    """Return the output format of this name.

    Raises:
        UsageProblem: there is no such format.
    """
    if format_name not in list_formats():
        raise UsageProblem(f"no format '{format_name}'; known: {', '.join(list_formats())}")
    return cast("OutputFormat", plugins.load_plugin(__name__, format_name))


def encode_result(output_format: OutputFormat, result: Result, page: Page) -> Iterable[bytes]:
    """Return the complete output as UTF-8, in chunks if the format offers them."""
    render_chunks = getattr(output_format, "render_chunks", None)
    if render_chunks is None:
        return (output_format.render(result, page).encode(errors="replace"),)
    return cast("Iterable[bytes]", render_chunks(result, page))
