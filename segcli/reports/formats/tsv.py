"""Tab-separated values; otherwise the same as CSV."""

from collections.abc import Iterator

from segcli.reports.blocks import Result
from segcli.reports.formats import Page, csv


def render(result: Result, page: Page) -> str:
    """Return the rows as text."""
    return csv.render(result, page, delimiter="\t")


def render_chunks(result: Result, page: Page) -> Iterator[bytes]:
    """Yield the rows in slices."""
    return csv.render_chunks(result, page, delimiter="\t")
