"""One JSON object per row and line."""

import json

from segcli.reports.formats import Page
from segcli.reports.formats.json import to_json_value
from segcli.reports.result import Result


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - machines have no page
    """The rows."""
    rows = to_json_value(result.rows.to_dict("records"))
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
