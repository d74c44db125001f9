"""Flows between segments: band widths show how many customers moved or stayed (Sankey 1898)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import LINE_HEIGHT
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._style import CHART_WIDTH, FONT_SIZE, NEUTRAL_COLOUR, palette_colour, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BAR_WIDTH, BAR_GAP, MIN_BAR_SPACING = (
    9.0,
    3.0,
    LINE_HEIGHT - 2,
)  # points: width of a segment's bar, gap below it, height of its name
FLOW_NAME_WIDTH = 98.0
HEIGHT_PER_SEGMENT = 30.0
SegmentSpans = dict[str, tuple[float, float]]


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `before` and `after` (segment names in order), `before_positions` and `after_positions`
    (which decide on their colours; None: neutral), `flows` (each with `from`, `to` and `customers`), and the titles
    `before_title` and `after_title`.
    """
    canvas = Canvas(figure)
    longest_name = max((text_width(name) for name in (*data["before"], *data["after"])), default=0.0)
    name_width = min(longest_name, FLOW_NAME_WIDTH)
    left, right = name_width + 5, CHART_WIDTH - name_width - 5
    canvas.draw_text((0, 6), data["before_title"])
    canvas.draw_text((CHART_WIDTH, 6), data["after_title"], align="right")
    height = HEIGHT_PER_SEGMENT * max(len(data["before"]), len(data["after"]))
    total = float(sum(flow["customers"] for flow in data["flows"])) or 1.0
    start_spans = _segment_spans(data["before"], data["flows"], "from", height, total)
    end_spans = _segment_spans(data["after"], data["flows"], "to", height, total)
    colours = {
        name: NEUTRAL_COLOUR if position is None else palette_colour(position)
        for end in ("before", "after")
        for name, position in zip(data[end], data[f"{end}_positions"], strict=True)
    }
    _draw_bands(canvas, data, (left + BAR_WIDTH, start_spans), (right - BAR_WIDTH, end_spans), colours)
    for spans, x, align, text_x in (
        (start_spans, left, "right", left - 4),
        (end_spans, right - BAR_WIDTH, "left", right + 4),
    ):
        for name, (top, span_height) in spans.items():
            canvas.draw_box((x, top), (BAR_WIDTH, max(span_height, 0.5)), colours[name])
            canvas.draw_text((text_x, top + max(span_height, FONT_SIZE) / 2), name, align=align, max_width=name_width)
    canvas.set_height(
        max(
            top + max(span_height, LINE_HEIGHT)
            for spans in (start_spans, end_spans)
            for top, span_height in spans.values()
        )
        + 4
    )


def _segment_spans(
    segment_names: Sequence[str], flows: Sequence[Mapping[str, Any]], end: str, height: float, total: float
) -> SegmentSpans:
    """Return the upper edge and height of each segment in points, spaced so that the names fit."""
    spans, y = {}, LINE_HEIGHT + 4.0
    for name in segment_names:
        span_height = height * sum(flow["customers"] for flow in flows if flow[end] == name) / total
        spans[name] = (y, span_height)
        y += max(span_height + BAR_GAP, MIN_BAR_SPACING)
    return spans


def _draw_bands(
    canvas: Canvas,
    data: Mapping[str, Any],
    left_edge: tuple[float, SegmentSpans],
    right_edge: tuple[float, SegmentSpans],
    colours: Mapping[str, str],
) -> None:
    """Draw each flow next to the previous one of the same segment."""
    (left_x, start_spans), (right_x, end_spans) = left_edge, right_edge
    next_y = {("from", name): top for name, (top, _) in start_spans.items()}
    next_y |= {("to", name): top for name, (top, _) in end_spans.items()}
    start_heights = {name: band_height for name, (_, band_height) in start_spans.items()}
    outflow_totals = {
        name: sum(flow["customers"] for flow in data["flows"] if flow["from"] == name) for name in start_spans
    }
    end_order = {name: position for position, name in enumerate(data["after"])}
    start_order = {name: position for position, name in enumerate(data["before"])}
    for flow in sorted(data["flows"], key=lambda flow: (start_order[flow["from"]], end_order[flow["to"]])):
        band_height = start_heights[flow["from"]] * flow["customers"] / (outflow_totals[flow["from"]] or 1.0)
        start_y, end_y = next_y["from", flow["from"]], next_y["to", flow["to"]]
        is_unchanged = flow["from"] == flow["to"]
        band_edges = (left_x, (start_y, start_y + band_height)), (right_x, (end_y, end_y + band_height))
        canvas.draw_band(*band_edges, colours[flow["from"]], opacity=0.75 if is_unchanged else 0.4)
        next_y["from", flow["from"]], next_y["to", flow["to"]] = start_y + band_height, end_y + band_height
