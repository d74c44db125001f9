r"""CSV by RFC 4180 with \n line ends: dates ISO 8601, missing values empty, quotes only where needed."""

from segcli.reports.formats import Page
from segcli.reports.result import Result


def render(result: Result, page: Page, delimiter: str = ",") -> str:  # noqa: ARG001 - machines have no page
    """The rows."""
    text: str = result.rows.to_csv(index=False, lineterminator="\n", sep=delimiter, date_format="%Y-%m-%d")
    return text
