"""Newline-delimited JSON: one object per row."""

import json

from segcli.reports.blocks import Result
from segcli.reports.formats import Page
from segcli.reports.formats.json import to_json_value


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - JSON does not depend on the page
    """Return the rows, one JSON object per line."""
    rows = to_json_value(result.rows.to_dict("records"))
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
