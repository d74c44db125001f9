"""Matrix of attractiveness and own strength of segments in 3 x 3 fields; chosen segments are filled."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import LINE_HEIGHT, AxisScale, PlotFrame
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._labels import LabelLayout, LabelledPoint
from segcli.reports.charts._style import NEUTRAL_COLOUR, PRIMARY_COLOUR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MATRIX_PLOT_HEIGHT, MATRIX_POINT_RADIUS = 230.0, 6.0
THIRD_BOUNDS = (100 / 3, 200 / 3)
NO_FILL = "none"


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `points` (each with `name`, `x` and `y` from 0 to 100, and `chosen`), the titles `x_title`
    and `y_title`, and `full` and `empty` (legend texts of filled and empty discs).
    """
    canvas = Canvas(figure)
    frame = PlotFrame(
        AxisScale(data["x_title"], 0, 100, "count"), AxisScale(data["y_title"], 0, 100, "count"), MATRIX_PLOT_HEIGHT
    )
    frame.draw_axes(canvas)
    for third in THIRD_BOUNDS:
        canvas.draw_line(
            [frame.locate_point(third, 0), frame.locate_point(third, 100)], colour=NEUTRAL_COLOUR, line_width=1.4
        )
        canvas.draw_line(
            [frame.locate_point(0, third), frame.locate_point(100, third)], colour=NEUTRAL_COLOUR, line_width=1.4
        )
    points = [
        LabelledPoint(segment["name"], frame.locate_point(segment["x"], segment["y"]), MATRIX_POINT_RADIUS)
        for segment in data["points"]
    ]
    for segment, point in zip(data["points"], points, strict=True):
        canvas.draw_disc(
            point.position, MATRIX_POINT_RADIUS, PRIMARY_COLOUR if segment["chosen"] else NO_FILL, edge=PRIMARY_COLOUR
        )
    labels = LabelLayout(frame.left, frame.right + 14, frame.top - 8, frame.bottom - 1)
    bottom = labels.draw_labels(canvas, points, frame.outer_bottom)
    for position, (fill, meaning) in enumerate(((PRIMARY_COLOUR, data["full"]), (NO_FILL, data["empty"]))):
        canvas.draw_disc((frame.left + 6 + position * 130, bottom + LINE_HEIGHT / 2), 5, fill, edge=PRIMARY_COLOUR)
        canvas.draw_text((frame.left + 16 + position * 130, bottom + LINE_HEIGHT / 2), meaning, max_width=112)
    canvas.set_height(bottom + LINE_HEIGHT + 4)
