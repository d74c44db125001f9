"""Segments by how many customers they have and what each of these brings; the larger, the more they bring together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import AxisScale, PlotFrame, pad_range
from segcli.reports.charts._names import LabelLayout, LabelledPoint
from segcli.reports.charts._paper import PRIMARY_COLOUR
from segcli.reports.charts._sheet import Canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BUBBLE_PLOT_HEIGHT, MAX_BUBBLE_RADIUS, MIN_BUBBLE_RADIUS = 200.0, 22.0, 2.5  # of the plot and of radii, in points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`points`: name, x, y, area; `x_title`, `y_title`, `x_kind`, `y_kind`: what they are, and how they read."""
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
    for point in sorted(labelled_points, key=lambda one: (-one.radius, one.name)):
        canvas.draw_disc(point.position, point.radius, PRIMARY_COLOUR, edge=PRIMARY_COLOUR, opacity=0.7)
    labels = LabelLayout(frame.left, frame.right + 14, frame.top - 8, frame.bottom - 1)
    canvas.set_height(labels.draw_labels(canvas, labelled_points, frame.outer_bottom))
