"""Order dates so far from all others that a typing mistake or a placeholder explains them better than an order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from segcli.config.ingest import DateOutliers
from segcli.counting import pluralize

ISOLATION_DAYS = 365  # days of silence on both sides that isolate a date
MIN_OTHER_LINES = 20  # lines with other dates, below which no date is an outlier
MIN_SILENT_TRADING_DAYS = 200  # trading days that the usual rate gives for the silence before an outlier
MAX_EARLY_SILENCE = (
    5 * ISOLATION_DAYS
)  # silence after which an early date is no trial before the real start, however long trade lasted
MAX_FEW_DAYS = 3
LONG_SILENCE_FACTOR = 3  # times the days of all other orders
MAX_OUTLIER_SHARE, MAX_SHORT_OUTLIER_SHARE = 0.001, 0.02  # share of lines that outliers may have
PLACEHOLDER_DAYS = np.array(
    ["1904-01-01", "1969-12-31", "1970-01-01", "1980-01-01", "2000-01-01", "2099-12-31"], dtype="datetime64[D]"
).astype(np.int64)

OUTLIER_REASONS = {"exclude": "date_outlier", "reject": "date_outlier_rejected"}

DayArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Lines by day: `days` ascending, in days since 1970, the `lines` of each, and physical lines of both ends."""

    days: DayArray
    lines: DayArray
    earliest_line: int = 0
    latest_line: int = 0

    @classmethod
    def create_empty(cls) -> Self:
        """Return counts of no lines."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    @classmethod
    def count_days(cls, order_days: npt.NDArray[np.datetime64]) -> Self:
        """Count days, none of which is NaT."""
        if not len(order_days):
            return cls.create_empty()
        day_numbers = order_days.view(np.int64)
        first_day = day_numbers.min()
        counts = np.bincount(day_numbers - first_day)
        used_days = np.flatnonzero(counts)
        return cls(used_days + first_day, counts[used_days])

    @classmethod
    def merge(cls, chunks: Sequence[tuple["DayCounts", int]]) -> Self:
        """Merge the counts of several pieces, each with the number of physical lines above it."""
        filled_chunks = [(chunk, lines_above) for chunk, lines_above in chunks if len(chunk.days)]
        if not filled_chunks:
            return cls.create_empty()
        days, indices = np.unique(np.concatenate([chunk.days for chunk, _ in filled_chunks]), return_inverse=True)
        lines = np.zeros(len(days), np.int64)
        np.add.at(lines, indices, np.concatenate([chunk.lines for chunk, _ in filled_chunks]))
        earliest = min(filled_chunks, key=lambda pair: (pair[0].days[0], pair[1]))
        latest = min(filled_chunks, key=lambda pair: (-pair[0].days[-1], pair[1]))
        return cls(days, lines, earliest[0].earliest_line + earliest[1], latest[0].latest_line + latest[1])

    def select_days(self, selected_days: Sequence[int]) -> "DayCounts":
        """Return the counts of some of the days."""
        is_selected = np.isin(self.days, selected_days)
        return DayCounts(self.days[is_selected], self.lines[is_selected], self.earliest_line, self.latest_line)


def find_date_outliers(day_counts: DayCounts) -> tuple[int, ...]:
    """Return the days, since 1970, that lie far from all others, ascending.

    A placeholder, such as 1970-01-01, is one if no other day lies within a year of it. Other days are outliers if they
    lie before or after all others, have few lines, and follow a silence of more than a year in which at least
    `MIN_SILENT_TRADING_DAYS` trading days were due at the usual rate. Before the first usual day, the silence must also
    be as long as trade lasted, or `MAX_EARLY_SILENCE`, since shops have early customers but none in the future. So
    neither a seasonal shop, nor one that paused, nor a small export has any.
    """
    is_placeholder = _find_isolated_placeholders(day_counts)
    days, lines = day_counts.days[~is_placeholder], day_counts.lines[~is_placeholder]
    if lines.sum() < max(MIN_OTHER_LINES, day_counts.lines[is_placeholder].sum()):
        return ()
    first, last = _find_usual_range(days, lines)
    outlying_days = days[(days < first) | (days > last)]
    return tuple(sorted([*day_counts.days[is_placeholder].tolist(), *outlying_days.tolist()]))


def date_outlier_notes(day_counts: DayCounts, outliers: Sequence[int], policy: DateOutliers) -> Iterator[str]:
    """Yield a note on the outliers of one file.

    Args:
        day_counts: lines of the file by day.
        outliers: days that lie far from all others.
        policy: `ingest.date_outliers`.
    """
    outlier_counts = day_counts.select_days(outliers)
    if not len(outlier_counts.days):
        yield from _note_lone_last_day(day_counts)
        return
    examples = []
    if outlier_counts.days[-1] == day_counts.days[-1]:
        examples.append(f"{_format_day(outlier_counts.days[-1])} at line {day_counts.latest_line:,}")
    if outlier_counts.days[0] == day_counts.days[0] and len(outlier_counts.days) > len(examples):
        examples.append(f"{_format_day(outlier_counts.days[0])} at line {day_counts.earliest_line:,}")
    if not examples:
        examples.append(_format_day(outlier_counts.days[0]))
    effect = {"exclude": "ignored", "reject": "rejected", "keep": "kept"}[policy]
    total = pluralize(int(outlier_counts.lines.sum()), "line")
    yield (
        f"order dates more than a year from all others: {total}, such as {' and '.join(examples)}; "
        f"{effect} (ingest.date_outliers: {policy})"
    )


def _note_lone_last_day(day_counts: DayCounts) -> Iterator[str]:
    """Yield a note on a last day far behind all others, in an export too small to prove a mistake."""
    if len(day_counts.days) < MAX_FEW_DAYS:
        return
    silence = int(day_counts.days[-1] - day_counts.days[-2])
    span = int(day_counts.days[-2] - day_counts.days[0]) + 1
    if silence > max(2 * ISOLATION_DAYS, LONG_SILENCE_FACTOR * span):
        yield (
            f"the last order date, {_format_day(day_counts.days[-1])} at line "
            f"{day_counts.latest_line:,}, is {silence / ISOLATION_DAYS:.0f} "
            "years after all others and decides the as-of day; "
            f"--as-of {_format_day(day_counts.days[-2] + 1)} leaves it out"
        )


def _find_isolated_placeholders(day_counts: DayCounts) -> npt.NDArray[np.bool_]:
    """Find the placeholders that no other date lies near."""
    is_placeholder = np.isin(day_counts.days, PLACEHOLDER_DAYS)
    other_days = day_counts.days[~is_placeholder]
    for index in np.flatnonzero(is_placeholder):
        is_placeholder[index] = not (np.abs(other_days - day_counts.days[index]) <= ISOLATION_DAYS).any()
    return is_placeholder


def _find_usual_range(days: DayArray, line_counts: DayArray) -> tuple[int, int]:
    """Return the first and the last day that is no outlier."""
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - ISOLATION_DAYS - 1) > ISOLATION_DAYS)
    ends = np.append(starts[1:], len(days)) - 1
    lines_by_group = np.add.reduceat(line_counts, starts)
    is_many = ~_small_group_mask(ends - starts + 1, lines_by_group, int(line_counts.sum()))
    if not is_many.any():
        return int(days[0]), int(days[-1])
    low, high = int(is_many.argmax()), len(is_many) - 1 - int(is_many[::-1].argmax())
    usual = days[starts[low] : ends[high] + 1]
    span = int(usual[-1] - usual[0]) + 1
    max_silence = max(ISOLATION_DAYS, MIN_SILENT_TRADING_DAYS * span / len(usual))
    while high + 1 < len(starts) and days[starts[high + 1]] - days[ends[high]] <= max_silence:
        high += 1
    max_silence = max(max_silence, min(span, MAX_EARLY_SILENCE))
    while low > 0 and days[starts[low]] - days[ends[low - 1]] <= max_silence:
        low -= 1
    return int(days[starts[low]]), int(days[ends[high]])


def _small_group_mask(day_spans: DayArray, line_counts: DayArray, total: int) -> npt.NDArray[np.bool_]:
    """Tell which groups of neighbouring days have almost no lines of the total."""
    share = np.where(day_spans <= MAX_FEW_DAYS, MAX_SHORT_OUTLIER_SHARE, MAX_OUTLIER_SHARE)
    is_small: npt.NDArray[np.bool_] = line_counts <= np.maximum(1, total * share)
    return is_small


def _format_day(day: int) -> str:
    return str(np.datetime64(int(day), "D"))
