"""Lorenz curve: cumulative share of revenue by cumulative share of customers (Lorenz 1905; Gini 1912)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import AxisScale, PlotFrame
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._style import ACCENT_COLOUR, NEUTRAL_COLOUR, PRIMARY_COLOUR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LORENZ_PLOT_HEIGHT = 210.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `customers` and `revenue` (cumulative shares from 0 to 1), the texts `x_title`, `y_title`,
    `gini`, `equal` and `mark`, and `marked` (the point on the curve that `mark` describes).
    """
    canvas = Canvas(figure)
    lowest = min([0.0, *data["revenue"]])  # negative if refunds exceed purchases
    frame = PlotFrame(
        AxisScale(data["x_title"], 0, 1, "share"), AxisScale(data["y_title"], lowest, 1, "share"), LORENZ_PLOT_HEIGHT
    )
    frame.draw_axes(canvas)
    curve = [frame.locate_point(x, y) for x, y in zip(data["customers"], data["revenue"], strict=True)]
    canvas.draw_area([*curve, frame.locate_point(0, 0)], PRIMARY_COLOUR, opacity=0.25)
    canvas.draw_line([frame.locate_point(0, 0), frame.locate_point(1, 1)], colour=NEUTRAL_COLOUR, line_width=1.4)
    canvas.draw_line(curve, colour=PRIMARY_COLOUR, line_width=2.2)
    x, y = frame.locate_point(*data["marked"])
    canvas.draw_disc((x, y), 4, ACCENT_COLOUR)
    canvas.draw_text((x - 7, y - 7), data["mark"], align="right", max_width=x - frame.left - 12)
    canvas.draw_text((frame.left + 8, frame.top + 10), data["gini"], is_bold=True, max_width=170)
    x, y = frame.locate_point(0.6, 0.6)
    canvas.draw_text((x - 8, y - 8), data["equal"], align="right", max_width=x - frame.left - 10)
    canvas.set_height(frame.outer_bottom)
