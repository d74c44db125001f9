"""A grid of shaded cells, each with its number, and what the shades mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from segcli.reports.charts._frame import LINE
from segcli.reports.charts._paper import SIZE, WIDTH, on, shade, width
from segcli.reports.charts._sheet import Sheet

MOST_OF_ROW = 100.0  # points of a row's name
STEPS = 12  # shades in the legend


def draw(sheet: Sheet, data: Mapping[str, Any], *, tall: float) -> float:
    """Rows down, columns across, blank where there is no value.

    `rows`, `columns`: names. `values`: numbers by row, None where there is none; `told`: the same as text.
    `row_title`, `column_title`, `shaded_by`: what they are.

    Returns:
        Where it ends.
    """
    left = min(max([width(name) for name in data["rows"]], default=0.0), MOST_OF_ROW) + 7
    across = (WIDTH - left) / max(len(data["columns"]), 1)
    sheet.text((0, 6), data["row_title"])
    sheet.text((WIDTH, 6), data["column_title"], align="right")
    for place, name in enumerate(data["columns"]):
        sheet.text((left + (place + 0.5) * across, 7 + LINE), name, align="center", room=across - 1)
    top, tone = 15 + LINE, shades([one for row in data["values"] for one in row])
    for down, name in enumerate(data["rows"]):
        y = top + down * tall
        sheet.text((left - 6, y + tall / 2), name, align="right", room=left - 6)
        for place, value in enumerate(data["values"][down]):
            if value is not None:
                _cell(sheet, (left + place * across, y, across, tall), tone(value), data["told"][down][place])
    return legend(sheet, data, top + len(data["rows"]) * tall + 8)


def _cell(sheet: Sheet, box: tuple[float, float, float, float], value: float, told: str) -> None:
    x, y, across, tall = box
    colour = shade(value)
    sheet.box((x + 0.75, y + 0.75), (across - 1.5, tall - 1.5), colour)
    sheet.text((x + across / 2, y + tall / 2), told, align="center", colour=on(colour), room=across - 1.5)


def shades(values: Sequence[float | None]) -> Any:  # noqa: ANN401 - a function of a number
    """From a value to its shade between 0 and 1; by roots, so that one large value does not make all others dark."""
    known = [one for one in values if one is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    span = (high - low) or 1.0
    return lambda value: max((value - low) / span, 0.0) ** 0.5


def legend(sheet: Sheet, data: Mapping[str, Any], y: float) -> float:
    """The lowest and the highest shade with their values, and of what they are."""
    low, high = data["low"], data["high"]
    sheet.text((0, y + LINE / 2), data["shaded_by"], room=WIDTH * 0.55)
    step = 5.0
    end = WIDTH - width(high) - 4
    start = end - STEPS * step
    for place in range(STEPS):
        sheet.box((start + place * step, y + 2), (step + 0.3, SIZE), shade((place + 0.5) / STEPS))
    sheet.text((start - 4, y + LINE / 2), low, align="right")
    sheet.text((end + 4, y + LINE / 2), high)
    return y + LINE + 3
