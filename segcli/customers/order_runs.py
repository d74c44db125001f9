"""Runs: order lines aggregated where the lines of one order stand together. Totals of chunks are made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import Codes, Mask, Places, Words, differ_from_previous, hash_strings

Units = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Texts: TypeAlias = pa.StringArray | pa.DictionaryArray

EPOCH = date(1970, 1, 1)
LINES, MONEY, REFUNDED, ITEMS, DISCOUNTED = "lines", "money", "refunded", "items", "discounted"
PARTITIONS = 64  # of customers, by hash: small enough to finish one at a time, few enough to slice per chunk
_PARTITION_SHIFT = np.uint64(64 - 6)
SAMPLE, HALF = 1000, 0.5  # of the texts of a column, to see how often neighbours differ
LAST_DAY = np.int32(2**31 - 1)


def day_number(day: date) -> int:
    """Return a day as days since 1970-01-01, the unit of run days."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Invert `day_number`."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """How many lines of each run have which value of a text column: one entry per (run, value), sorted by run.

    `codes` index `texts`; blanks are left out. A value may occur in several entries of a run.
    """

    run: Codes
    codes: Codes
    texts: pa.StringArray
    lines: Codes


@dataclass(frozen=True, eq=False)
class ReturnLines:
    """Kept return lines, one entry each, sorted by partition of customers.

    `money` (never above 0) and `refunded` are in units, `day` counts from 1970-01-01, and `place` orders lines by file,
    chunk and line within the chunk (see `encode_place`).
    """

    customer: pa.StringArray
    day: Days
    money: Units
    refunded: Units
    place: Places
    bounds: Places

    def __len__(self) -> int:
        return len(self.day)

    def slice(self, first: int, last: int) -> "ReturnLines":
        """Return the lines of the partitions from `first` to before `last`."""
        start, end = int(self.bounds[first]), int(self.bounds[last])
        rows = slice(start, end)
        return ReturnLines(
            self.customer.slice(start, end - start),
            self.day[rows],
            self.money[rows],
            self.refunded[rows],
            self.place[rows],
            self.bounds[first : last + 1] - start,
        )

    def where(self, rows: Mask) -> "ReturnLines":
        """Return some of the lines, no longer divided into partitions."""
        return ReturnLines(
            self.customer.filter(pa.array(rows)),
            self.day[rows],
            self.money[rows],
            self.refunded[rows],
            self.place[rows],
            np.empty(0, dtype=np.int64),
        )


@dataclass(frozen=True, eq=False)
class OrderRuns:
    """Purchase lines, one entry per run of lines of one order, sorted by partition of customers.

    `customer` are ids; `order` names the order (a blank one is an order by itself); `None` means that each run is an
    order, or that orders are days if `by_day`. `first` and `last` are days since 1970-01-01. `sums` are totals of the
    lines: `lines`, and where known `money`, `refunded` and `items` in units, and `discounted`. `bounds` are the places
    where partitions begin, and the end.
    """

    customer: pa.StringArray
    order: pa.StringArray | None
    first: Days
    last: Days
    sums: Mapping[str, npt.NDArray[Any]]
    bounds: Places
    values: Mapping[str, ValueCounts] = field(default_factory=dict)
    by_day: bool = False

    def __len__(self) -> int:
        return len(self.first)

    @property
    def nbytes(self) -> int:
        """Approximate memory in bytes."""
        arrays: list[npt.NDArray[Any]] = [self.first, self.last, *self.sums.values()]
        pairs = sum(v.run.nbytes + v.codes.nbytes + v.lines.nbytes + v.texts.nbytes for v in self.values.values())
        texts = self.customer.nbytes + (0 if self.order is None else self.order.nbytes)
        return int(sum(array.nbytes for array in arrays) + pairs + texts)

    def slice(self, first: int, last: int) -> "OrderRuns":
        """Return the runs of the partitions from `first` to before `last`."""
        start, end = int(self.bounds[first]), int(self.bounds[last])
        return OrderRuns(
            customer=self.customer.slice(start, end - start),
            order=None if self.order is None else self.order.slice(start, end - start),
            first=self.first[start:end],
            last=self.last[start:end],
            sums={name: column[start:end] for name, column in self.sums.items()},
            bounds=self.bounds[first : last + 1] - start,
            values={name: _slice_values(counts, start, end) for name, counts in self.values.items()},
            by_day=self.by_day,
        )


@dataclass(frozen=True, eq=False)
class LineColumns:
    """Columns of order lines, one entry per line, before they are grouped into runs; fields as in `OrderRuns`."""

    customer: Texts
    order: Texts | None
    day: Days
    sums: Mapping[str, Units]
    values: Mapping[str, Texts] = field(default_factory=dict)
    by_day: bool = False


def group_consecutive(lines: LineColumns, starts: Places, counted: Mask | None = None) -> OrderRuns:
    """Aggregate lines from each start to the next.

    Args:
        lines: of one chunk; `sums` must be 0 where a line is not counted.
        starts: the rows that begin a run, ascending; the first is 0.
        counted: the lines that count (default: all); runs without one are dropped.
    """
    size = len(lines.day)
    sums: dict[str, npt.NDArray[Any]] = {LINES: _count_lines(starts, size, counted)}
    sums |= {name: np.add.reduceat(column, starts) if len(starts) else column for name, column in lines.sums.items()}
    first, last = _first_and_last_day(lines.day, starts, counted)
    values = {name: _count_values(texts, starts, size, counted) for name, texts in lines.values.items()}
    kept = np.arange(len(starts)) if counted is None else np.flatnonzero(sums[LINES])
    rows = pa.array(starts[kept])
    customer = decode(lines.customer.take(rows))
    partition = _partitions(hash_strings(customer))
    runs = OrderRuns(
        customer=customer,
        order=None if lines.order is None else decode(lines.order.take(rows)),
        first=(days := first[kept]),
        last=days if last is first else last[kept],
        sums={name: column[kept] for name, column in sums.items()},
        bounds=_bounds(partition),
        values=values,
        by_day=lines.by_day,
    )
    return _reorder(runs, partition, kept, len(starts))


def sort_returns(customer: pa.StringArray, day: Days, money: Units, refunded: Units, place: Places) -> ReturnLines:
    """Sort return lines by partition of customers."""
    partition = _partitions(hash_strings(customer))
    order = np.argsort(partition, kind="stable")
    return ReturnLines(
        customer.take(pa.array(order)), day[order], money[order], refunded[order], place[order], _bounds(partition)
    )


def merge_runs(parts: Sequence[OrderRuns]) -> OrderRuns:
    """Chain runs; the result is not divided into partitions.

    Raises:
        IndexError: there are no parts.
    """
    first = parts[0]
    starts = np.cumsum([0, *(len(part) for part in parts)])
    orders = [part.order for part in parts if part.order is not None]
    return OrderRuns(
        customer=pa.concat_arrays([part.customer for part in parts]),
        order=pa.concat_arrays(orders) if orders else None,
        first=np.concatenate([part.first for part in parts]),
        last=np.concatenate([part.last for part in parts]),
        sums={name: np.concatenate([part.sums[name] for part in parts], dtype=np.int64) for name in first.sums},
        bounds=np.array([0, starts[-1]]),
        values={name: _merge_values([part.values[name] for part in parts], starts) for name in first.values},
        by_day=first.by_day,
    )


def merge_returns(parts: Sequence[ReturnLines]) -> ReturnLines:
    """Chain return lines; the result is not divided into partitions."""
    customer = pa.concat_arrays([part.customer for part in parts])
    return ReturnLines(
        customer,
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.money for part in parts]),
        np.concatenate([part.refunded for part in parts]),
        np.concatenate([part.place for part in parts]),
        np.array([0, len(customer)]),
    )


def divide(runs: OrderRuns) -> OrderRuns:
    """Sort runs by partition of customers."""
    partition = _partitions(hash_strings(runs.customer))
    return _reorder(replace(runs, bounds=_bounds(partition)), partition, np.arange(len(runs)), len(runs))


def share_texts(blocks: Sequence[OrderRuns]) -> list[OrderRuns]:
    """Number the values of all blocks alike, so that merging slices of them needs no comparison of texts."""
    names = blocks[0].values if blocks else {}
    shared = {name: _unify([block.values[name] for block in blocks]) for name in names}
    return [
        replace(block, values={name: counts[place] for name, counts in shared.items()})
        for place, block in enumerate(blocks)
    ]


def decode(texts: Texts) -> pa.StringArray:
    """Return dictionary-encoded texts as plain strings."""
    plain = texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts
    return plain.cast(pa.string())


def encode_place(file: int, chunk: int) -> int:
    """Return the place of line 0 of a chunk; places of lines sort by file, chunk and line."""
    return (file << 48) | (chunk << 28)


def decode_place(place: int) -> tuple[int, int, int]:
    """Return file, chunk and line of a place."""
    return place >> 48, (place >> 28) & ((1 << 20) - 1), place & ((1 << 28) - 1)


def _partitions(hashes: Words) -> npt.NDArray[np.uint8]:
    return (hashes >> _PARTITION_SHIFT).astype(np.uint8)


def _bounds(partition: npt.NDArray[np.uint8]) -> Places:
    """Return where each partition begins once rows are sorted by partition, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(partition, minlength=PARTITIONS))])


def _reorder(runs: OrderRuns, partition: npt.NDArray[np.uint8], kept: Places, numbered: int) -> OrderRuns:
    """Sort runs by partition.

    Args:
        runs: of which `values` number the runs before some were dropped.
        partition: of each run.
        kept: the number of each run before others were dropped.
        numbered: how many runs there were then.
    """
    order = np.argsort(partition, kind="stable")  # a radix sort, as numpy does for bytes
    rows = pa.array(order)
    new_number = np.zeros(numbered, dtype=np.int32)
    new_number[kept[order]] = np.arange(len(kept), dtype=np.int32)
    partition_of_number = np.zeros(numbered, dtype=np.uint8)
    partition_of_number[kept] = partition
    return replace(
        runs,
        customer=runs.customer.take(rows),
        order=None if runs.order is None else runs.order.take(rows),
        first=(days := runs.first[order]),
        last=days if runs.last is runs.first else runs.last[order],  # an array that both share takes half the memory
        sums={name: column[order] for name, column in runs.sums.items()},
        values={name: _renumber(counts, new_number, partition_of_number) for name, counts in runs.values.items()},
    )


def _renumber(counts: ValueCounts, new_number: Codes, partition: npt.NDArray[np.uint8]) -> ValueCounts:
    order = np.argsort(partition[counts.run], kind="stable")
    return ValueCounts(new_number[counts.run[order]], counts.codes[order], counts.texts, counts.lines[order])


def _count_lines(starts: Places, size: int, counted: Mask | None) -> Codes:
    if counted is None or not len(starts):
        return np.diff(np.append(starts, size)).astype(np.int32)
    return np.add.reduceat(counted, starts, dtype=np.int32)


def _first_and_last_day(day: Days, starts: Places, counted: Mask | None) -> tuple[Days, Days]:
    days = day[starts]
    is_start = np.zeros(len(day), dtype=bool)
    is_start[starts] = True
    if bool((is_start[1:] | (day[1:] == day[:-1])).all()):  # as nearly always: an order has one day
        return days, days
    if counted is None:
        return np.minimum.reduceat(day, starts), np.maximum.reduceat(day, starts)
    first = np.minimum.reduceat(np.where(counted, day, LAST_DAY), starts)
    return first, np.maximum.reduceat(np.where(counted, day, -LAST_DAY), starts)


def _count_values(texts: Texts, starts: Places, size: int, counted: Mask | None) -> ValueCounts:
    """Count the values of each run; neighbouring lines with the same value make one entry."""
    is_start = np.zeros(size, dtype=bool)
    is_start[starts] = True
    at, codes, distinct = _encode_changes(texts, is_start)
    trimmed = pc.dictionary_encode(pc.utf8_trim_whitespace(decode(distinct)))
    codes = np.asarray(trimmed.indices, dtype=np.int32)[codes]
    run = np.cumsum(is_start[at], dtype=np.int32) - np.int32(1)
    lines = _count_lines(at, size, counted)
    used = (lines > 0) & (codes != trimmed.dictionary.index("").as_py())
    if used.all():
        return ValueCounts(run, codes, trimmed.dictionary, lines)
    return ValueCounts(run[used], codes[used], trimmed.dictionary, lines[used])


def _encode_changes(texts: Texts, is_start: Mask) -> tuple[Places, Codes, pa.Array]:
    """Return the rows that begin a run or differ from the row before, their codes, and the texts of all codes."""
    if not isinstance(texts, pa.DictionaryArray) and not _changes_often(texts):
        at = np.flatnonzero(is_start | differ_from_previous(texts))
        encoded = pc.dictionary_encode(texts.take(pa.array(at)))
        return at, np.asarray(encoded.indices), encoded.dictionary
    encoded = texts if isinstance(texts, pa.DictionaryArray) else pc.dictionary_encode(texts)
    indices = np.asarray(encoded.indices)
    changes = is_start.copy()
    changes[1:] |= indices[1:] != indices[:-1]
    at = np.flatnonzero(changes)
    return at, indices[at], encoded.dictionary


def _changes_often(texts: pa.StringArray) -> bool:
    """Tell whether most neighbours differ; then it is quicker to compare their codes."""
    return bool(differ_from_previous(texts.slice(0, SAMPLE)).mean() > HALF) if len(texts) else False


def _slice_values(counts: ValueCounts, start: int, end: int) -> ValueCounts:
    first, last = np.searchsorted(counts.run, [start, end])
    return ValueCounts(
        counts.run[first:last] - np.int32(start), counts.codes[first:last], counts.texts, counts.lines[first:last]
    )


def _merge_values(parts: Sequence[ValueCounts], starts: Places) -> ValueCounts:
    if any(part.texts is not parts[0].texts for part in parts):
        parts = _unify(parts)
    return ValueCounts(
        run=np.concatenate([part.run + np.int32(start) for part, start in zip(parts, starts[:-1], strict=True)]),
        codes=np.concatenate([part.codes for part in parts]),
        texts=parts[0].texts,
        lines=np.concatenate([part.lines for part in parts]),
    )


def _unify(parts: Sequence[ValueCounts]) -> list[ValueCounts]:
    """Number the values of all parts alike."""
    encoded = pc.dictionary_encode(pa.chunked_array([part.texts for part in parts], pa.string())).combine_chunks()
    texts, codes = encoded.dictionary, np.asarray(encoded.indices, dtype=np.int32)
    ends = np.cumsum([len(part.texts) for part in parts])[:-1]
    return [
        replace(part, codes=new_codes[part.codes], texts=texts)
        for part, new_codes in zip(parts, np.split(codes, ends), strict=True)
    ]
