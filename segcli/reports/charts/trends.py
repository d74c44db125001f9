"""Customers by segment at the ends of months, stacked in the colours of segments."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from segcli.formatting import format_count
from segcli.reports.charts import _plot
from segcli.reports.charts._style import NEUTRAL_COLOUR, format_tick, palette_colour, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLOT_HEIGHT = 210.0  # points
BOUNDARY_WIDTH = 0.6  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `segments` (from below; each with `name`, `sizes` and `position`, which decides on its
    colour), `days_kind` (ISO dates, one per size), and the texts `first` and `last` for the ends of the time axis. A
    segment has its name beside its last size if there is room; the table has the others.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    segments, days = data["segments"], [date.fromisoformat(day).toordinal() for day in data["days_kind"]]
    names = _plot.shorten_names([segment["name"] for segment in segments])
    totals = [sum(sizes) for sizes in zip(*(segment["sizes"] for segment in segments), strict=True)]
    axes = _plot.add_axes(
        figure,
        PLOT_HEIGHT,
        _plot.Margins(
            text_width(format_count(max(totals, default=0))) + 8,
            _plot.measure_names(names) + 8,
            8.0,
            1.6 * _plot.LINE_HEIGHT,
        ),
    )
    axes.set_xlim(days[0], days[-1])
    axes.set_ylim(0, max(totals, default=0) * 1.02 or 1)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda size, _: format_tick(format_count(size))))
    axes.grid(visible=True, axis="y", color=NEUTRAL_COLOUR, alpha=0.45, linewidth=BOUNDARY_WIDTH, clip_on=False)
    axes.set_axisbelow(True)
    axes.set_xticks([days[0], days[-1]], [data["first"], data["last"]])
    axes.xaxis.get_ticklabels()[0].set_horizontalalignment("left")
    axes.xaxis.get_ticklabels()[-1].set_horizontalalignment("right")
    axes.stackplot(
        days,
        [segment["sizes"] for segment in segments],
        colors=[palette_colour(segment["position"]) for segment in segments],
        edgecolor="none",
        alpha=0.85,
        clip_on=False,
    )
    _write_names(axes, segments, names, days[-1])


def _write_names(axes: Any, segments: Any, names: list[str], last_day: int) -> None:  # noqa: ANN401 - axes and chart data
    """Write the names beside the last sizes, from below; those without room between their neighbours are left out."""
    points_per_customer = PLOT_HEIGHT / axes.get_ylim()[1]
    floor, lowest_free = 0.0, float("-inf")
    for segment, name in zip(segments, names, strict=True):
        middle = (floor + segment["sizes"][-1] / 2) * points_per_customer
        floor += segment["sizes"][-1]
        if middle - _plot.LINE_HEIGHT / 2 >= lowest_free and middle <= PLOT_HEIGHT:
            lowest_free = middle + _plot.LINE_HEIGHT / 2
            axes.annotate(
                name,
                (last_day, middle / points_per_customer),
                xytext=(5, 0),
                textcoords="offset points",
                verticalalignment="center",
                annotation_clip=False,
            )
