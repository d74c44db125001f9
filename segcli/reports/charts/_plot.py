"""Axes of matplotlib in the style of the page: few lines, text in its colour, numbers in the language of the chart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from segcli.formatting import escape_unprintable, format_share
from segcli.reports.charts._style import (
    CHART_WIDTH,
    FONT_SIZE,
    NEUTRAL_COLOUR,
    POINTS_PER_INCH,
    TEXT_COLOUR,
    format_tick,
    text_width,
    truncate_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE_HEIGHT = 14.0  # points from one line of text to the next
MAX_NAME_WIDTH = 120.0  # points


class Margins(NamedTuple):
    """Margins around a plot, in points."""

    left: float
    right: float
    top: float
    bottom: float


def add_axes(figure: "Figure", plot_height: float, margins: Margins) -> "Axes":
    """Return axes of this height in points, with margins; the figure becomes as high as needed."""
    left, right, top, bottom = margins
    height = plot_height + top + bottom
    figure.set_size_inches(CHART_WIDTH / POINTS_PER_INCH, height / POINTS_PER_INCH)
    axes = figure.add_axes(
        (left / CHART_WIDTH, bottom / height, (CHART_WIDTH - left - right) / CHART_WIDTH, plot_height / height)
    )
    axes.patch.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=FONT_SIZE, colors=TEXT_COLOUR)
    return axes


def show_share_axis(axis: Any, *, max_ticks: int = 4) -> None:  # noqa: ANN401 - an axis of a lazily imported library
    """Show shares with a few grid lines on an axis, which is limited already."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(max_ticks))
    axis.set_major_formatter(FuncFormatter(lambda share, _: format_tick(format_share(share))))
    axis.grid(visible=True, color=NEUTRAL_COLOUR, alpha=0.45, linewidth=0.6, clip_on=False)
    axis.axes.set_axisbelow(True)


def shorten_names(names: Sequence[object]) -> list[str]:
    """Return names that fit beside a plot."""
    return [truncate_text(name, MAX_NAME_WIDTH) for name in names]


def measure_names(names: Sequence[str]) -> float:
    """Return the width in points of the widest name."""
    return max((text_width(name) for name in names), default=0.0)


def write_note(figure: "Figure", y: float, text: object) -> None:
    """Write a line of text from the left edge, at a distance in points from the lower edge of the figure."""
    height = figure.get_size_inches()[1] * POINTS_PER_INCH
    figure.text(0.0, y / height, truncate_text(escape_unprintable(text), CHART_WIDTH), fontsize=FONT_SIZE)
