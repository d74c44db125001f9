"""How well segments return from other samples, by their number: the median, and the middle half of all pairs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import Frame, Scale
from segcli.reports.charts._paper import QUIET, SECOND, STRONG
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT, HALF, RADIUS = 170.0, 6.0, 5.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`ks`: k, low, median and high, chosen; `bound`: from where on they return; `bound_says`, `x_title`, `y_title`."""
    sheet, ks = Sheet(figure), data["ks"]
    lowest = min([0.0, *(one["low"] for one in ks)])
    across = Scale(data["x_title"], ks[0]["k"] - 0.6, ks[-1]["k"] + 0.6, "count")
    frame = Frame(across, Scale(data["y_title"], lowest, 1, "decimal"), HEIGHT)
    frame.draw(sheet, across=[one["k"] for one in ks])
    y = frame.at(ks[0]["k"], data["bound"])[1]
    sheet.line([(frame.left, y), (frame.right, y)], colour=SECOND, thick=1.4)
    sheet.line([frame.at(one["k"], one["median"]) for one in ks], colour=QUIET, thick=1.2)
    for one in ks:
        x, top = frame.at(one["k"], one["high"])
        bottom = frame.at(one["k"], one["low"])[1]
        sheet.box((x - HALF, top), (2 * HALF, max(bottom - top, 0.5)), QUIET)
        at = frame.at(one["k"], one["median"])
        sheet.disc(at, RADIUS if one["chosen"] else 3.0, STRONG, edge=STRONG)
        if one["chosen"]:
            sheet.text((at[0], frame.bottom - 8), data["chosen_says"], align="center", bold=True, room=80)
    x, y = frame.left, frame.foot + 6
    sheet.line([(x, y), (x + 16, y)], colour=SECOND, thick=1.4)
    sheet.text((x + 22, y), data["bound_says"], room=frame.right - x - 10)
    sheet.ends(y + 10)
