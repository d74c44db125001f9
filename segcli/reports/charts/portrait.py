"""What sets a segment apart: how far it is from all customers in each trait, in standard deviations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._bars import BAR_ROW_HEIGHT, draw_bars
from segcli.reports.charts._frame import LINE_HEIGHT
from segcli.reports.charts._paper import CHART_WIDTH, text_width
from segcli.reports.charts._sheet import Canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIT_NAME_WIDTH = 150.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`traits`: name, difference, told and marker; `title`: of the differences."""
    canvas, traits = Canvas(figure), data["traits"]
    left = min(max([text_width(trait["name"]) for trait in traits], default=0.0), TRAIT_NAME_WIDTH) + 6
    max_difference = max([abs(trait["difference"]) for trait in traits], default=1.0)
    canvas.draw_text((CHART_WIDTH, 6), data["title"], align="right")
    for position, trait in enumerate(traits):
        canvas.draw_text((0, 16 + (position + 0.5) * BAR_ROW_HEIGHT), trait["name"], max_width=left - 6)
    canvas.set_height(draw_bars(canvas, traits, (left, CHART_WIDTH, 16), max_difference) + LINE_HEIGHT / 3)
