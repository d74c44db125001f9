"""Bars of a segment's traits: differences from all customers in standard deviations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import LINE_HEIGHT
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._difference_bars import BAR_ROW_HEIGHT, draw_bars
from segcli.reports.charts._style import CHART_WIDTH, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIT_NAME_WIDTH = 150.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `traits` (each with `name`, `difference`, `told` and `marker`) and `title` (that of the
    differences).
    """
    canvas, traits = Canvas(figure), data["traits"]
    left = min(max([text_width(trait["name"]) for trait in traits], default=0.0), TRAIT_NAME_WIDTH) + 6
    max_difference = max([abs(trait["difference"]) for trait in traits], default=1.0)
    canvas.draw_text((CHART_WIDTH, 6), data["title"], align="right")
    for position, trait in enumerate(traits):
        canvas.draw_text((0, 16 + (position + 0.5) * BAR_ROW_HEIGHT), trait["name"], max_width=left - 6)
    canvas.set_height(draw_bars(canvas, traits, (left, CHART_WIDTH, 16), max_difference) + LINE_HEIGHT / 3)
