"""Totals of one chunk of an order export.

They add up to the totals of the file, in any order and for any division into chunks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from segcli import columns
from segcli.arrays import BoolArray
from segcli.arrow import RowIndices, Uint64Array, combine_hashes, hash_strings, mark_changes, mark_empty
from segcli.config.ingest import IngestSettings
from segcli.customers import order_runs
from segcli.customers.metrics import DESCRIPTIVE_LINE_COLUMNS, list_unused_columns
from segcli.customers.order_runs import (
    LineColumns,
    OrderRuns,
    ReturnLines,
    TextArray,
    Units,
    encode_place,
    group_consecutive,
    sort_returns,
)
from segcli.customers.overlap import hash_lines
from segcli.customers.read_request import ReadRequest
from segcli.ingest import money
from segcli.ingest.chunk_parsing import ChunkSchema, ParsedChunk, parse_chunk
from segcli.ingest.currency import find_currencies
from segcli.ingest.customer_ids import IdChanges
from segcli.ingest.encoding import Mojibake
from segcli.ingest.evidence import PriceEvidence, gather_price_evidence
from segcli.ingest.number_parsing import DecimalEvidence
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_id_reuse import OrderIdSample, sample_order_ids
from segcli.ingest.order_level_amounts import may_hold_order_totals
from segcli.ingest.order_lines import OrderLines
from segcli.ingest.order_status import LineTypes, ValueTotals, total_line_types, total_statuses
from segcli.ingest.outliers import AmountHistogram, DayCounts
from segcli.ingest.policies import reconcile_lines
from segcli.ingest.reconciliation import LineStatus, ReconciliationTotals
from segcli.ingest.rejects import UnreadableMoney, total_unreadable_money

COUNTED_COLUMNS = (columns.PRODUCT, *DESCRIPTIVE_LINE_COLUMNS)
SHORT_RUN_LINES = 8  # up to this length of a run, each line is compared with each other line


@dataclass(frozen=True, eq=False)
class ChunkTotals:
    """Totals of one chunk, to be added to those of its file.

    `runs` and `returns` are the input of the customer aggregation (None once they are stored elsewhere).
    `reconciliation` counts all lines and money. `too_fine` counts the kept lines whose amount is finer than a unit of
    money. `magnitude` is a sum of absolute amounts, an upper bound of every sum of them. `physical_lines` are physical
    lines. `day_counts` counts the usable lines of each day. `largest_line` is the line of the largest amount.
    `normalised_ids` are ids that were normalised, and `id_changes` counts lines by kind of change. `repeated_lines`
    counts lines that repeat another line of their run within the chunk. `alike` and `varied` count runs of several
    lines with equal and with different amounts. `decimal_evidence` is, by column, evidence for decimal marks that the
    first records left open. `unread_dates` counts the texts that no date format of the schema reads, and
    `unreadable_values` counts by column the texts that are not numbers.
    """

    runs: OrderRuns | None
    returns: ReturnLines | None
    reconciliation: ReconciliationTotals
    physical_lines: int
    last_day: int | None
    day_counts: DayCounts
    amounts: AmountHistogram
    largest_line: int
    normalised_ids: frozenset[str]
    id_changes: IdChanges
    currencies: frozenset[str]
    statuses: ValueTotals
    line_types: LineTypes
    price_evidence: PriceEvidence
    order_sample: OrderIdSample
    unreadable_money: UnreadableMoney
    repeated_lines: int
    alike: int
    varied: int
    decimal_evidence: tuple[DecimalEvidence, ...]
    unread_dates: Mapping[str, int]
    unreadable_values: Mapping[str, int]
    mojibake: Mojibake
    too_fine: int = 0
    magnitude: int = 0
    line_hashes: tuple[Uint64Array, Uint64Array] | None = None

    def without_runs(self) -> "ChunkTotals":
        """Return the same totals without runs and returns."""
        return replace(self, runs=None, returns=None)


def aggregate_chunk(body: bytes, schema: ChunkSchema, request: ReadRequest, position: tuple[int, int]) -> ChunkTotals:
    """Read and aggregate complete records of an export.

    This is a pure function: it uses no files, clock or shared state.

    Args:
        body: complete records, without the header.
        schema: format of all chunks of the file.
        request: policies, and the as-of day if given.
        position: the numbers of the file and of the chunk.

    Raises:
        ChunkMismatch: the records contradict the schema.
    """
    chunk = parse_chunk(body, schema, request.settings, request.day_limits)
    return total_chunk(chunk, request, position)


def total_chunk(chunk: ParsedChunk, request: ReadRequest, position: tuple[int, int]) -> ChunkTotals:
    """Aggregate the lines of a chunk into runs, returns, and counts."""
    settings = request.settings
    export, order_lines = chunk.export, chunk.order_lines
    if position[0] in request.overlaps:
        chunk.line_status.exclude_lines(
            request.overlaps[position[0]].mask_chunk(position[1], len(order_lines.money_units)), "in_earlier_file"
        )
    is_kept = chunk.line_status.kept_mask
    starts, order_ids = _find_run_starts(export, order_lines, settings.collapse)
    is_purchase = is_kept & ~order_lines.is_return
    runs = group_consecutive(
        _build_line_columns(chunk, order_ids, is_purchase, settings), starts, None if is_purchase.all() else is_purchase
    )
    returns = _collect_returns(
        export, order_lines, np.flatnonzero(is_kept & order_lines.is_return), encode_place(*position)
    )
    amounts = AmountHistogram.from_units(order_lines.money_units if is_kept.all() else order_lines.money_units[is_kept])
    alike, varied = (
        _count_equal_amounts(order_lines.money_units, starts)
        if may_hold_order_totals(export.mapping, export.source)
        else (0, 0)
    )
    return ChunkTotals(
        runs=runs,
        returns=returns,
        reconciliation=reconcile_lines(export, order_lines, chunk.line_status),
        physical_lines=export.raw_table.physical_lines,
        last_day=int(runs.last_day.max()) if len(runs) else None,
        day_counts=_count_days(export, order_lines, chunk.line_status),
        amounts=amounts,
        largest_line=export.raw_table.line_number(int(np.flatnonzero(is_kept)[amounts.largest_row]))
        if is_kept.any()
        else 0,
        normalised_ids=order_lines.rewritten_ids,
        id_changes=order_lines.id_changes,
        currencies=find_currencies(export, is_kept),
        statuses=total_statuses(export, order_lines.money_units, is_kept),
        line_types=total_line_types(export, order_lines.was_positive, order_lines.money_units, is_kept),
        order_sample=_sample_orders(runs),
        price_evidence=gather_price_evidence(export, order_lines.factors, is_kept, order_lines.scales.money),
        unreadable_money=total_unreadable_money(export, order_lines, chunk.line_status),
        repeated_lines=_count_repeated_lines(chunk, starts, is_partial=request.is_partial),
        alike=alike,
        varied=varied,
        decimal_evidence=chunk.decimal_evidence,
        unread_dates=chunk.unparsed_dates,
        unreadable_values=export.unreadable_counts,
        mojibake=chunk.mojibake,
        too_fine=int((order_lines.is_finer & is_kept).sum()),
        magnitude=_bound_magnitude(order_lines),
        line_hashes=hash_lines(export, order_lines, is_kept) if request.needs_line_hashes else None,
    )


def _sample_orders(runs: OrderRuns) -> OrderIdSample:
    if runs.order is None:
        return OrderIdSample.merge(())
    return sample_order_ids(runs.order, runs.customer, runs.first_day)


def _count_days(export: OrderExport, order_lines: OrderLines, line_status: LineStatus) -> DayCounts:
    """Count usable lines by day, including those that are excluded because of their day."""
    is_usable = line_status.usable_mask
    rows = None if is_usable.all() else np.flatnonzero(is_usable)
    days = order_lines.days if rows is None else order_lines.days[rows]
    if not len(days):
        return DayCounts.create_empty()
    day_numbers = days.view(np.int64)  # integers are searched ten times as fast as dates
    end_rows = [int(day_numbers.argmin()), int(day_numbers.argmax())]
    earliest_line, latest_line = export.raw_table.find_line_numbers(
        end_rows if rows is None else rows[end_rows].tolist()
    )
    return replace(DayCounts.count_days(days), earliest_line=earliest_line, latest_line=latest_line)


def _find_run_starts(
    export: OrderExport, order_lines: OrderLines, collapse: str
) -> tuple[RowIndices, pa.StringArray | None]:
    """Return the rows that begin a run of lines of one order, and the order id of each line."""
    changes = mark_changes(order_lines.ids.take_rows())
    if collapse == "day":
        changes[1:] |= order_lines.days[1:] != order_lines.days[:-1]
        return np.flatnonzero(changes), None
    ids = export.get_order_ids()
    if ids is None:
        return np.arange(len(changes)), None
    order_texts = ids.take_rows()
    changes |= mark_changes(order_texts)
    changes |= mark_empty(order_texts)
    return np.flatnonzero(changes), order_texts


def _build_line_columns(
    chunk: ParsedChunk, order_ids: pa.StringArray | None, is_purchase: BoolArray, settings: IngestSettings
) -> LineColumns:
    export, order_lines = chunk.export, chunk.order_lines
    is_all_purchases = bool(is_purchase.all())
    return LineColumns(
        customer=order_lines.ids.take_rows(),
        order=order_ids,
        day=order_lines.days.astype(np.int32),
        sums={
            name: column if is_all_purchases else np.where(is_purchase, column, 0)
            for name, column in _iterate_sums(export, order_lines, settings.measures)
        },
        values={name: _text_column(export, name) for name in _list_value_columns(export, settings)},
        by_day=settings.collapse == "day",
    )


def _list_value_columns(export: OrderExport, settings: IngestSettings) -> list[str]:
    """Return the text columns whose values measures count; others may be read to compare lines."""
    unused_columns = list_unused_columns(settings.measures) if settings.measures else set()
    return [name for name in COUNTED_COLUMNS if name in export.mapping.columns and name not in unused_columns]


def _iterate_sums(export: OrderExport, order_lines: OrderLines, measures: Sequence[str]) -> Iterator[tuple[str, Units]]:
    if order_lines.has_money:
        yield order_runs.MONEY_SUM, order_lines.money_units
    if export.mapping.has_refunds:
        yield order_runs.REFUNDED_SUM, order_lines.refunded_units
    if order_lines.quantity is not None and (not measures or columns.ITEMS in measures):
        yield order_runs.ITEMS_SUM, money.to_minor_units(order_lines.quantity, order_lines.scales.items)
    if order_lines.margins is not None and (not measures or columns.MARGIN in measures):
        yield order_runs.MARGIN_SUM, order_lines.margins.units
        yield order_runs.UNKNOWN_MARGINS_SUM, order_lines.margins.is_unknown.astype(np.int64)
    if order_lines.discount_mask is not None:
        yield order_runs.DISCOUNTED_SUM, order_lines.discount_mask.astype(np.int64)


def _text_column(export: OrderExport, name: str) -> TextArray:
    """Return a text column row by row, dictionary-encoded only if the export already is."""
    column = export.get_row_column(name)
    if column.has_row_order:
        return column.categories
    return pa.DictionaryArray.from_arrays(pa.array(column.codes), column.categories)


def _collect_returns(
    export: OrderExport, order_lines: OrderLines, row_numbers: npt.NDArray[np.intp], chunk_place: int
) -> ReturnLines:
    line_numbers = export.raw_table.find_line_number_array(row_numbers)
    day = order_lines.days[row_numbers].astype(np.int32)
    return sort_returns(
        order_lines.ids.take_rows(row_numbers),
        day,
        order_lines.money_units[row_numbers],
        order_lines.refunded_units[row_numbers],
        chunk_place + line_numbers,
    )


def _bound_magnitude(order_lines: OrderLines) -> int:
    """Return the larger of the absolute totals of money and of items, at most `money.UNIT_CAPACITY`."""
    money_magnitude = money.total_magnitude(order_lines.money_units, order_lines.refunded_units)
    if order_lines.quantity is None:
        return money_magnitude
    item_magnitude = (
        float(np.abs(np.nan_to_num(np.where(order_lines.is_unreadable, 0.0, order_lines.quantity))).sum())
        * order_lines.scales.items
    )
    return max(money_magnitude, int(min(item_magnitude, money.UNIT_CAPACITY)))


def _count_equal_amounts(units: Units, starts: RowIndices) -> tuple[int, int]:
    """Count the runs of several lines with equal amounts, and those with different amounts."""
    if not len(starts):
        return 0, 0
    has_several_lines = np.diff(starts, append=len(units)) > 1
    has_equal_amounts = np.minimum.reduceat(units, starts) == np.maximum.reduceat(units, starts)
    return int((has_several_lines & has_equal_amounts).sum()), int((has_several_lines & ~has_equal_amounts).sum())


def _count_repeated_lines(chunk: ParsedChunk, starts: RowIndices, *, is_partial: bool) -> int:
    """Count the kept lines that repeat another line of their run; only neighbours if columns were left unread."""
    if chunk.repeated_lines is not None:
        return chunk.repeated_lines
    order_lines, is_kept = chunk.order_lines, chunk.line_status.kept_mask
    if not is_partial:
        return _count_full_repeats(chunk.export, order_lines, starts, is_kept)
    is_repeat = np.ones(len(is_kept), dtype=bool)
    is_repeat[starts] = False
    for column in _comparison_columns(order_lines):
        is_repeat[1:] &= column[1:] == column[:-1]
    return int((is_repeat & is_kept).sum())


def _comparison_columns(order_lines: OrderLines) -> list[Units]:
    """Return the numeric columns that are compared to find repeated lines."""
    return (
        [order_lines.money_units]
        if order_lines.quantity is None
        else [order_lines.money_units, order_lines.quantity.view(np.int64)]
    )


def _count_full_repeats(export: OrderExport, order_lines: OrderLines, starts: RowIndices, is_kept: BoolArray) -> int:
    """Count the kept lines that repeat another line of their run in every column that was read."""
    sizes = np.diff(starts, append=len(is_kept))
    run_codes = np.repeat(np.arange(len(starts), dtype=np.int32), sizes)
    rows = _find_similar_rows(run_codes, sizes, _comparison_columns(order_lines))
    row_hashes = run_codes[rows].astype(np.uint64)
    for texts in export.raw_table.columns.values():
        row_hashes = combine_hashes(row_hashes, hash_strings(texts.take(rows).combine_chunks()))
    _, first_rows = np.unique(row_hashes, return_index=True)
    is_repeat = np.ones(len(rows), dtype=bool)
    is_repeat[first_rows] = False
    return int((is_repeat & is_kept[rows]).sum())


def _find_similar_rows(
    run_codes: npt.NDArray[np.int32], sizes: RowIndices, number_columns: Sequence[Units]
) -> RowIndices:
    """Return the rows that probably equal another row of their run.

    In short runs each row is compared with each other row, whole columns at a time, which is faster than sorting.
    """
    is_alike = np.zeros(len(run_codes), dtype=bool)
    for distance in range(1, min(int(sizes.max(initial=0)), SHORT_RUN_LINES)):
        is_equal = run_codes[distance:] == run_codes[:-distance]
        for column in number_columns:
            is_equal &= column[distance:] == column[:-distance]
        is_alike[distance:] |= is_equal
        is_alike[:-distance] |= is_equal
    long_run_rows = np.flatnonzero(np.repeat(sizes > SHORT_RUN_LINES, sizes))
    hashes = reduce(
        combine_hashes,
        (column[long_run_rows].view(np.uint64) for column in number_columns),
        run_codes[long_run_rows].astype(np.uint64),
    )
    order = np.argsort(hashes)
    repeats = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    is_alike[long_run_rows[order[repeats]]] = is_alike[long_run_rows[order[repeats + 1]]] = True
    return np.flatnonzero(is_alike)
