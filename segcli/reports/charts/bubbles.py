"""Bubble chart: segments by share of customers and value per customer; areas show their total value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import AxisScale, PlotFrame, pad_range
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._labels import LabelLayout, LabelledPoint
from segcli.reports.charts._style import palette_colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BUBBLE_PLOT_HEIGHT, MAX_BUBBLE_RADIUS, MIN_BUBBLE_RADIUS = 200.0, 22.0, 2.5  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `points` (in display order, each with `name`, `x`, `y` and `area`), the titles `x_title` and
    `y_title`, and the number formats `x_kind` and `y_kind`.
    """
    canvas, points = Canvas(figure), data["points"]
    x_scale = AxisScale(
        data["x_title"], *pad_range([point["x"] for point in points], starts_at_zero=True), data["x_kind"]
    )
    y_scale = AxisScale(
        data["y_title"], *pad_range([point["y"] for point in points], starts_at_zero=True), data["y_kind"]
    )
    frame = PlotFrame(x_scale, y_scale, BUBBLE_PLOT_HEIGHT)
    frame.draw_axes(canvas)
    largest_area = max((point["area"] for point in points), default=0.0) or 1.0
    labelled_points = [
        LabelledPoint(
            point["name"],
            frame.locate_point(point["x"], point["y"]),
            max(MAX_BUBBLE_RADIUS * (max(point["area"], 0.0) / largest_area) ** 0.5, MIN_BUBBLE_RADIUS),
        )
        for point in points
    ]
    colours = {point.name: palette_colour(position) for position, point in enumerate(labelled_points)}
    for point in sorted(labelled_points, key=lambda point: (-point.radius, point.name)):
        canvas.draw_disc(point.position, point.radius, colours[point.name], edge=colours[point.name], opacity=0.7)
    labels = LabelLayout(frame.left, frame.right + 14, frame.top - 8, frame.bottom - 1)
    canvas.set_height(labels.draw_labels(canvas, labelled_points, frame.outer_bottom))
