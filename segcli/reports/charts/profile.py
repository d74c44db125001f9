"""Segment profile plot: each segment's features beside all customers, what marks it in strong colour.

After Dolnicar, Gruen and Leisch, Market segmentation analysis (2018), chapter 8. Features have units of their own, so
bars show differences in standard deviations, and the numbers beside them the means.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._bars import ROW, bars
from segcli.reports.charts._frame import LINE
from segcli.reports.charts._paper import STRONG, WIDTH, width
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_OF_NAME = 130.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`features`: names; `segments`: name, told, and bars (difference, told, marker) in that order; `marks`: a legend.

    `base` is what all customers have in each feature, as text.
    """
    sheet, features = Sheet(figure), data["features"]
    left = min(max([width(name) for name in features], default=0.0), MOST_OF_NAME) + 6
    reach = max([abs(bar["difference"]) for one in data["segments"] for bar in one["bars"]], default=1.0)
    sheet.box((0, 2), (LINE - 4, LINE - 5), STRONG)
    sheet.text((LINE, 6), data["marks"], bold=True, room=WIDTH - LINE)
    y = LINE + 6
    for one in data["segments"]:
        told_room = width(one["told"])
        sheet.text((0, y + 6), one["name"], bold=True, room=WIDTH - told_room - 8)
        sheet.text((WIDTH, y + 6), one["told"], align="right")
        for place, name in enumerate(features):
            sheet.text((0, y + LINE + 2 + (place + 0.5) * ROW), name, room=left - 6)
        y = bars(sheet, one["bars"], (left, WIDTH, y + LINE + 2), reach) + 9
    sheet.ends(y)
