"""Tab-separated values; otherwise as CSV."""

from collections.abc import Iterator

from segcli.reports.formats import Page, csv
from segcli.reports.result import Result


def render(result: Result, page: Page) -> str:
    """The rows."""
    return csv.render(result, page, delimiter="\t")


def render_chunks(result: Result, page: Page) -> Iterator[bytes]:
    """The rows, some thousands at a time."""
    return csv.render_chunks(result, page, delimiter="\t")
