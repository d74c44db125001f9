"""Bars to the left and right of a line that stands for all customers."""

from collections.abc import Mapping, Sequence
from typing import Any

from segcli.reports.charts._paper import QUIET, STRONG, width
from segcli.reports.charts._sheet import Sheet

ROW = 15.0  # points


def bars(sheet: Sheet, listed: Sequence[Mapping[str, Any]], at: tuple[float, float, float], reach: float) -> float:
    """`difference`, `told` and `marker` of each, down from `at` (left end, right end, top); `reach` is the longest bar.

    What marks is strong and its number bold.

    Returns:
        Where they end.
    """
    left, right, top = at
    room = max([width(one["told"], bold=True) for one in listed], default=0.0) + 5
    middle, half = (left + right) / 2, max((right - left) / 2 - room, 10.0)
    for place, one in enumerate(listed):
        y = top + place * ROW
        length = half * min(max(one["difference"] / (reach or 1.0), -1.0), 1.0)
        colour = STRONG if one["marker"] else QUIET
        sheet.box((min(middle, middle + length), y + 2), (max(abs(length), 0.5), ROW - 4), colour)
        align, away = ("left", 4) if length >= 0 else ("right", -4)
        sheet.text((middle + length + away, y + ROW / 2), one["told"], align=align, bold=one["marker"], room=room)
    foot = top + len(listed) * ROW
    sheet.line([(middle, top), (middle, foot)], thick=0.8)
    return foot
