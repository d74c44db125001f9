"""Segment profile plot: features of each segment compared with all customers, marker variables highlighted.

After Dolnicar, Gruen and Leisch, Market segmentation analysis (2018), chapter 8. Features have different units, so
bars show differences in standard deviations and labels show the means.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import LINE_HEIGHT
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._difference_bars import BAR_ROW_HEIGHT, draw_bars
from segcli.reports.charts._style import CHART_WIDTH, PRIMARY_COLOUR, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEATURE_NAME_WIDTH = 130.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `features` (names), `segments` (each with `name`, `told` and `bars`, which have `difference`,
    `told` and `marker` in the order of the features), and `marks` (legend text).
    """
    canvas, features = Canvas(figure), data["features"]
    left = min(max([text_width(name) for name in features], default=0.0), FEATURE_NAME_WIDTH) + 6
    max_difference = max(
        [abs(bar["difference"]) for segment in data["segments"] for bar in segment["bars"]], default=1.0
    )
    canvas.draw_box((0, 2), (LINE_HEIGHT - 4, LINE_HEIGHT - 5), PRIMARY_COLOUR)
    canvas.draw_text((LINE_HEIGHT, 6), data["marks"], is_bold=True, max_width=CHART_WIDTH - LINE_HEIGHT)
    y = LINE_HEIGHT + 6
    for segment in data["segments"]:
        share_width = text_width(segment["told"])
        canvas.draw_text((0, y + 6), segment["name"], is_bold=True, max_width=CHART_WIDTH - share_width - 8)
        canvas.draw_text((CHART_WIDTH, y + 6), segment["told"], align="right")
        for position, name in enumerate(features):
            canvas.draw_text((0, y + LINE_HEIGHT + 2 + (position + 0.5) * BAR_ROW_HEIGHT), name, max_width=left - 6)
        y = draw_bars(canvas, segment["bars"], (left, CHART_WIDTH, y + LINE_HEIGHT + 2), max_difference) + 9
    canvas.set_height(y)
