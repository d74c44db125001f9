"""Segments by how attractive they are and how strong we are in them, in three by three fields; chosen ones are full."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import LINE, Frame, Scale
from segcli.reports.charts._names import Names, Point
from segcli.reports.charts._paper import QUIET, STRONG
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT, RADIUS = 230.0, 6.0
THIRDS = (100 / 3, 200 / 3)
HOLLOW = "none"


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`points`: name, x and y from 0 to 100, chosen; `x_title`, `y_title`; `full`, `empty`: what the discs mean."""
    sheet = Sheet(figure)
    frame = Frame(Scale(data["x_title"], 0, 100, "count"), Scale(data["y_title"], 0, 100, "count"), HEIGHT)
    frame.draw(sheet)
    for third in THIRDS:
        sheet.line([frame.at(third, 0), frame.at(third, 100)], colour=QUIET, thick=1.4)
        sheet.line([frame.at(0, third), frame.at(100, third)], colour=QUIET, thick=1.4)
    points = [Point(one["name"], frame.at(one["x"], one["y"]), RADIUS) for one in data["points"]]
    for one, point in zip(data["points"], points, strict=True):
        sheet.disc(point.at, RADIUS, STRONG if one["chosen"] else HOLLOW, edge=STRONG)
    names = Names(frame.left, frame.right + 14, frame.top - 8, frame.bottom - 1)
    foot = names.write(sheet, points, frame.foot)
    for place, (looks, meaning) in enumerate(((STRONG, data["full"]), (HOLLOW, data["empty"]))):
        sheet.disc((frame.left + 6 + place * 130, foot + LINE / 2), 5, looks, edge=STRONG)
        sheet.text((frame.left + 16 + place * 130, foot + LINE / 2), meaning, room=112)
    sheet.ends(foot + LINE + 4)
