"""How unequal revenue is: the share of it that the least of customers bring, up to all (Lorenz 1905; Gini 1912)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import Frame, Scale
from segcli.reports.charts._paper import QUIET, SECOND, STRONG
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 210.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`customers`, `revenue`: cumulated shares from 0 to 1; `x_title`, `y_title`, `gini`, `equal`, `mark` as text.

    `marked` is the place of a point on the curve that `mark` tells of.
    """
    sheet = Sheet(figure)
    low = min([0.0, *data["revenue"]])  # below nothing, where refunds are more than purchases
    frame = Frame(Scale(data["x_title"], 0, 1, "share"), Scale(data["y_title"], low, 1, "share"), HEIGHT)
    frame.draw(sheet)
    curve = [frame.at(x, y) for x, y in zip(data["customers"], data["revenue"], strict=True)]
    sheet.area([*curve, frame.at(0, 0)], STRONG, opacity=0.25)
    sheet.line([frame.at(0, 0), frame.at(1, 1)], colour=QUIET, thick=1.4)
    sheet.line(curve, colour=STRONG, thick=2.2)
    x, y = frame.at(*data["marked"])
    sheet.disc((x, y), 4, SECOND)
    sheet.text((x - 7, y - 7), data["mark"], align="right", room=x - frame.left - 12)
    sheet.text((frame.left + 8, frame.top + 10), data["gini"], bold=True, room=170)
    x, y = frame.at(0.6, 0.6)
    sheet.text((x - 8, y - 8), data["equal"], align="right", room=x - frame.left - 10)
    sheet.ends(frame.foot)
