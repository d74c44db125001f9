"""What customers are expected to order, and what that is worth, by segment."""

from collections.abc import Iterator

import pandas as pd

from segcli import columns as c
from segcli.reports import numbers, tables
from segcli.reports.blocks import Block, Chart, Heading, Text
from segcli.reports.report import Findings
from segcli.reports.value import expected

TITLE = "Expected value"


def blocks(findings: Findings) -> Iterator[Block]:
    """A chart and a table for each segmentation, and what the model noticed."""
    found = findings.answers.value
    if found is None:
        yield Text([findings.answers.why_not.get("clv", "Expectations need an export of single orders.")])
        return
    for name, rows in found.segments.items():
        yield Heading(name, level=3)
        if c.CLV in rows:
            yield _chart(name.removesuffix(c.SEGMENT), rows)
        yield expected(rows)
    yield from tables.notes([*found.warnings, *found.notes])


def _chart(name: str, rows: pd.DataFrame) -> Chart:
    whole = float(rows[c.CUSTOMERS].sum())
    points = [
        {
            "name": row[c.NAME],
            "x": row[c.CUSTOMERS] / whole,
            "y": row[c.CLV] / row[c.CUSTOMERS],
            "area": float(row[c.CLV]),
        }
        for row in rows.to_dict("records")
    ]
    most = max(points, key=lambda one: (one["y"], one["name"]))
    says = f"Customers of {most['name']} are worth most: {numbers.money(most['y'])} each on average."
    data = {
        "points": points,
        "x_title": "share of customers",
        "y_title": "expected value of a customer",
        "x_kind": "share",
        "y_kind": "money",
    }
    return Chart("bubbles", f"Segments of {name} by expected value; areas are their value together", says, data, ())
