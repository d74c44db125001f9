"""Shares of segments with their confidence intervals, beside the share of all customers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _plot
from segcli.reports.charts._style import NEUTRAL_COLOUR, palette_colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_HEIGHT = 20.0  # points
MARKER_SIZE, LINE_WIDTH, BASE_LINE_WIDTH = 7.0, 2.0, 1.4  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `segments` (from above; each with `name`, `share`, `low`, `high` and `position`, which
    decides on its colour), `base` (the share of all customers), `base_says` and `x_title`.
    """
    segments = data["segments"]
    names = _plot.shorten_names([segment["name"] for segment in segments])
    axes = _plot.add_axes(
        figure,
        ROW_HEIGHT * max(len(segments), 1),
        _plot.Margins(_plot.measure_names(names) + 6, 14.0, 4.0, 3.2 * _plot.LINE_HEIGHT),
    )
    rows = list(range(len(segments)))
    axes.set_xlim(0.0, min(1.0, 1.08 * max([data["base"], *(segment["high"] for segment in segments)])))
    axes.set_ylim(len(segments) - 0.5, -0.5)
    _plot.show_share_axis(axes.xaxis)
    axes.set_yticks(rows, names)
    axes.axvline(data["base"], color=NEUTRAL_COLOUR, linewidth=BASE_LINE_WIDTH, linestyle=(0, (4, 3)), clip_on=False)
    for row, segment in zip(rows, segments, strict=True):
        colour = palette_colour(segment["position"])
        axes.hlines(row, segment["low"], segment["high"], color=colour, linewidth=LINE_WIDTH, clip_on=False)
        axes.plot([segment["share"]], [row], marker="o", markersize=MARKER_SIZE, color=colour, clip_on=False)
    _plot.write_note(figure, 1.2 * _plot.LINE_HEIGHT, data["x_title"])
    _plot.write_note(figure, 0.2 * _plot.LINE_HEIGHT, data["base_says"])
