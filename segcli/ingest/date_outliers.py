"""Order dates so far from all others that a typing mistake or a placeholder explains them better than an order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from segcli.config.ingest import DateOutliers
from segcli.counting import counted

YEAR = 365  # days of silence on both sides that isolate a date
ENOUGH = 20  # lines with other dates, below which no date is an outlier
SILENT_DAYS = 200  # trading days that the usual rate gives for the silence before an outlier
EARLY = 5 * YEAR  # silence after which an early date is no trial before the real start, however long trade lasted
FEW_DAYS = 3
LONG_SILENCE = 3  # times the days of all other orders
FEW_LINES, FEW_LINES_OF_FEW_DAYS = 0.001, 0.02  # share of lines that outliers may have
PLACEHOLDERS = np.array(
    ["1904-01-01", "1969-12-31", "1970-01-01", "1980-01-01", "2000-01-01", "2099-12-31"], dtype="datetime64[D]"
).astype(np.int64)

REASON = {"exclude": "date_outlier", "reject": "date_outlier_rejected"}

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Lines by day: `days` ascending, in days since 1970, the `lines` of each, and physical lines of both ends."""

    days: Counts
    lines: Counts
    earliest_line: int = 0
    latest_line: int = 0

    @classmethod
    def none(cls) -> Self:
        """Return counts of no lines."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    @classmethod
    def of(cls, days: npt.NDArray[np.datetime64]) -> Self:
        """Count days, none of which is NaT."""
        if not len(days):
            return cls.none()
        numbers = days.view(np.int64)
        first = numbers.min()
        counts = np.bincount(numbers - first)
        used = np.flatnonzero(counts)
        return cls(used + first, counts[used])

    @classmethod
    def merge(cls, parts: Sequence[tuple["DayCounts", int]]) -> Self:
        """Merge the counts of several pieces, each with the number of physical lines above it."""
        filled = [(part, above) for part, above in parts if len(part.days)]
        if not filled:
            return cls.none()
        days, places = np.unique(np.concatenate([part.days for part, _ in filled]), return_inverse=True)
        lines = np.zeros(len(days), np.int64)
        np.add.at(lines, places, np.concatenate([part.lines for part, _ in filled]))
        earliest = min(filled, key=lambda pair: (pair[0].days[0], pair[1]))
        latest = min(filled, key=lambda pair: (-pair[0].days[-1], pair[1]))
        return cls(days, lines, earliest[0].earliest_line + earliest[1], latest[0].latest_line + latest[1])

    def of_days(self, days: Sequence[int]) -> "DayCounts":
        """Return the counts of some of the days."""
        chosen = np.isin(self.days, days)
        return DayCounts(self.days[chosen], self.lines[chosen], self.earliest_line, self.latest_line)


def find_date_outliers(counts: DayCounts) -> tuple[int, ...]:
    """Return the days, since 1970, that lie far from all others, ascending.

    A placeholder, such as 1970-01-01, is one if no other day lies within a year of it. Other days are outliers if they
    lie before or after all others, have few lines, and follow a silence of more than a year in which at least
    `SILENT_DAYS` trading days were due at the usual rate. Before the first usual day, the silence must also be as long
    as trade lasted, or `EARLY`, since shops have early customers but none in the future. So neither a seasonal shop,
    nor one that paused, nor a small export has any.
    """
    is_placeholder = _isolated_placeholders(counts)
    days, lines = counts.days[~is_placeholder], counts.lines[~is_placeholder]
    if lines.sum() < max(ENOUGH, counts.lines[is_placeholder].sum()):
        return ()
    first, last = _usual_range(days, lines)
    far = days[(days < first) | (days > last)]
    return tuple(sorted([*counts.days[is_placeholder].tolist(), *far.tolist()]))


def describe_date_outliers(counts: DayCounts, outliers: Sequence[int], setting: DateOutliers) -> Iterator[str]:
    """Yield a note on the outliers of one file.

    Args:
        counts: lines of the file by day.
        outliers: days that lie far from all others.
        setting: `ingest.date_outliers`.
    """
    found = counts.of_days(outliers)
    if not len(found.days):
        yield from _note_lone_last_day(counts)
        return
    shown = []
    if found.days[-1] == counts.days[-1]:
        shown.append(f"{_iso(found.days[-1])} at line {counts.latest_line:,}")
    if found.days[0] == counts.days[0] and len(found.days) > len(shown):
        shown.append(f"{_iso(found.days[0])} at line {counts.earliest_line:,}")
    if not shown:
        shown.append(_iso(found.days[0]))
    effect = {"exclude": "ignored", "reject": "rejected", "keep": "kept"}[setting]
    total = counted(int(found.lines.sum()), "line")
    yield (
        f"order dates more than a year from all others: {total}, such as {' and '.join(shown)}; "
        f"{effect} (ingest.date_outliers: {setting})"
    )


def _note_lone_last_day(counts: DayCounts) -> Iterator[str]:
    """Yield a note on a last day far behind all others, in an export too small to prove a mistake."""
    if len(counts.days) < FEW_DAYS:
        return
    silence = int(counts.days[-1] - counts.days[-2])
    span = int(counts.days[-2] - counts.days[0]) + 1
    if silence > max(2 * YEAR, LONG_SILENCE * span):
        yield (
            f"the last order date, {_iso(counts.days[-1])} at line {counts.latest_line:,}, is {silence / YEAR:.0f} "
            f"years after all others and decides the as-of day; --as-of {_iso(counts.days[-2] + 1)} leaves it out"
        )


def _isolated_placeholders(counts: DayCounts) -> npt.NDArray[np.bool_]:
    """Find the placeholders that no other date lies near."""
    is_placeholder = np.isin(counts.days, PLACEHOLDERS)
    others = counts.days[~is_placeholder]
    for place in np.flatnonzero(is_placeholder):
        is_placeholder[place] = not (np.abs(others - counts.days[place]) <= YEAR).any()
    return is_placeholder


def _usual_range(days: Counts, lines: Counts) -> tuple[int, int]:
    """Return the first and the last day that is no outlier."""
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - YEAR - 1) > YEAR)
    ends = np.append(starts[1:], len(days)) - 1
    sums = np.add.reduceat(lines, starts)
    is_many = ~_has_few(ends - starts + 1, sums, int(lines.sum()))
    if not is_many.any():
        return int(days[0]), int(days[-1])
    low, high = int(is_many.argmax()), len(is_many) - 1 - int(is_many[::-1].argmax())
    usual = days[starts[low] : ends[high] + 1]
    span = int(usual[-1] - usual[0]) + 1
    needed = max(YEAR, SILENT_DAYS * span / len(usual))
    while high + 1 < len(starts) and days[starts[high + 1]] - days[ends[high]] <= needed:
        high += 1
    needed = max(needed, min(span, EARLY))
    while low > 0 and days[starts[low]] - days[ends[low - 1]] <= needed:
        low -= 1
    return int(days[starts[low]]), int(days[ends[high]])


def _has_few(days: Counts, lines: Counts, total: int) -> npt.NDArray[np.bool_]:
    """Tell which groups of neighbouring days have almost no lines of the total."""
    share = np.where(days <= FEW_DAYS, FEW_LINES_OF_FEW_DAYS, FEW_LINES)
    few: npt.NDArray[np.bool_] = lines <= np.maximum(1, total * share)
    return few


def _iso(day: int) -> str:
    return str(np.datetime64(int(day), "D"))
