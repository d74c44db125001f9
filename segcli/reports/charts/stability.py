"""Stability of clusters by their number: median and interquartile range of the agreement of sample pairs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import AxisScale, PlotFrame
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._style import ACCENT_COLOUR, NEUTRAL_COLOUR, PRIMARY_COLOUR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STABILITY_PLOT_HEIGHT, BOX_HALF_WIDTH, CHOSEN_POINT_RADIUS = 170.0, 6.0, 5.0


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `ks` (each with `k`, `low`, `median`, `high` and `chosen`), `bound` (agreement from which
    clusters count as reproducible), and the texts `bound_says`, `chosen_says`, `x_title` and `y_title`.
    """
    canvas, candidates = Canvas(figure), data["ks"]
    lowest = min([0.0, *(candidate["low"] for candidate in candidates)])
    x_scale = AxisScale(data["x_title"], candidates[0]["k"] - 0.6, candidates[-1]["k"] + 0.6, "count")
    frame = PlotFrame(x_scale, AxisScale(data["y_title"], lowest, 1, "decimal"), STABILITY_PLOT_HEIGHT)
    frame.draw_axes(canvas, x_ticks=[candidate["k"] for candidate in candidates])
    y = frame.locate_point(candidates[0]["k"], data["bound"])[1]
    canvas.draw_line([(frame.left, y), (frame.right, y)], colour=ACCENT_COLOUR, line_width=1.4)
    canvas.draw_line(
        [frame.locate_point(candidate["k"], candidate["median"]) for candidate in candidates],
        colour=NEUTRAL_COLOUR,
        line_width=1.2,
    )
    for candidate in candidates:
        x, top = frame.locate_point(candidate["k"], candidate["high"])
        bottom = frame.locate_point(candidate["k"], candidate["low"])[1]
        canvas.draw_box((x - BOX_HALF_WIDTH, top), (2 * BOX_HALF_WIDTH, max(bottom - top, 0.5)), NEUTRAL_COLOUR)
        position = frame.locate_point(candidate["k"], candidate["median"])
        canvas.draw_disc(
            position, CHOSEN_POINT_RADIUS if candidate["chosen"] else 3.0, PRIMARY_COLOUR, edge=PRIMARY_COLOUR
        )
        if candidate["chosen"]:
            canvas.draw_text(
                (position[0], frame.bottom - 8), data["chosen_says"], align="center", is_bold=True, max_width=80
            )
    x, y = frame.left, frame.outer_bottom + 6
    canvas.draw_line([(x, y), (x + 16, y)], colour=ACCENT_COLOUR, line_width=1.4)
    canvas.draw_text((x + 22, y), data["bound_says"], max_width=frame.right - x - 10)
    canvas.set_height(y + 10)
