"""Section with the customers of each segment at the ends of the last months."""

from collections.abc import Iterator
from datetime import date

from segcli import formatting
from segcli.message import message
from segcli.reports.blocks import Block, Chart, Column, Details, Table, Text
from segcli.reports.chart_blocks import find_colour_position
from segcli.reports.report import Findings
from segcli.reports.size_trends import SizeTrend

TITLE = message("Segments over time")
NO_TREND_NOTE = message("The trend of segments needs an order export that covers several months.")
NO_LOOK_AHEAD_NOTE = message("The segments of a day use only the orders before it.")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the chart, the table of the first and the last day, and all days on demand."""
    trend = findings.analyses.size_trend
    if trend is None:
        yield Text([findings.analyses.skip_reasons.get("trends", NO_TREND_NOTE)])
        return
    segments = findings.list_segments(trend.column)
    yield _build_chart(trend, segments)
    yield _build_change_table(trend, segments)
    yield Text([NO_LOOK_AHEAD_NOTE], is_quiet=True)
    yield Details(message("Customers by month"), [_build_month_table(trend)])


def _build_chart(trend: SizeTrend, segments: list[str]) -> Chart:
    differences = trend.sizes[:, -1] - trend.sizes[:, 0]
    position = int(abs(differences).argmax())
    data = {
        "segments": [
            {"name": name, "sizes": row.tolist(), "position": find_colour_position(name, segments)}
            for name, row in zip(trend.segments, trend.sizes, strict=True)
        ],
        "days_kind": [day.isoformat() for day in trend.days],
        "first": _format_day(trend.days[0]),
        "last": _format_day(trend.days[-1]),
    }
    alt_text = message(
        "Customers by segment from {first} to {last}; the largest change is that of {segment}, from {before} to "
        "{after}.",
        first=trend.days[0],
        last=trend.days[-1],
        segment=trend.segments[position],
        before=formatting.format_count(trend.sizes[position, 0]),
        after=formatting.format_count(trend.sizes[position, -1]),
    )
    return Chart("trends", message("Customers by segment of {name}", name=trend.column), alt_text, data, ())


def _build_change_table(trend: SizeTrend, segments: list[str]) -> Table:
    """Return a table with one row per segment: customers on the first and on the last day, and the difference."""
    largest = float(trend.sizes[:, -1].max()) or 1.0
    rows: list[list[str | float]] = []
    for name, row in zip(trend.segments, trend.sizes, strict=True):
        difference = int(row[-1] - row[0])
        rows.append(
            [
                name,
                float(row[-1]) / largest,
                formatting.format_count(row[0]),
                formatting.format_count(row[-1]),
                formatting.FormattedNumber(f"{difference:+,}", difference),
            ]
        )
    titles = [
        Column(message("Segment"), align_right=False),
        Column("", is_bar=True),
        Column(_format_day(trend.days[0])),
        Column(_format_day(trend.days[-1])),
        Column(message("Change")),
    ]
    return Table(titles, rows, [find_colour_position(name, segments) for name in trend.segments])


def _build_month_table(trend: SizeTrend) -> Table:
    titles = [Column(message("As of"), align_right=False), *(Column(name) for name in trend.segments)]
    rows: list[list[str | float]] = [
        [_format_day(day), *(formatting.format_count(size) for size in trend.sizes[:, position])]
        for position, day in enumerate(trend.days)
    ]
    return Table(titles, rows)


def _format_day(day: date) -> str:
    return message("{day}", day=day)
