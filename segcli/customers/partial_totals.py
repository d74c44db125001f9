"""Totals of one chunk of an order export. Totals of chunks add up to those of the file, in any order and division."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from segcli import columns
from segcli.arrow import Mask, Places, Words, differ_from_previous, hash_strings, is_empty, mix_hash
from segcli.config.ingest import IngestSettings
from segcli.customers import order_runs
from segcli.customers.measures import DESCRIBED, unwanted
from segcli.customers.order_runs import (
    LineColumns,
    OrderRuns,
    ReturnLines,
    Texts,
    Units,
    encode_place,
    group_consecutive,
    sort_returns,
)
from segcli.customers.overlap import hash_lines
from segcli.customers.read_request import ReadRequest
from segcli.ingest import money
from segcli.ingest.account import Account
from segcli.ingest.chunk_schema import ChunkSchema
from segcli.ingest.chunked import ParsedChunk, parse_chunk
from segcli.ingest.currency import present
from segcli.ingest.customer_ids import IdChanges
from segcli.ingest.date_outliers import DayCounts
from segcli.ingest.encoding import Twice
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.line_types import LineTypes, total_types
from segcli.ingest.lines import Lines
from segcli.ingest.numbers import Marks
from segcli.ingest.order_keys import OrderSample, sample_orders
from segcli.ingest.outliers import Amounts
from segcli.ingest.per_order import may_repeat_orders
from segcli.ingest.price_evidence import PriceEvidence, gather_price_evidence
from segcli.ingest.statuses import total_statuses
from segcli.ingest.transactions import accounted
from segcli.ingest.unreadable import UnreadableMoney, total_unreadable
from segcli.ingest.value_totals import ValueTotals

VALUES = (columns.PRODUCT, *DESCRIBED)
SHORT_RUN = 8  # lines of a run of which each is compared with each


@dataclass(frozen=True, eq=False)
class ChunkTotals:
    """What one chunk adds to the totals of its file.

    `runs` and `returns` are what customers are aggregated from (None once they are stored elsewhere). `account`
    counts all lines and money, `finer` the kept lines whose amount is finer than a unit of money, and `magnitude` is
    a sum of amounts without signs, which no sum of them exceeds; `lines` are physical lines; `days` counts the usable
    lines of each day. `largest_line` is the line of the largest amount. `rewritten` are ids that were normalised,
    `id_changes` counts lines by what was changed in them. `repeated` counts lines that repeat another of their run,
    in the chunk; `alike` and `varied` count runs of several lines with equal and with different amounts. `marks` are
    decimal marks by column that the head left open, `unread_dates` counts the texts that the schema's date formats do
    not read, and `unreadable` the texts that are no numbers, by column.
    """

    runs: OrderRuns | None
    returns: ReturnLines | None
    account: Account
    lines: int
    last_day: int | None
    days: DayCounts
    amounts: Amounts
    largest_line: int
    rewritten: frozenset[str]
    id_changes: IdChanges
    currencies: frozenset[str]
    statuses: ValueTotals
    types: LineTypes
    prices: PriceEvidence
    order_sample: OrderSample
    unreadable_money: UnreadableMoney
    repeated: int
    alike: int
    varied: int
    marks: tuple[Marks, ...]
    unread_dates: Mapping[str, int]
    unreadable: Mapping[str, int]
    twice: Twice
    finer: int = 0
    magnitude: int = 0
    line_hashes: tuple[Words, Words] | None = None

    def without_runs(self) -> "ChunkTotals":
        """Return the same totals without what is kept by customer."""
        return replace(self, runs=None, returns=None)


def aggregate_chunk(body: bytes, schema: ChunkSchema, request: ReadRequest, position: tuple[int, int]) -> ChunkTotals:
    """Read and aggregate whole records of an export. A pure function: no files, no clock, no shared state.

    Args:
        body: whole records, without the header.
        schema: how all chunks of the file are written.
        request: policies, and the as-of day if given.
        position: the numbers of the file and of the chunk.

    Raises:
        ChunkMismatch: the records are not as the schema says.
    """
    chunk = parse_chunk(body, schema, request.settings, request.day_limits)
    return total_chunk(chunk, request, position)


def total_chunk(chunk: ParsedChunk, request: ReadRequest, position: tuple[int, int]) -> ChunkTotals:
    """Aggregate the lines of a chunk into runs, returns, and counts."""
    settings = request.settings
    export, lines = chunk.export, chunk.lines
    if position[0] in request.overlaps:
        chunk.fates.mark(request.overlaps[position[0]].of_chunk(position[1], len(lines.money)), "in_earlier_file")
    kept = chunk.fates.kept
    starts, order = _run_starts(export, lines, settings.collapse)
    bought = kept & ~lines.returned
    runs = group_consecutive(_line_columns(chunk, order, bought, settings), starts, None if bought.all() else bought)
    returns = _returns(export, lines, np.flatnonzero(kept & lines.returned), encode_place(*position))
    amounts = Amounts.of(lines.money if kept.all() else lines.money[kept])
    alike, varied = (
        _count_alike(lines.money, starts) if may_repeat_orders(export.recognition, export.source) else (0, 0)
    )
    return ChunkTotals(
        runs=runs,
        returns=returns,
        account=accounted(export, lines, chunk.fates),
        lines=export.cells.physical_lines,
        last_day=int(runs.last.max()) if len(runs) else None,
        days=_count_days(export, lines, chunk.fates),
        amounts=amounts,
        largest_line=export.cells.line(int(np.flatnonzero(kept)[amounts.row])) if kept.any() else 0,
        rewritten=lines.rewritten,
        id_changes=lines.id_changes,
        currencies=present(export, kept),
        statuses=total_statuses(export, lines.money, kept),
        types=total_types(export, lines.was_positive, lines.money, kept),
        order_sample=_sample_orders(runs),
        prices=gather_price_evidence(export, lines.factors, kept, lines.scales.money),
        unreadable_money=total_unreadable(export, lines, chunk.fates),
        repeated=_repeated(chunk, starts, is_partial=request.is_partial),
        alike=alike,
        varied=varied,
        marks=chunk.marks,
        unread_dates=chunk.unread_dates,
        unreadable=export.unreadable,
        twice=chunk.twice,
        finer=int((lines.finer & kept).sum()),
        magnitude=_magnitude(lines),
        line_hashes=hash_lines(export, lines, kept) if request.hashes_lines else None,
    )


def _sample_orders(runs: OrderRuns) -> OrderSample:
    if runs.order is None:
        return OrderSample.merge(())
    return sample_orders(runs.order, runs.customer, runs.first)


def _count_days(export: Export, lines: Lines, fates: Fates) -> DayCounts:
    """Count lines by day, also those that are left out because of it."""
    usable = fates.usable
    rows = None if usable.all() else np.flatnonzero(usable)
    days = lines.days if rows is None else lines.days[rows]
    if not len(days):
        return DayCounts.none()
    numbers = days.view(np.int64)  # which are searched ten times as fast
    ends = [int(numbers.argmin()), int(numbers.argmax())]
    earliest, latest = export.cells.lines(ends if rows is None else rows[ends].tolist())
    return replace(DayCounts.of(days), earliest_line=earliest, latest_line=latest)


def _run_starts(export: Export, lines: Lines, collapse: str) -> tuple[Places, pa.StringArray | None]:
    """Return the rows that begin a run of lines of one order, and the name of each line's order."""
    changes = differ_from_previous(lines.ids.at_rows())
    if collapse == "day":
        changes[1:] |= lines.days[1:] != lines.days[:-1]
        return np.flatnonzero(changes), None
    ids = export.order_ids()
    if ids is None:
        return np.arange(len(changes)), None
    order = ids.at_rows()
    changes |= differ_from_previous(order)
    changes |= is_empty(order)
    return np.flatnonzero(changes), order


def _line_columns(
    chunk: ParsedChunk, order: pa.StringArray | None, bought: Mask, settings: IngestSettings
) -> LineColumns:
    export, lines = chunk.export, chunk.lines
    everything = bool(bought.all())
    return LineColumns(
        customer=lines.ids.at_rows(),
        order=order,
        day=lines.days.astype(np.int32),
        sums={
            name: column if everything else np.where(bought, column, 0)
            for name, column in _sums(export, lines, settings.measures)
        },
        values={name: _texts(export, name) for name in _value_columns(export, settings)},
        by_day=settings.collapse == "day",
    )


def _value_columns(export: Export, settings: IngestSettings) -> list[str]:
    """Name the text columns of which measures count values; others may be read to compare lines."""
    unused = unwanted(settings.measures) if settings.measures else set()
    return [name for name in VALUES if name in export.recognition.columns and name not in unused]


def _sums(export: Export, lines: Lines, measures: Sequence[str]) -> Iterator[tuple[str, Units]]:
    if lines.has_money:
        yield order_runs.MONEY, lines.money
    if columns.REFUNDED in export.recognition.columns:
        yield order_runs.REFUNDED, lines.refunded
    if lines.quantity is not None and (not measures or columns.ITEMS in measures):
        yield order_runs.ITEMS, money.units(lines.quantity, lines.scales.items)
    if lines.discounted is not None:
        yield order_runs.DISCOUNTED, lines.discounted.astype(np.int64)


def _texts(export: Export, name: str) -> Texts:
    """Return a text column row by row, dictionary-encoded only if that is done already."""
    column = export.rows(name)
    if column.is_by_row:
        return column.texts
    return pa.DictionaryArray.from_arrays(pa.array(column.codes), column.texts)


def _returns(export: Export, lines: Lines, rows: npt.NDArray[np.intp], place: int) -> ReturnLines:
    physical = export.cells.line_numbers(rows)
    day = lines.days[rows].astype(np.int32)
    return sort_returns(lines.ids.at_rows(rows), day, lines.money[rows], lines.refunded[rows], place + physical)


def _magnitude(lines: Lines) -> int:
    """Return the larger of all money and all items without signs; `money.CAPACITY` stands for all that is more."""
    gained = money.magnitude(lines.money, lines.refunded)
    if lines.quantity is None:
        return gained
    items = float(np.abs(np.nan_to_num(np.where(lines.unreadable, 0.0, lines.quantity))).sum()) * lines.scales.items
    return max(gained, int(min(items, money.CAPACITY)))


def _count_alike(units: Units, starts: Places) -> tuple[int, int]:
    """Count the runs of several lines with equal amounts, and with different ones."""
    if not len(starts):
        return 0, 0
    several = np.diff(starts, append=len(units)) > 1
    equal = np.minimum.reduceat(units, starts) == np.maximum.reduceat(units, starts)
    return int((several & equal).sum()), int((several & ~equal).sum())


def _repeated(chunk: ParsedChunk, starts: Places, *, is_partial: bool) -> int:
    """Count the kept lines that repeat another of their run; neighbours only where not all columns were read."""
    if chunk.repeated is not None:
        return chunk.repeated
    lines, kept = chunk.lines, chunk.fates.kept
    if not is_partial:
        return _count_repeated(chunk.export, lines, starts, kept)
    same = np.ones(len(kept), dtype=bool)
    same[starts] = False
    for column in _columns_to_compare(lines):
        same[1:] &= column[1:] == column[:-1]
    return int((same & kept).sum())


def _columns_to_compare(lines: Lines) -> list[Units]:
    """Return the columns of numbers in which repeated lines are equal."""
    return [lines.money] if lines.quantity is None else [lines.money, lines.quantity.view(np.int64)]


def _count_repeated(export: Export, lines: Lines, starts: Places, kept: Mask) -> int:
    """Count the kept lines that repeat another of their run in every column that was read."""
    sizes = np.diff(starts, append=len(kept))
    run = np.repeat(np.arange(len(starts), dtype=np.int32), sizes)
    rows = _rows_alike(run, sizes, _columns_to_compare(lines))
    if not len(rows):
        return 0
    marks = run[rows].astype(np.uint64)
    for texts in export.cells.columns.values():
        marks = mix_hash(marks, hash_strings(texts.take(rows).combine_chunks()))
    _, first = np.unique(marks, return_index=True)
    is_repeat = np.ones(len(rows), dtype=bool)
    is_repeat[first] = False
    return int((is_repeat & kept[rows]).sum())


def _rows_alike(run: npt.NDArray[np.int32], sizes: Places, values: Sequence[Units]) -> Places:
    """Return the rows of which another row of the run probably has the same values.

    In short runs each row is compared with each, whole columns at a time, which beats sorting them.
    """
    is_alike = np.zeros(len(run), dtype=bool)
    for distance in range(1, min(int(sizes.max(initial=0)), SHORT_RUN)):
        same = run[distance:] == run[:-distance]
        for column in values:
            same &= column[distance:] == column[:-distance]
        is_alike[distance:] |= same
        is_alike[:-distance] |= same
    long = np.flatnonzero(np.repeat(sizes > SHORT_RUN, sizes))
    if len(long):
        hashes = reduce(mix_hash, (column[long].view(np.uint64) for column in values), run[long].astype(np.uint64))
        order = np.argsort(hashes)
        repeats = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
        is_alike[long[order[repeats]]] = is_alike[long[order[repeats + 1]]] = True
    return np.flatnonzero(is_alike)
