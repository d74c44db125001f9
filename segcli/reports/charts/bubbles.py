"""Segments by how many customers they have and what each of these brings; the larger, the more they bring together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import Frame, Scale, rounded
from segcli.reports.charts._names import Names, Point
from segcli.reports.charts._paper import STRONG
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT, LARGEST, SMALLEST = 200.0, 22.0, 2.5  # of the plot and of radii, in points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`points`: name, x, y, area; `x_title`, `y_title`, `x_kind`, `y_kind`: what they are, and how they read."""
    sheet, points = Sheet(figure), data["points"]
    across = Scale(data["x_title"], *rounded([one["x"] for one in points], zero=True), data["x_kind"])
    up = Scale(data["y_title"], *rounded([one["y"] for one in points], zero=True), data["y_kind"])
    frame = Frame(across, up, HEIGHT)
    frame.draw(sheet)
    most = max((one["area"] for one in points), default=0.0) or 1.0
    round_ones = [
        Point(one["name"], frame.at(one["x"], one["y"]), max(LARGEST * (max(one["area"], 0.0) / most) ** 0.5, SMALLEST))
        for one in points
    ]
    for one in sorted(round_ones, key=lambda one: (-one.radius, one.name)):
        sheet.disc(one.at, one.radius, STRONG, edge=STRONG, opacity=0.7)
    names = Names(frame.left, frame.right + 14, frame.top - 8, frame.bottom - 1)
    sheet.ends(names.write(sheet, round_ones, frame.foot))
