"""Tab-separated values; otherwise as CSV."""

from segcli.reports.formats import Page, csv
from segcli.reports.result import Result


def render(result: Result, page: Page) -> str:
    """The rows."""
    return csv.render(result, page, delimiter="\t")
