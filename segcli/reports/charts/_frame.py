"""Axes: values to places, with a few round values written beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from segcli.reports import numbers
from segcli.reports.charts._paper import QUIET, SIZE, WIDTH, told, width
from segcli.reports.charts._sheet import Place, Sheet

LINE = 14.0  # points from a line of text to the next
_TOP = 22.0  # room for the title of the upright axis


@dataclass(frozen=True)
class Scale:
    """Values from low to high, and how they read: `kind` is a function of numbers.py."""

    title: str
    low: float
    high: float
    kind: str
    most: int = 4

    @cached_property
    def told(self) -> Callable[[float], str]:
        """A value as text."""
        shown: Callable[[float], str] = getattr(numbers, self.kind)
        return lambda value: told(shown(value))

    @cached_property
    def ticks(self) -> list[float]:
        """Round values within."""
        from matplotlib.ticker import MaxNLocator

        found = MaxNLocator(self.most, integer=self.kind == "count").tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-9
        return [float(one) for one in found if self.low - slack <= one <= self.high + slack]


@dataclass(frozen=True)
class Frame:
    """A plot's inside, between two scales."""

    across: Scale
    up: Scale
    height: float

    @cached_property
    def left(self) -> float:
        """Beside the longest value."""
        return max(width(self.up.told(one)) for one in self.up.ticks) + 12

    @cached_property
    def right(self) -> float:
        """So far that half of the last value has room."""
        return WIDTH - max(14.0, width(self.across.told(self.across.ticks[-1])) / 2 + 1)

    @property
    def top(self) -> float:
        """Below the title."""
        return _TOP

    @property
    def bottom(self) -> float:
        """Where the inside ends."""
        return _TOP + self.height

    @property
    def foot(self) -> float:
        """Where the axis ends, with its values and its title."""
        return self.bottom + 2.4 * LINE

    def at(self, x: float, y: float) -> Place:
        """Where a pair of values is."""
        across = (x - self.across.low) / ((self.across.high - self.across.low) or 1.0)
        up = (y - self.up.low) / ((self.up.high - self.up.low) or 1.0)
        return self.left + across * (self.right - self.left), self.bottom - up * self.height

    def draw(self, sheet: Sheet, *, across: Sequence[float] | None = None) -> None:
        """Lines, values and titles; `across` are the values to write below, where they are not round ones."""
        sheet.text((0, 6), self.up.title, room=WIDTH)
        for value in self.up.ticks:
            y = self.at(self.across.low, value)[1]
            sheet.line([(self.left, y), (self.right, y)], colour=QUIET, thick=0.6, opacity=0.45)
            sheet.text((self.left - 5, y), self.up.told(value), align="right")
        for value in self.across.ticks if across is None else across:
            x = self.at(value, self.up.low)[0]
            sheet.line([(x, self.bottom), (x, self.bottom + 3)], colour=QUIET)
            sheet.text((x, self.bottom + 11), self.across.told(value), align="center")
        sheet.line([(self.left, self.bottom), (self.right, self.bottom)], colour=QUIET)
        sheet.text(((self.left + self.right) / 2, self.bottom + 11 + LINE), self.across.title, align="center")


def rounded(values: Sequence[float], *, zero: bool) -> tuple[float, float]:
    """From the lowest (or nothing) to the highest, with a little room."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = min(low, 0.0) if zero else low
    room = (high - low) * 0.08 or abs(high) * 0.5 or 1.0
    return (low if zero and low >= 0 else low - room), high + room


assert LINE > SIZE
