"""Section with predicted orders and customer lifetime value by segment."""

from collections.abc import Iterator

import pandas as pd

from segcli import columns, formatting
from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Chart, Heading, Text
from segcli.reports.report import Findings
from segcli.reports.value_results import build_clv_table

TITLE = message("Predicted value")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield a chart and a table for each segmentation, then the model's warnings and notes."""
    clv_result = findings.analyses.clv_result
    if clv_result is None:
        yield Text([findings.analyses.skip_reasons.get("clv", message("Predictions need an order export."))])
        return
    for name, segment_rows in clv_result.segments.items():
        yield Heading(name, level=3)
        if columns.CLV in segment_rows:
            yield _build_value_chart(name.removesuffix(columns.SEGMENT_SUFFIX), segment_rows)
        yield build_clv_table(segment_rows)
    yield from tables.build_note_blocks([*clv_result.warnings, *clv_result.notes])


def _build_value_chart(segmentation_name: str, segment_rows: pd.DataFrame) -> Chart:
    customer_count = float(segment_rows[columns.CUSTOMERS].sum())
    points = [
        {
            "name": row[columns.SEGMENT_NAME],
            "x": row[columns.CUSTOMERS] / customer_count,
            "y": row[columns.CLV] / row[columns.CUSTOMERS],
            "area": float(row[columns.CLV]),
        }
        for row in segment_rows.to_dict("records")
    ]
    top_point = max(points, key=lambda point: (point["y"], point["name"]))
    alt_text = message(
        "{name} has the highest predicted value: {money} per customer on average.",
        name=top_point["name"],
        money=formatting.format_money(top_point["y"]),
    )
    data = {
        "points": points,
        "x_title": message("share of customers"),
        "y_title": message("predicted value per customer"),
        "x_kind": "share",
        "y_kind": "money",
    }
    return Chart(
        "bubbles",
        message(
            "Segments of {segmentation_name} by predicted value; area shows total value",
            segmentation_name=segmentation_name,
        ),
        alt_text,
        data,
        (),
    )
