"""Detect amounts that are probably typing errors, because they are far larger than all others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from segcli.config.ingest_types import DateOutliers
from segcli.formatting import pluralize
from segcli.message import message

OUTLIER_DISTANCE = (
    8.0  # robust standard deviations of the logarithm; of a million log-normal amounts, none is expected beyond 6
)
MIN_AMOUNTS = 20  # with fewer amounts, their spread is not evaluated
_MAD_TO_SIGMA = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
_BIN_SHIFT = 46  # low bits of a number that its bin ignores: bins are at most 1/64 of their amounts wide
_FIRST_BIN = int(np.array(1.0).view(np.int64)) >> _BIN_SHIFT
_BIN_COUNT = (int(np.array(2.0**63).view(np.int64)) >> _BIN_SHIFT) - _FIRST_BIN

BinArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AmountHistogram:
    """Histogram of amounts (`counts` by bin), and the largest amount with its row."""

    counts: BinArray
    largest: int
    largest_row: int

    @classmethod
    def from_units(cls, units: npt.NDArray[np.int64]) -> Self:
        """Create a histogram of the positive amounts of lines, in integer units."""
        sales = units[units > 0] if len(units) and units.min() <= 0 else units
        bins = (sales.astype(np.float64).view(np.int64) >> _BIN_SHIFT) - _FIRST_BIN
        row = int(units.argmax()) if len(units) else 0
        return cls(np.bincount(bins, minlength=_BIN_COUNT), int(units[row]) if len(units) else 0, row)

    @classmethod
    def merge(cls, chunks: Sequence[tuple["AmountHistogram", int]]) -> Self:
        """Merge the histograms of chunks, each with the number of its first row."""
        largest_chunk, start = max(chunks, key=lambda pair: (pair[0].largest, -pair[1]))
        counts = np.add.reduce([chunk.counts for chunk, _ in chunks])
        return cls(counts, largest_chunk.largest, largest_chunk.largest_row + start)

    def quantile(self, share: float) -> int:
        """Return the amount, in units, at a quantile level (`share`, 0 to 1); 0 if there are no amounts."""
        total = int(self.counts.sum())
        if not total:
            return 0
        bin_index = int(np.searchsorted(np.cumsum(self.counts), share * total))
        return min(int(_bin_centers(np.array([bin_index + 1]))[0]), self.largest)

    def count_outliers(self) -> int:
        """Count the amounts that are implausibly large.

        Amounts of shops are skewed, so the distance is measured on logarithms, from the median and in median absolute
        deviations, which the outlier itself hardly changes (Iglewicz and Hoaglin, How to Detect and Handle Outliers,
        1993). Only the bin of each amount is known, which is precise enough and needs constant memory.
        """
        total = int(self.counts.sum())
        if total < MIN_AMOUNTS:
            return 0
        used_bins = np.flatnonzero(self.counts)
        counts, logs = self.counts[used_bins], np.log(_bin_centers(used_bins))
        middle = _median_of_counts(logs, counts)
        spread = _MAD_TO_SIGMA * _median_of_counts(np.abs(logs - middle), counts)
        return int(counts[logs - middle > OUTLIER_DISTANCE * spread].sum()) if spread else 0


def amount_outlier_notes(amounts: AmountHistogram, scale: int, find_line: Callable[[int], int | None]) -> Iterator[str]:
    """Yield a note on implausibly large amounts.

    Args:
        amounts: histogram of the kept lines, in integer units.
        scale: units per 1.00.
        find_line: function that returns the physical line of a row, or None.
    """
    outlier_count = amounts.count_outliers()
    if outlier_count:
        line_number = find_line(amounts.largest_row)
        values = {"count": outlier_count, "largest": amounts.largest / scale}
        if line_number is None:
            yield message(
                "amounts far beyond all others: {count} (largest {largest:,.2f}); "
                "one typing mistake among them would distort every sum and every clustering",
                **values,
            )
        else:
            yield message(
                "amounts far beyond all others: {count} (largest {largest:,.2f}, line {line}); "
                "one typing mistake among them would distort every sum and every clustering",
                line=line_number,
                **values,
            )


def _bin_centers(bins: BinArray) -> npt.NDArray[np.float64]:
    return (((bins + _FIRST_BIN) << _BIN_SHIFT) + (1 << (_BIN_SHIFT - 1))).view(np.float64)


def _median_of_counts(numbers: npt.NDArray[np.float64], counts: BinArray) -> float:
    """Return the median of numbers with frequencies."""
    order = np.argsort(numbers, kind="stable")
    cumulative = np.cumsum(counts[order])
    low, high = np.searchsorted(cumulative, [(cumulative[-1] - 1) // 2, cumulative[-1] // 2], side="right")
    return float(numbers[order[low]] + numbers[order[high]]) / 2


# Outliers among order dates: dates that are probably typing errors or placeholders
ISOLATION_DAYS = 365  # days without orders before and after an isolated date
MIN_OTHER_LINES = 20  # number of lines with other dates needed for a date to be an outlier
MIN_SILENT_TRADING_DAYS = 200  # trading days expected, at the usual rate, in the gap before an outlier
MAX_EARLY_SILENCE = (
    5 * ISOLATION_DAYS
)  # days; after such a gap, an early date is not a trial before the actual start, however long trade lasted
MAX_FEW_DAYS = 3
LONG_SILENCE_FACTOR = 3  # multiple of the days that all other orders span
MAX_OUTLIER_SHARE, MAX_SHORT_OUTLIER_SHARE = 0.001, 0.02  # maximum share of lines with outlying dates
PLACEHOLDER_DAYS = np.array(
    ["1904-01-01", "1969-12-31", "1970-01-01", "1980-01-01", "2000-01-01", "2099-12-31"], dtype="datetime64[D]"
).astype(np.int64)

OUTLIER_REASONS = {"exclude": "date_outlier", "reject": "date_outlier_rejected"}

DayArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Lines by day: `days` ascending (days since 1970), the `lines` of each, and the physical lines of both ends."""

    days: DayArray
    lines: DayArray
    earliest_line: int = 0
    latest_line: int = 0

    @classmethod
    def create_empty(cls) -> Self:
        """Create empty counts."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    @classmethod
    def count_days(cls, order_days: npt.NDArray[np.datetime64]) -> Self:
        """Count the lines of each day; no day may be NaT."""
        if not len(order_days):
            return cls.create_empty()
        day_numbers = order_days.view(np.int64)
        first_day = day_numbers.min()
        counts = np.bincount(day_numbers - first_day)
        used_days = np.flatnonzero(counts)
        return cls(used_days + first_day, counts[used_days])

    @classmethod
    def merge(cls, chunks: Sequence[tuple["DayCounts", int]]) -> Self:
        """Merge the counts of chunks, each with the number of physical lines above it."""
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
        """Return the counts of the selected days."""
        is_selected = np.isin(self.days, selected_days)
        return DayCounts(self.days[is_selected], self.lines[is_selected], self.earliest_line, self.latest_line)


def find_date_outliers(day_counts: DayCounts) -> tuple[int, ...]:
    """Return the outlying days (days since 1970), in ascending order.

    A placeholder, such as 1970-01-01, is an outlier if no other day is within a year of it. Other days are outliers if
    they are before or after all others, have few lines, and are separated by a gap of more than a year in which at
    least `MIN_SILENT_TRADING_DAYS` trading days were expected at the usual rate. Before the first usual day, the gap
    must also be as long as trade lasted, or `MAX_EARLY_SILENCE`, because shops have early customers but none in the
    future. Therefore seasonal shops, shops that paused, and small exports have no outliers.
    """
    is_placeholder = _find_isolated_placeholders(day_counts)
    days, lines = day_counts.days[~is_placeholder], day_counts.lines[~is_placeholder]
    if lines.sum() < max(MIN_OTHER_LINES, day_counts.lines[is_placeholder].sum()):
        return ()
    first, last = _find_usual_range(days, lines)
    outlying_days = days[(days < first) | (days > last)]
    return tuple(sorted([*day_counts.days[is_placeholder].tolist(), *outlying_days.tolist()]))


def date_outlier_notes(day_counts: DayCounts, outliers: Sequence[int], policy: DateOutliers) -> Iterator[str]:
    """Yield a note on the outlying dates of one file.

    Args:
        day_counts: lines of the file by day.
        outliers: outlying days.
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
        f"{effect} (ingest.date_outliers={policy})"
    )


def _note_lone_last_day(day_counts: DayCounts) -> Iterator[str]:
    """Yield a note on a last day long after all others, in an export too small to prove a mistake."""
    if len(day_counts.days) < MAX_FEW_DAYS:
        return
    silence = int(day_counts.days[-1] - day_counts.days[-2])
    span = int(day_counts.days[-2] - day_counts.days[0]) + 1
    if silence > max(2 * ISOLATION_DAYS, LONG_SILENCE_FACTOR * span):
        yield (
            f"the last order date, {_format_day(day_counts.days[-1])} at line "
            f"{day_counts.latest_line:,}, is {silence / ISOLATION_DAYS:.0f} "
            "years after all others and determines the as-of day; hint: "
            f"--as-of {_format_day(day_counts.days[-2] + 1)} excludes it"
        )


def _find_isolated_placeholders(day_counts: DayCounts) -> npt.NDArray[np.bool_]:
    """Mark the placeholders without any other date nearby."""
    is_placeholder = np.isin(day_counts.days, PLACEHOLDER_DAYS)
    other_days = day_counts.days[~is_placeholder]
    for index in np.flatnonzero(is_placeholder):
        is_placeholder[index] = not (np.abs(other_days - day_counts.days[index]) <= ISOLATION_DAYS).any()
    return is_placeholder


def _find_usual_range(days: DayArray, line_counts: DayArray) -> tuple[int, int]:
    """Return the first and last day that are not outliers."""
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
    """Mark the groups of neighbouring days that have a negligible share of the lines."""
    share = np.where(day_spans <= MAX_FEW_DAYS, MAX_SHORT_OUTLIER_SHARE, MAX_OUTLIER_SHARE)
    is_small: npt.NDArray[np.bool_] = line_counts <= np.maximum(1, total * share)
    return is_small


def _format_day(day: int) -> str:
    return str(np.datetime64(int(day), "D"))
