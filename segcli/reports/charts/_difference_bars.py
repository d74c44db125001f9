"""Horizontal bars to the left and right of a zero line, which represents all customers."""

from collections.abc import Mapping, Sequence
from typing import Any

from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._style import NEUTRAL_COLOUR, PRIMARY_COLOUR, text_width

BAR_ROW_HEIGHT = 15.0  # points


def draw_bars(
    canvas: Canvas, bar_items: Sequence[Mapping[str, Any]], bounds: tuple[float, float, float], max_difference: float
) -> float:
    """Draw one bar per item, from the top of the bounds downwards.

    Args:
        canvas: canvas to draw on.
        bar_items: items with `difference`, `told` (its label) and `marker` (whether bar and label are highlighted).
        bounds: left end, right end and top, in points.
        max_difference: difference that the longest bar shows.

    Returns:
        The bottom of the bars, in points.
    """
    left, right, top = bounds
    label_room = max([text_width(bar_item["told"], is_bold=True) for bar_item in bar_items], default=0.0) + 5
    centre, half_width = (left + right) / 2, max((right - left) / 2 - label_room, 10.0)
    for position, bar_item in enumerate(bar_items):
        y = top + position * BAR_ROW_HEIGHT
        length = half_width * min(max(bar_item["difference"] / (max_difference or 1.0), -1.0), 1.0)
        colour = PRIMARY_COLOUR if bar_item["marker"] else NEUTRAL_COLOUR
        canvas.draw_box((min(centre, centre + length), y + 2), (max(abs(length), 0.5), BAR_ROW_HEIGHT - 4), colour)
        align, text_offset = ("left", 4) if length >= 0 else ("right", -4)
        canvas.draw_text(
            (centre + length + text_offset, y + BAR_ROW_HEIGHT / 2),
            bar_item["told"],
            align=align,
            is_bold=bar_item["marker"],
            max_width=label_room,
        )
    bottom = top + len(bar_items) * BAR_ROW_HEIGHT
    canvas.draw_line([(centre, top), (centre, bottom)], line_width=0.8)
    return bottom
