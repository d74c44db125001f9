"""A grid of shaded cells with their numbers, and a legend of the shades."""

from collections.abc import Mapping, Sequence
from typing import Any

from segcli.reports.charts._axes import LINE_HEIGHT
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._style import CHART_WIDTH, FONT_SIZE, contrast_colour, shade_colour, text_width

MAX_ROW_NAME_WIDTH = 100.0  # width in points of a row name
LEGEND_STEPS = 12  # number of shades in the legend


def draw_grid(canvas: Canvas, data: Mapping[str, Any], *, cell_height: float) -> float:
    """Draw rows and columns of shaded cells; missing values stay blank.

    `data` has these keys: `rows` and `columns` (names), `values` (numbers by row, None if missing), `told` (the
    same as text), and the titles `row_title`, `column_title` and `shaded_by`.

    Returns:
        The bottom of the legend, in points.
    """
    left = min(max([text_width(name) for name in data["rows"]], default=0.0), MAX_ROW_NAME_WIDTH) + 7
    cell_width = (CHART_WIDTH - left) / max(len(data["columns"]), 1)
    canvas.draw_text((0, 6), data["row_title"])
    canvas.draw_text((CHART_WIDTH, 6), data["column_title"], align="right")
    for position, name in enumerate(data["columns"]):
        canvas.draw_text(
            (left + (position + 0.5) * cell_width, 7 + LINE_HEIGHT), name, align="center", max_width=cell_width - 1
        )
    top, to_shade = 15 + LINE_HEIGHT, make_shade_scale([number for row in data["values"] for number in row])
    for row_index, name in enumerate(data["rows"]):
        y = top + row_index * cell_height
        canvas.draw_text((left - 6, y + cell_height / 2), name, align="right", max_width=left - 6)
        for position, value in enumerate(data["values"][row_index]):
            if value is not None:
                _draw_cell(
                    canvas,
                    (left + position * cell_width, y, cell_width, cell_height),
                    to_shade(value),
                    data["told"][row_index][position],
                )
    return draw_legend(canvas, data, top + len(data["rows"]) * cell_height + 8)


def _draw_cell(canvas: Canvas, bounds: tuple[float, float, float, float], value: float, value_text: str) -> None:
    x, y, cell_width, cell_height = bounds
    colour = shade_colour(value)
    canvas.draw_box((x + 0.75, y + 0.75), (cell_width - 1.5, cell_height - 1.5), colour)
    canvas.draw_text(
        (x + cell_width / 2, y + cell_height / 2),
        value_text,
        align="center",
        colour=contrast_colour(colour),
        max_width=cell_width - 1.5,
    )


def make_shade_scale(values: Sequence[float | None]) -> Any:  # noqa: ANN401 - function of a number
    """Return a function that maps a value to a shade from 0 to 1.

    The scale uses square roots, so that one large value does not make all others dark.
    """
    known_values = [number for number in values if number is not None]
    low, high = min(known_values, default=0.0), max(known_values, default=1.0)
    span = (high - low) or 1.0
    return lambda value: max((value - low) / span, 0.0) ** 0.5


def draw_legend(canvas: Canvas, data: Mapping[str, Any], y: float) -> float:
    """Draw the legend: the title of the shades, and the shades with the lowest and the highest value."""
    low, high = data["low"], data["high"]
    canvas.draw_text((0, y + LINE_HEIGHT / 2), data["shaded_by"], max_width=CHART_WIDTH * 0.55)
    step_width = 5.0
    end = CHART_WIDTH - text_width(high) - 4
    start = end - LEGEND_STEPS * step_width
    for position in range(LEGEND_STEPS):
        canvas.draw_box(
            (start + position * step_width, y + 2),
            (step_width + 0.3, FONT_SIZE),
            shade_colour((position + 0.5) / LEGEND_STEPS),
        )
    canvas.draw_text((start - 4, y + LINE_HEIGHT / 2), low, align="right")
    canvas.draw_text((end + 4, y + LINE_HEIGHT / 2), high)
    return y + LINE_HEIGHT + 3
