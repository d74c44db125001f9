"""Axes: map values to positions on the canvas and label a few round values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from segcli import formatting
from segcli.reports.charts._canvas import Canvas, Position
from segcli.reports.charts._style import CHART_WIDTH, FONT_SIZE, NEUTRAL_COLOUR, format_tick, text_width

LINE_HEIGHT = 14.0  # points from one line of text to the next
_TITLE_HEIGHT = 22.0  # points above the plot for the title of the y axis


@dataclass(frozen=True)
class AxisScale:
    """The range of an axis and its number format, the suffix of a `formatting.format_*` function such as `share`."""

    title: str
    low: float
    high: float
    number_format: str
    max_ticks: int = 4

    @cached_property
    def formatter(self) -> Callable[[float], str]:
        """Function that formats a value of the axis."""
        format_number: Callable[[float], str] = getattr(formatting, f"format_{self.number_format}")
        return lambda value: format_tick(format_number(value))

    @cached_property
    def ticks(self) -> list[float]:
        """Round values within the range."""
        from matplotlib.ticker import MaxNLocator

        tick_values = MaxNLocator(self.max_ticks, integer=self.number_format == "count").tick_values(
            self.low, self.high
        )
        slack = (self.high - self.low) * 1e-9
        return [float(tick) for tick in tick_values if self.low - slack <= tick <= self.high + slack]


@dataclass(frozen=True)
class PlotFrame:
    """The area of a plot between its axes, in points from the upper left corner of the canvas."""

    x_scale: AxisScale
    y_scale: AxisScale
    height: float

    @cached_property
    def left(self) -> float:
        """Left edge in points, with room for the longest y label."""
        return max(text_width(self.y_scale.formatter(tick)) for tick in self.y_scale.ticks) + 12

    @cached_property
    def right(self) -> float:
        """Right edge in points, with room for half of the last x label."""
        return CHART_WIDTH - max(14.0, text_width(self.x_scale.formatter(self.x_scale.ticks[-1])) / 2 + 1)

    @property
    def top(self) -> float:
        """Top edge in points, below the title."""
        return _TITLE_HEIGHT

    @property
    def bottom(self) -> float:
        """Bottom edge of the plot area in points."""
        return _TITLE_HEIGHT + self.height

    @property
    def outer_bottom(self) -> float:
        """Bottom edge in points, including the labels and the title of the x axis."""
        return self.bottom + 2.4 * LINE_HEIGHT

    def locate_point(self, x: float, y: float) -> Position:
        """Return the canvas position of a pair of values."""
        x_share = (x - self.x_scale.low) / ((self.x_scale.high - self.x_scale.low) or 1.0)
        y_share = (y - self.y_scale.low) / ((self.y_scale.high - self.y_scale.low) or 1.0)
        return self.left + x_share * (self.right - self.left), self.bottom - y_share * self.height

    def draw_axes(self, canvas: Canvas, *, x_ticks: Sequence[float] | None = None) -> None:
        """Draw grid lines, labels and titles; `x_ticks` replaces the round x labels."""
        canvas.draw_text((0, 6), self.y_scale.title, max_width=CHART_WIDTH)
        for value in self.y_scale.ticks:
            y = self.locate_point(self.x_scale.low, value)[1]
            canvas.draw_line([(self.left, y), (self.right, y)], colour=NEUTRAL_COLOUR, line_width=0.6, opacity=0.45)
            canvas.draw_text((self.left - 5, y), self.y_scale.formatter(value), align="right")
        for value in self.x_scale.ticks if x_ticks is None else x_ticks:
            x = self.locate_point(value, self.y_scale.low)[0]
            canvas.draw_line([(x, self.bottom), (x, self.bottom + 3)], colour=NEUTRAL_COLOUR)
            canvas.draw_text((x, self.bottom + 11), self.x_scale.formatter(value), align="center")
        canvas.draw_line([(self.left, self.bottom), (self.right, self.bottom)], colour=NEUTRAL_COLOUR)
        canvas.draw_text(
            ((self.left + self.right) / 2, self.bottom + 11 + LINE_HEIGHT), self.x_scale.title, align="center"
        )


def pad_range(values: Sequence[float], *, starts_at_zero: bool) -> tuple[float, float]:
    """Return the range of the values with a little padding, from 0 if `starts_at_zero` and no value is negative."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = min(low, 0.0) if starts_at_zero else low
    padding = (high - low) * 0.08 or abs(high) * 0.5 or 1.0
    return (low if starts_at_zero and low >= 0 else low - padding), high + padding


assert LINE_HEIGHT > FONT_SIZE
