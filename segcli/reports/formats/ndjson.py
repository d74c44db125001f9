"""One JSON object per row and line."""

import json

from segcli.reports.formats import Page
from segcli.reports.formats.json import plain
from segcli.reports.result import Result


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - machines have no page
    """The rows."""
    rows = plain(result.rows.to_dict("records"))
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
