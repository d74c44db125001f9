"""Order lines, summed up where lines of one purchase stand together: what a reduction is made of, piece by piece."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from segcli.customers.texts import Codes, Words, hashes, mixed
from segcli.ingest.coded import Coded

Units = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """A day as the number of days since 1970, by which runs tell it."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The inverse of `day_number`."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, eq=False)
class Pairs:
    """How many lines of a run have a value: `run` is its number; blanks are no value."""

    run: Codes
    value: Coded
    lines: Codes


@dataclass(frozen=True, eq=False)
class Returned:
    """Lines given back, one by one: whose, on what day (since 1970), their money in units (never above 0), refunds."""

    customer: pa.StringArray
    day: Days
    money: Units
    refunded: Units

    def __len__(self) -> int:
        return len(self.day)

    @classmethod
    def joined(cls, parts: Sequence["Returned"]) -> Self:
        """The returns of several pieces as one."""
        numbers = (np.concatenate([getattr(part, name) for part in parts]) for name in ("day", "money", "refunded"))
        return cls(pa.concat_arrays([part.customer for part in parts]), *numbers)

    def where(self, rows: Mask) -> "Returned":
        """Some of them."""
        return Returned(self.customer.filter(pa.array(rows)), self.day[rows], self.money[rows], self.refunded[rows])


@dataclass(frozen=True, eq=False)
class Runs:
    """Lines bought, one entry per run of lines of one purchase; a purchase may have several runs.

    `customer` are ids; `order` are the texts that name a purchase (a run without one is a purchase by itself, unless
    purchases are days: `by_day`); `marks` are equal for runs of one purchase, and nearly never for others; `first` and
    `last` are days since 1970; `sums` are what lines add up to (`lines`, and where known `money`, `refunded` and
    `items` in whole units, `discounted`); `values` tells of columns of text which values lines had.
    """

    customer: pa.ChunkedArray
    order: pa.ChunkedArray | None
    marks: Words
    first: Days
    last: Days
    sums: Mapping[str, Units]
    values: Mapping[str, Pairs] = field(default_factory=dict)
    by_day: bool = False

    def __len__(self) -> int:
        return len(self.first)


LINES, MONEY, REFUNDED, ITEMS, DISCOUNTED = "lines", "money", "refunded", "items", "discounted"


@dataclass(frozen=True, eq=False)
class Bought:
    """Lines bought, one entry per line, before they are summed up; as `Runs` has them."""

    customer: pa.Array
    order: pa.Array | None
    day: Days
    sums: Mapping[str, Units]
    values: Mapping[str, Coded] = field(default_factory=dict)
    by_day: bool = False


def collapsed(lines: Bought, new: Mask) -> Runs:
    """Sum up lines from each that is `new` (the first is) to the next."""
    at = np.flatnonzero(new)
    places = pa.array(at)
    counts = np.diff(np.append(at, len(new)))
    run = np.repeat(np.arange(len(at), dtype=np.int32), counts)
    customer = decoded(lines.customer.take(places))
    order = None if lines.order is None else decoded(lines.order.take(places))
    first = np.minimum.reduceat(lines.day, at) if len(at) else lines.day
    within = first.astype(np.uint64) if order is None else hashes(order)
    return Runs(
        customer=pa.chunked_array([customer]),
        order=None if order is None else pa.chunked_array([order]),
        marks=mixed(hashes(customer), within),
        first=first,
        last=np.maximum.reduceat(lines.day, at) if len(at) else lines.day,
        sums={LINES: counts, **{name: _summed(values, at) for name, values in lines.sums.items()}},
        values={name: _pairs(run, column) for name, column in lines.values.items()},
        by_day=lines.by_day,
    )


def decoded(texts: pa.Array) -> pa.StringArray:
    """Texts, each spelled out."""
    spelled = texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts
    return spelled.cast(pa.string())


def _summed(values: Units, at: npt.NDArray[np.intp]) -> Units:
    return np.add.reduceat(values, at) if len(at) else values


def _pairs(run: Codes, column: Coded) -> Pairs:
    """Which values the lines of each run have, and how often."""
    size = len(column.texts)
    blank = column.texts.index("").as_py()
    keys = run.astype(np.int64) * size + column.codes
    found, counts = np.unique(keys[column.codes != blank] if blank >= 0 else keys, return_counts=True)
    values = Coded(column.texts, (found % max(size, 1)).astype(np.int32))
    return Pairs((found // max(size, 1)).astype(np.int32), values, counts.astype(np.int32))


def joined(parts: Sequence[Runs]) -> Runs:
    """The runs of several pieces as one, with the values that all of them tell."""
    first = parts[0]
    if len(parts) == 1:
        return first
    starts = np.cumsum([0, *(len(part) for part in parts)])
    return Runs(
        customer=_chained([part.customer for part in parts]),
        order=None if first.order is None else _chained([part.order for part in parts if part.order is not None]),
        marks=np.concatenate([part.marks for part in parts]),
        first=np.concatenate([part.first for part in parts]),
        last=np.concatenate([part.last for part in parts]),
        sums={name: np.concatenate([part.sums[name] for part in parts]) for name in first.sums},
        values={name: _joined([p.values[name] for p in parts], starts) for name in first.values},
        by_day=first.by_day,
    )


def _chained(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], pa.string())


def _joined(parts: Sequence[Pairs], starts: npt.NDArray[np.int64]) -> Pairs:
    """Pairs of several pieces, their texts told by one numbering."""
    texts = pa.chunked_array([part.value.texts for part in parts]).dictionary_encode().combine_chunks()
    codes = np.split(
        np.asarray(texts.indices, dtype=np.int32), np.cumsum([len(part.value.texts) for part in parts])[:-1]
    )
    value = np.concatenate([mapped[part.value.codes] for mapped, part in zip(codes, parts, strict=True)])
    return Pairs(
        run=np.concatenate([part.run + start for part, start in zip(parts, starts[:-1], strict=True)]).astype(np.int32),
        value=Coded(texts.dictionary, value),
        lines=np.concatenate([part.lines for part in parts]),
    )
