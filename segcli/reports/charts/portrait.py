"""What sets a segment apart: how far it is from all customers in each trait, in standard deviations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._bars import ROW, bars
from segcli.reports.charts._frame import LINE
from segcli.reports.charts._paper import WIDTH, width
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_OF_NAME = 150.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`traits`: name, difference, told and marker; `title`: of the differences."""
    sheet, listed = Sheet(figure), data["traits"]
    left = min(max([width(one["name"]) for one in listed], default=0.0), MOST_OF_NAME) + 6
    reach = max([abs(one["difference"]) for one in listed], default=1.0)
    sheet.text((WIDTH, 6), data["title"], align="right")
    for place, one in enumerate(listed):
        sheet.text((0, 16 + (place + 0.5) * ROW), one["name"], room=left - 6)
    sheet.ends(bars(sheet, listed, (left, WIDTH, 16), reach) + LINE / 3)
