r"""CSV (RFC 4180) with \n line ends: ISO 8601 dates, empty missing values, quotes only where needed."""

from collections.abc import Iterator

from segcli.reports.blocks import Result
from segcli.reports.formats import Page


def render(result: Result, page: Page, delimiter: str = ",") -> str:
    """Return the rows as text."""
    return b"".join(render_chunks(result, page, delimiter)).decode()


def render_chunks(result: Result, page: Page, delimiter: str = ",") -> Iterator[bytes]:  # noqa: ARG001 - same signature as render
    """Yield the rows in slices, so that the text of a large table is never in memory at once."""
    from segcli.reports.formats import _delimited

    yield from _delimited.encode_table(result.rows, delimiter)
