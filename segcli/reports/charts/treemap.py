"""Segments as parts of an area: the larger, the more customers; the brighter, the more each of them brings.

Squarified (Bruls, Huizing and van Wijk, Squarified treemaps, 2000): boxes are kept near squares.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._frame import LINE
from segcli.reports.charts._grid import legend, shades
from segcli.reports.charts._names import lines_below
from segcli.reports.charts._paper import SIZE, STRONG, WIDTH, on, shade, width
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 210.0
Box = tuple[float, float, float, float]  # x, y, width, height


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """`segments`: name, size, told (its size as text), shade (a number, or None for all); `shaded_by`, `low`, `high`.

    A box without room for its name has a number, with a line below.
    """
    sheet, below = Sheet(figure), list[tuple[int, str]]()
    listed = sorted((one for one in data["segments"] if one["size"] > 0), key=lambda one: (-one["size"], one["name"]))
    tone = shades([one["shade"] for one in listed])
    for one, box in zip(listed, boxes([one["size"] for one in listed], (0.0, 0.0, WIDTH, HEIGHT)), strict=True):
        colour = STRONG if one["shade"] is None else shade(tone(one["shade"]))
        x, y, across, tall = box
        sheet.box((x + 0.75, y + 0.75), (max(across - 1.5, 0.3), max(tall - 1.5, 0.3)), colour)
        _label(sheet, box, one, on(colour), below)
    foot = HEIGHT + 5
    if data["shaded_by"]:
        foot = legend(sheet, data, foot)
    sheet.ends(lines_below(sheet, below, foot))


def _label(sheet: Sheet, box: Box, one: Mapping[str, Any], colour: str, below: list[tuple[int, str]]) -> None:
    x, y, across, tall = box
    room = across - 8
    if width(one["name"], bold=True) <= room and tall > LINE + 4:
        sheet.text((x + 5, y + 10), one["name"], room=room + 4, colour=colour, bold=True)
        if tall > 2 * LINE + 4 and width(one["told"]) <= room:
            sheet.text((x + 5, y + 10 + LINE), one["told"], room=room + 4, colour=colour)
        return
    number = len(below) + 1
    below.append((number, f"{one['name']}: {one['told']}"))
    if across > width(number) + 2 and tall > SIZE:
        sheet.text((x + across / 2, y + tall / 2), str(number), align="center", colour=colour, bold=True)


def boxes(sizes: Sequence[float], whole: Box) -> Iterator[Box]:
    """A box for each size, largest sizes first, that fill the whole."""
    x, y, across, tall = whole
    rest = list(sizes)
    scale = across * tall / (sum(rest) or 1.0)
    areas = [size * scale for size in rest]
    while areas:
        side = min(across, tall)
        row = _row(areas, side)
        areas = areas[len(row) :]
        thick = sum(row) / side if side else 0.0
        place = 0.0
        for area in row:
            length = area / thick if thick else 0.0
            yield (x, y + place, thick, length) if across >= tall else (x + place, y, length, thick)
            place += length
        if across >= tall:
            x, across = x + thick, across - thick
        else:
            y, tall = y + thick, tall - thick


def _row(areas: Sequence[float], side: float) -> list[float]:
    """As many as can stand along a side before their boxes become longer again."""
    row = [areas[0]]
    for area in areas[1:]:
        if _longest([*row, area], side) > _longest(row, side):
            break
        row.append(area)
    return row


def _longest(row: Sequence[float], side: float) -> float:
    """The worst ratio of sides in a row."""
    total = sum(row)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row))) if total and side else 1.0
