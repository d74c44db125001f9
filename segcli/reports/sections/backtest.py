"""Section with the backtest: whether segments made as of an earlier day predict later buyers."""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from segcli import columns, formatting
from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Chart, Heading, Text, show_first
from segcli.reports.chart_blocks import find_colour_position
from segcli.reports.evaluation_results import build_lift_table, build_outcome_table, compare_extremes
from segcli.reports.report import Findings

TITLE = message("Backtest")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the buyers of each segment as a chart with a sentence, then the comparison of segmentations."""
    backtest = findings.analyses.backtest_summary
    if backtest is None:
        yield Text([findings.analyses.skip_reasons.get("backtest", message("A backtest needs an order export."))])
        return
    yield from show_first(
        (
            message(
                "{name}, after {day}",
                name=f"{name}{columns.SEGMENT_SUFFIX}",
                day=date.fromisoformat(segment_rows["until"].iloc[0]),
            ),
            _build_segmentation_blocks(str(name), segment_rows, findings),
        )
        for name, segment_rows in backtest.segments.groupby("segmentation", sort=False)
    )
    yield Heading(message("Comparison of segmentations"), level=3)
    yield build_lift_table(backtest.summary)
    yield from tables.build_note_blocks(backtest.notes)


def _build_segmentation_blocks(name: str, segment_rows: pd.DataFrame, findings: Findings) -> Iterator[Block]:
    """Yield a sentence on the first and the last segment, the chart of all segments, and their table."""
    if len(segment_rows) > 1 and (segment_rows["lift"] > 0).any():
        yield Text([compare_extremes(segment_rows)])
        yield _build_interval_chart(name, segment_rows, findings)
    yield build_outcome_table(segment_rows)


def _build_interval_chart(name: str, segment_rows: pd.DataFrame, findings: Findings) -> Chart:
    """Build the chart of the shares who bought, in predicted order, in the colours of the segments."""
    column = f"{name}{columns.SEGMENT_SUFFIX}"
    segments = findings.list_segments(column)
    known_lift = segment_rows[segment_rows["lift"] > 0].iloc[0]
    base = float(known_lift["buyer_rate"] / known_lift["lift"])
    data = {
        "segments": [
            {
                "name": row[columns.SEGMENT_NAME],
                "share": float(row["buyer_rate"]),
                "low": float(row["buyer_rate_low"]),
                "high": float(row["buyer_rate_high"]),
                "position": find_colour_position(row[columns.SEGMENT_NAME], segments),
            }
            for row in segment_rows.to_dict("records")
        ],
        "base": base,
        "base_says": message("dashed line: all customers, {share}", share=formatting.format_share(base)),
        "x_title": message("share of customers who bought, with 95% interval"),
    }
    return Chart(
        "intervals", message("Buyers by segment of {name}", name=column), compare_extremes(segment_rows), data, ()
    )
