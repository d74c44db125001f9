"""Runs: aggregates of consecutive order lines of one order. The totals of chunks consist of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrays import BoolArray
from segcli.arrow import Int32Array, RowIndices, Uint64Array, hash_strings, mark_changes

Units = npt.NDArray[np.int64]
DayNumbers = npt.NDArray[np.int32]
TextArray: TypeAlias = pa.StringArray | pa.DictionaryArray

EPOCH_DAY = date(1970, 1, 1)
LINES_SUM, MONEY_SUM, REFUNDED_SUM, ITEMS_SUM, DISCOUNTED_SUM = "lines", "money", "refunded", "items", "discounted"
MARGIN_SUM, UNKNOWN_MARGINS_SUM = "margin", "unknown_margins"
PARTITION_COUNT = 64  # of customers, by hash: small enough to aggregate one at a time, few enough to slice per chunk
_PARTITION_SHIFT = np.uint64(64 - 6)
SAMPLE_ROWS, FREQUENT_CHANGE_SHARE = 1000, 0.5  # sample of a text column that estimates how often neighbours differ
MAX_DAY = np.int32(2**31 - 1)


def day_number(day: date) -> int:
    """Return a day as the number of days since 1970-01-01, the unit of run days."""
    return (day - EPOCH_DAY).days


def date_of_day_number(day_count: int) -> date:
    """Return the date of a day number; the inverse of `day_number`."""
    return EPOCH_DAY + timedelta(days=day_count)


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """Number of lines of each run by value of a text column: one entry per (run, value), sorted by run.

    `codes` index `texts`. Blanks are excluded. A value may occur in several entries of a run.
    """

    run: Int32Array
    codes: Int32Array
    texts: pa.StringArray
    lines: Int32Array


@dataclass(frozen=True, eq=False)
class ReturnLines:
    """Kept return lines, one entry each, sorted by partition of customers.

    `money` (never above 0) and `refunded` are in units, `day` counts from 1970-01-01, and `place` orders lines by file,
    chunk and line within the chunk (see `encode_place`).
    """

    customer: pa.StringArray
    day: DayNumbers
    money: Units
    refunded: Units
    place: RowIndices
    partition_bounds: RowIndices

    def __len__(self) -> int:
        return len(self.day)

    def slice_partitions(self, first: int, last: int) -> "ReturnLines":
        """Return the lines of the partitions from `first` up to but not including `last`."""
        start, end = int(self.partition_bounds[first]), int(self.partition_bounds[last])
        rows = slice(start, end)
        return ReturnLines(
            self.customer.slice(start, end - start),
            self.day[rows],
            self.money[rows],
            self.refunded[rows],
            self.place[rows],
            self.partition_bounds[first : last + 1] - start,
        )

    def filter_rows(self, mask: BoolArray) -> "ReturnLines":
        """Return the lines that a mask selects; the result is not divided into partitions."""
        return ReturnLines(
            self.customer.filter(pa.array(mask)),
            self.day[mask],
            self.money[mask],
            self.refunded[mask],
            self.place[mask],
            np.empty(0, dtype=np.int64),
        )


@dataclass(frozen=True, eq=False)
class OrderRuns:
    """Purchase lines, one entry per run of lines of one order, sorted by partition of customers.

    `customer` are ids. `order` are order ids; a run with a blank one is an order by itself. If `order` is None, orders
    are days if `by_day`, and otherwise each run is an order. `first_day` and `last_day` are days since 1970-01-01.
    `sums` are totals of the lines: `lines` and, if known, `money`, `refunded`, `margin` and `items` in units, and
    numbers of lines: `discounted`, `unknown_margins`.
    `partition_bounds` are the positions at which partitions begin, and the end.
    """

    customer: pa.StringArray
    order: pa.StringArray | None
    first_day: DayNumbers
    last_day: DayNumbers
    sums: Mapping[str, npt.NDArray[Any]]
    partition_bounds: RowIndices
    value_counts: Mapping[str, ValueCounts] = field(default_factory=dict)
    by_day: bool = False

    def __len__(self) -> int:
        return len(self.first_day)

    @property
    def nbytes(self) -> int:
        """Approximate memory in bytes."""
        arrays: list[npt.NDArray[Any]] = [self.first_day, self.last_day, *self.sums.values()]
        value_bytes = sum(
            counts.run.nbytes + counts.codes.nbytes + counts.lines.nbytes + counts.texts.nbytes
            for counts in self.value_counts.values()
        )
        text_bytes = self.customer.nbytes + (0 if self.order is None else self.order.nbytes)
        return int(sum(array.nbytes for array in arrays) + value_bytes + text_bytes)

    def slice_partitions(self, first: int, last: int) -> "OrderRuns":
        """Return the runs of the partitions from `first` up to but not including `last`."""
        start, end = int(self.partition_bounds[first]), int(self.partition_bounds[last])
        return OrderRuns(
            customer=self.customer.slice(start, end - start),
            order=None if self.order is None else self.order.slice(start, end - start),
            first_day=self.first_day[start:end],
            last_day=self.last_day[start:end],
            sums={name: column[start:end] for name, column in self.sums.items()},
            partition_bounds=self.partition_bounds[first : last + 1] - start,
            value_counts={name: _slice_values(counts, start, end) for name, counts in self.value_counts.items()},
            by_day=self.by_day,
        )


@dataclass(frozen=True, eq=False)
class LineColumns:
    """Columns of order lines, one entry per line, before grouping into runs; fields as in `OrderRuns`."""

    customer: TextArray
    order: TextArray | None
    day: DayNumbers
    sums: Mapping[str, Units]
    values: Mapping[str, TextArray] = field(default_factory=dict)
    by_day: bool = False


def group_consecutive(line_columns: LineColumns, starts: RowIndices, is_counted: BoolArray | None = None) -> OrderRuns:
    """Aggregate the lines from each start up to the next.

    Args:
        line_columns: columns of one chunk; `sums` must be 0 for lines that do not count.
        starts: the rows that begin a run, ascending; the first is 0.
        is_counted: which lines count (default: all); runs without such a line are dropped.
    """
    size = len(line_columns.day)
    sums: dict[str, npt.NDArray[Any]] = {LINES_SUM: _count_lines(starts, size, is_counted)}
    sums |= {
        name: np.add.reduceat(column, starts) if len(starts) else column for name, column in line_columns.sums.items()
    }
    first, last = _find_day_ranges(line_columns.day, starts, is_counted)
    values = {
        name: _count_values(text_column, starts, size, is_counted) for name, text_column in line_columns.values.items()
    }
    kept_runs = np.arange(len(starts)) if is_counted is None else np.flatnonzero(sums[LINES_SUM])
    rows = pa.array(starts[kept_runs])
    customer = decode_texts(line_columns.customer.take(rows))
    partition = _assign_partitions(hash_strings(customer))
    runs = OrderRuns(
        customer=customer,
        order=None if line_columns.order is None else decode_texts(line_columns.order.take(rows)),
        first_day=(days := first[kept_runs]),
        last_day=days if last is first else last[kept_runs],
        sums={name: column[kept_runs] for name, column in sums.items()},
        partition_bounds=_partition_bounds(partition),
        value_counts=values,
        by_day=line_columns.by_day,
    )
    return _sort_by_partition(runs, partition, kept_runs, len(starts))


def sort_returns(
    customer: pa.StringArray, day: DayNumbers, money: Units, refunded: Units, place: RowIndices
) -> ReturnLines:
    """Sort return lines by partition of customers."""
    partition = _assign_partitions(hash_strings(customer))
    order = np.argsort(partition, kind="stable")
    return ReturnLines(
        customer.take(pa.array(order)),
        day[order],
        money[order],
        refunded[order],
        place[order],
        _partition_bounds(partition),
    )


def merge_runs(blocks: Sequence[OrderRuns]) -> OrderRuns:
    """Concatenate runs; the result is not divided into partitions.

    Raises:
        IndexError: there are no blocks.
    """
    first = blocks[0]
    starts = np.cumsum([0, *(len(block) for block in blocks)])
    orders = [block.order for block in blocks if block.order is not None]
    return OrderRuns(
        customer=pa.concat_arrays([block.customer for block in blocks]),
        order=pa.concat_arrays(orders) if orders else None,
        first_day=np.concatenate([block.first_day for block in blocks]),
        last_day=np.concatenate([block.last_day for block in blocks]),
        sums={name: np.concatenate([block.sums[name] for block in blocks], dtype=np.int64) for name in first.sums},
        partition_bounds=np.array([0, starts[-1]]),
        value_counts={
            name: _merge_values([block.value_counts[name] for block in blocks], starts) for name in first.value_counts
        },
        by_day=first.by_day,
    )


def merge_returns(return_blocks: Sequence[ReturnLines]) -> ReturnLines:
    """Concatenate return lines; the result is not divided into partitions."""
    customer = pa.concat_arrays([block.customer for block in return_blocks])
    return ReturnLines(
        customer,
        np.concatenate([block.day for block in return_blocks]),
        np.concatenate([block.money for block in return_blocks]),
        np.concatenate([block.refunded for block in return_blocks]),
        np.concatenate([block.place for block in return_blocks]),
        np.array([0, len(customer)]),
    )


def partition_runs(runs: OrderRuns) -> OrderRuns:
    """Sort runs by partition of customers."""
    partition = _assign_partitions(hash_strings(runs.customer))
    return _sort_by_partition(
        replace(runs, partition_bounds=_partition_bounds(partition)), partition, np.arange(len(runs)), len(runs)
    )


def unify_texts(blocks: Sequence[OrderRuns]) -> list[OrderRuns]:
    """Give the values of all blocks common codes, so that merging slices needs no comparison of texts."""
    names = blocks[0].value_counts if blocks else {}
    unified = {name: _unify_codes([block.value_counts[name] for block in blocks]) for name in names}
    return [
        replace(block, value_counts={name: counts[position] for name, counts in unified.items()})
        for position, block in enumerate(blocks)
    ]


def decode_texts(text_column: TextArray) -> pa.StringArray:
    """Return dictionary-encoded texts as plain strings."""
    decoded = text_column.dictionary_decode() if isinstance(text_column, pa.DictionaryArray) else text_column
    return decoded.cast(pa.string())


def encode_place(file_number: int, chunk_number: int) -> int:
    """Return the place of line 0 of a chunk; places sort by file, chunk and line."""
    return (file_number << 48) | (chunk_number << 28)


def decode_place(place: int) -> tuple[int, int, int]:
    """Return the file, chunk and line numbers of a place."""
    return place >> 48, (place >> 28) & ((1 << 20) - 1), place & ((1 << 28) - 1)


def _assign_partitions(hashes: Uint64Array) -> npt.NDArray[np.uint8]:
    return (hashes >> _PARTITION_SHIFT).astype(np.uint8)


def _partition_bounds(partition: npt.NDArray[np.uint8]) -> RowIndices:
    """Return the position at which each partition of sorted rows begins, followed by the end of the last."""
    return np.concatenate([[0], np.cumsum(np.bincount(partition, minlength=PARTITION_COUNT))])


def _sort_by_partition(
    runs: OrderRuns, partition: npt.NDArray[np.uint8], kept_runs: RowIndices, run_count: int
) -> OrderRuns:
    """Sort runs by partition.

    Args:
        runs: runs whose `value_counts` still number the runs as before some were dropped.
        partition: partition of each run.
        kept_runs: number of each run before others were dropped.
        run_count: number of runs before others were dropped.
    """
    order = np.argsort(partition, kind="stable")  # numpy uses a radix sort for bytes
    rows = pa.array(order)
    new_number = np.zeros(run_count, dtype=np.int32)
    new_number[kept_runs[order]] = np.arange(len(kept_runs), dtype=np.int32)
    partition_of_number = np.zeros(run_count, dtype=np.uint8)
    partition_of_number[kept_runs] = partition
    return replace(
        runs,
        customer=runs.customer.take(rows),
        order=None if runs.order is None else runs.order.take(rows),
        first_day=(days := runs.first_day[order]),
        last_day=days
        if runs.last_day is runs.first_day
        else runs.last_day[order],  # a shared array takes half the memory
        sums={name: column[order] for name, column in runs.sums.items()},
        value_counts={
            name: _renumber_values(counts, new_number, partition_of_number)
            for name, counts in runs.value_counts.items()
        },
    )


def _renumber_values(counts: ValueCounts, new_number: Int32Array, partition: npt.NDArray[np.uint8]) -> ValueCounts:
    order = np.argsort(partition[counts.run], kind="stable")
    return ValueCounts(new_number[counts.run[order]], counts.codes[order], counts.texts, counts.lines[order])


def _count_lines(starts: RowIndices, size: int, is_counted: BoolArray | None) -> Int32Array:
    if is_counted is None or not len(starts):
        return np.diff(np.append(starts, size)).astype(np.int32)
    return np.add.reduceat(is_counted, starts, dtype=np.int32)


def _find_day_ranges(
    day: DayNumbers, starts: RowIndices, is_counted: BoolArray | None
) -> tuple[DayNumbers, DayNumbers]:
    days = day[starts]
    is_start = np.zeros(len(day), dtype=bool)
    is_start[starts] = True
    if bool((is_start[1:] | (day[1:] == day[:-1])).all()):  # the usual case: an order has one day
        return days, days
    if is_counted is None:
        return np.minimum.reduceat(day, starts), np.maximum.reduceat(day, starts)
    first = np.minimum.reduceat(np.where(is_counted, day, MAX_DAY), starts)
    return first, np.maximum.reduceat(np.where(is_counted, day, -MAX_DAY), starts)


def _count_values(text_column: TextArray, starts: RowIndices, size: int, is_counted: BoolArray | None) -> ValueCounts:
    """Count the lines of each value in each run; neighbouring lines with the same value make one entry."""
    is_start = np.zeros(size, dtype=bool)
    is_start[starts] = True
    change_rows, codes, distinct = _encode_changes(text_column, is_start)
    trimmed_values = pc.dictionary_encode(pc.utf8_trim_whitespace(decode_texts(distinct)))
    codes = np.asarray(trimmed_values.indices, dtype=np.int32)[codes]
    run = np.cumsum(is_start[change_rows], dtype=np.int32) - np.int32(1)
    lines = _count_lines(change_rows, size, is_counted)
    is_used = (lines > 0) & (codes != trimmed_values.dictionary.index("").as_py())
    if is_used.all():
        return ValueCounts(run, codes, trimmed_values.dictionary, lines)
    return ValueCounts(run[is_used], codes[is_used], trimmed_values.dictionary, lines[is_used])


def _encode_changes(text_column: TextArray, is_start: BoolArray) -> tuple[RowIndices, Int32Array, pa.Array]:
    """Return the rows that begin a run or differ from the row before, their codes, and the texts of all codes."""
    if not isinstance(text_column, pa.DictionaryArray) and not _changes_often(text_column):
        change_rows = np.flatnonzero(is_start | mark_changes(text_column))
        encoded_column = pc.dictionary_encode(text_column.take(pa.array(change_rows)))
        return change_rows, np.asarray(encoded_column.indices), encoded_column.dictionary
    encoded_column = text_column if isinstance(text_column, pa.DictionaryArray) else pc.dictionary_encode(text_column)
    indices = np.asarray(encoded_column.indices)
    changes = is_start.copy()
    changes[1:] |= indices[1:] != indices[:-1]
    change_rows = np.flatnonzero(changes)
    return change_rows, indices[change_rows], encoded_column.dictionary


def _changes_often(strings: pa.StringArray) -> bool:
    """Return whether most neighbours differ, in which case comparing their codes is faster."""
    return bool(mark_changes(strings.slice(0, SAMPLE_ROWS)).mean() > FREQUENT_CHANGE_SHARE) if len(strings) else False


def _slice_values(counts: ValueCounts, start: int, end: int) -> ValueCounts:
    first, last = np.searchsorted(counts.run, [start, end])
    return ValueCounts(
        counts.run[first:last] - np.int32(start), counts.codes[first:last], counts.texts, counts.lines[first:last]
    )


def _merge_values(value_counts: Sequence[ValueCounts], starts: RowIndices) -> ValueCounts:
    if any(counts.texts is not value_counts[0].texts for counts in value_counts):
        value_counts = _unify_codes(value_counts)
    return ValueCounts(
        run=np.concatenate(
            [counts.run + np.int32(start) for counts, start in zip(value_counts, starts[:-1], strict=True)]
        ),
        codes=np.concatenate([counts.codes for counts in value_counts]),
        texts=value_counts[0].texts,
        lines=np.concatenate([counts.lines for counts in value_counts]),
    )


def _unify_codes(value_counts: Sequence[ValueCounts]) -> list[ValueCounts]:
    """Give the values of all blocks common codes."""
    encoded_texts = pc.dictionary_encode(
        pa.chunked_array([counts.texts for counts in value_counts], pa.string())
    ).combine_chunks()
    texts, codes = encoded_texts.dictionary, np.asarray(encoded_texts.indices, dtype=np.int32)
    ends = np.cumsum([len(counts.texts) for counts in value_counts])[:-1]
    return [
        replace(counts, codes=new_codes[counts.codes], texts=texts)
        for counts, new_codes in zip(value_counts, np.split(codes, ends), strict=True)
    ]
