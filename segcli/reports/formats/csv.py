r"""CSV by RFC 4180 with \n line ends: dates ISO 8601, missing values empty, quotes only where needed."""

from collections.abc import Iterator

from segcli.reports.formats import Page
from segcli.reports.result import Result


def render(result: Result, page: Page, delimiter: str = ",") -> str:
    """The rows."""
    return b"".join(render_chunks(result, page, delimiter)).decode()


def render_chunks(result: Result, page: Page, delimiter: str = ",") -> Iterator[bytes]:  # noqa: ARG001 - as render
    """The rows, some thousands at a time: a table of a million customers need not be there whole as text."""
    from segcli.reports.formats import _lines

    yield from _lines.encode_table(result.rows, delimiter)
