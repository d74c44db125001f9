"""From segment to segment: bands as wide as the customers are many who moved, or stayed (Sankey 1898)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import LINE
from segcli.reports.charts._paper import PALETTE, QUIET, SIZE, WIDTH, width
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BAR, GAP, LEAST = 9.0, 3.0, LINE - 2  # width of a segment's bar, room below it, and what its name needs
MOST_OF_NAME = 98.0
PER_SEGMENT = 30.0
Sides = dict[str, tuple[float, float]]


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`before`, `after`: names in order; `flows`: from, to, customers; `before_title`, `after_title`.

    `stays`: names whose bands have a colour of their own for each segment.
    """
    sheet = Sheet(figure)
    longest = max((width(name) for name in (*data["before"], *data["after"])), default=0.0)
    room = min(longest, MOST_OF_NAME)
    left, right = room + 5, WIDTH - room - 5
    sheet.text((0, 6), data["before_title"])
    sheet.text((WIDTH, 6), data["after_title"], align="right")
    height = PER_SEGMENT * max(len(data["before"]), len(data["after"]))
    total = float(sum(one["customers"] for one in data["flows"])) or 1.0
    starts = _sides(data["before"], data["flows"], "from", height, total)
    ends = _sides(data["after"], data["flows"], "to", height, total)
    colours = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(data["before"])}
    _bands(sheet, data, (left + BAR, starts), (right - BAR, ends), colours)
    for sides, x, align, at in ((starts, left, "right", left - 4), (ends, right - BAR, "left", right + 4)):
        for name, (top, tall) in sides.items():
            sheet.box((x, top), (BAR, max(tall, 0.5)), colours.get(name, QUIET))
            sheet.text((at, top + max(tall, SIZE) / 2), name, align=align, room=room)
    sheet.ends(max(top + max(tall, LINE) for sides in (starts, ends) for top, tall in sides.values()) + 4)


def _sides(names: Sequence[str], flows: Sequence[Mapping[str, Any]], end: str, height: float, total: float) -> Sides:
    """Upper edge and height of each segment, at least as far apart as their names need."""
    found, y = {}, LINE + 4.0
    for name in names:
        tall = height * sum(one["customers"] for one in flows if one[end] == name) / total
        found[name] = (y, tall)
        y += max(tall + GAP, LEAST)
    return found


def _bands(
    sheet: Sheet,
    data: Mapping[str, Any],
    left: tuple[float, Sides],
    right: tuple[float, Sides],
    colours: Mapping[str, str],
) -> None:
    """Each flow where those before it end."""
    (start, starts), (end, ends) = left, right
    used = {("from", name): top for name, (top, _) in starts.items()}
    used |= {("to", name): top for name, (top, _) in ends.items()}
    scales = {name: tall for name, (_, tall) in starts.items()}
    sums = {name: sum(one["customers"] for one in data["flows"] if one["from"] == name) for name in starts}
    order = {name: place for place, name in enumerate(data["after"])}
    first = {name: place for place, name in enumerate(data["before"])}
    for one in sorted(data["flows"], key=lambda one: (first[one["from"]], order[one["to"]])):
        tall = scales[one["from"]] * one["customers"] / (sums[one["from"]] or 1.0)
        above, below = used["from", one["from"]], used["to", one["to"]]
        stayed = one["from"] == one["to"]
        sides = (start, (above, above + tall)), (end, (below, below + tall))
        sheet.band(*sides, colours[one["from"]], opacity=0.75 if stayed else 0.4)
        used["from", one["from"]], used["to", one["to"]] = above + tall, below + tall
