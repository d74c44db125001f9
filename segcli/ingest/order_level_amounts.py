"""Handle order-level fields, which are on the first line of an order or on each line, and count once per order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.arrays import BoolArray
from segcli.config.ingest import Source
from segcli.ingest import evidence
from segcli.ingest.column_matching import ColumnMapping
from segcli.ingest.notes import Note, format_set_option
from segcli.ingest.order_export import OrderExport
from segcli.ingest.text_columns import EncodedColumn

_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OrderLevelExport:
    """Export with order fields on all lines of an order, and a mask of the lines whose money is on another line."""

    export: OrderExport
    is_repeated_total: BoolArray
    notes: tuple[Note, ...] = ()


def spread_order_fields(export: OrderExport) -> OrderLevelExport:
    """Copy order fields to all lines of the order, and count the order's money on one line.

    A line continues an order if it has the order's id, no amount of its own, and no field that contradicts the line
    with the amount (the nearest above, else the next below). Lines that repeat an order's amount with all its other
    fields belong to the same order.
    """
    texts = export.get_order_ids()
    no_lines = np.zeros(export.raw_table.rows, dtype=bool)
    if texts is None or export.raw_table.rows == 0 or columns.AMOUNT not in export.mapping.columns:
        return OrderLevelExport(export, no_lines)
    orders = _encode_trimmed(texts)
    notes: tuple[Note, ...] = ()
    if export.source.amount_per is None:
        order_evidence = evidence.gather_order_evidence(export, orders.codes, ~orders.is_blank)
        name = export.mapping.columns[columns.AMOUNT]
        meaning = order_evidence.infer_meaning(name)
        blank_amounts = _count_blank_amounts(export, orders)
        if blank_amounts.is_proof:
            meaning = "order"
            notes = (evidence.blank_amount_note(blank_amounts.lines, name),)
        else:
            notes = (*blank_amounts.blank_amount_notes, *evidence.order_total_notes(order_evidence, name, meaning))
        if meaning == "order":
            export = replace(export, source=export.source.model_copy(update={"amount_per": "order"}))
    if export.source.amount_per != "order":
        return OrderLevelExport(export, no_lines, notes)
    fields = _order_level_fields(export)
    source_lines = _find_source_lines(orders, fields, export.mapping.columns[columns.AMOUNT])
    filled_codes = {name: codes.codes[source_lines] for name, codes in fields.items()}
    is_duplicate = pd.DataFrame({"order": orders.codes, **filled_codes}).duplicated().to_numpy()
    is_repeated_total = is_duplicate & ~orders.is_blank
    filled_columns = export.raw_table.columns | {
        name: export.raw_table.columns[name].take(pa.array(source_lines)) for name in fields
    }
    spread_export = replace(export, raw_table=replace(export.raw_table, columns=filled_columns))
    return OrderLevelExport(
        spread_export, is_repeated_total, (*notes, *_note_repeated_totals(int(is_repeated_total.sum())))
    )


@dataclass(frozen=True)
class _ColumnCodes:
    """Column as integer codes, equal for equal stripped texts, with a mask of blanks."""

    codes: _Codes
    is_blank: BoolArray


def _encode_trimmed(encoded_column: EncodedColumn) -> _ColumnCodes:
    stripped_column = encoded_column.without_outer_blanks
    return _ColumnCodes(
        stripped_column.codes.astype(np.int64), stripped_column.row_mask(lambda texts: pc.equal(texts, ""))
    )


def _order_level_fields(export: OrderExport) -> dict[str, _ColumnCodes]:
    """Return the order-level columns of the file, encoded, by name."""
    mapped_columns = [
        export.mapping.columns[standard] for standard in columns.ORDER_FIELDS if standard in export.mapping.columns
    ]
    names = dict.fromkeys([*mapped_columns, *(export.source.void or ()), *export.source.fallback_ids])
    encoded_columns = {name: export.raw_table.encode_column(name) for name in names}
    customer_column = export.mapping.columns.get(columns.CUSTOMER_ID)
    if customer_column in encoded_columns:  # an order has one customer, however its lines spell the address
        encoded_columns[customer_column] = encoded_columns[customer_column].map_texts(pc.utf8_lower)
    return {name: _encode_trimmed(column) for name, column in encoded_columns.items()}


def _find_source_lines(order_column: _ColumnCodes, fields: dict[str, _ColumnCodes], amount: str) -> _Codes:
    """Return for each line the line that holds its order fields: itself, or the line that it continues."""
    lines = np.arange(len(order_column.codes))
    is_head = ~fields[amount].is_blank & ~order_column.is_blank
    heads_by_order = pd.Series(np.where(is_head, lines, np.nan)).groupby(order_column.codes)
    head_line = heads_by_order.ffill().fillna(heads_by_order.bfill()).fillna(-1).to_numpy(dtype=np.int64)
    continues = ~is_head & ~order_column.is_blank & (head_line >= 0)
    for field in fields.values():
        continues &= field.is_blank | (field.codes == field.codes[head_line])
    return np.where(continues, head_line, lines)


def _note_repeated_totals(line_count: int) -> Iterator[Note]:
    if line_count:
        yield Note(f"lines without an own amount, because the order total counts once: {line_count:,}")


def may_hold_order_totals(mapping: ColumnMapping, source: Source) -> bool:
    """Return whether amounts may be order totals, and the user has not declared their meaning."""
    return not source.amount_per and {columns.ORDER_ID, columns.AMOUNT} <= set(mapping.columns)


@dataclass(frozen=True)
class _BlankAmounts:
    """Number of lines with a blank amount in orders with an amount on another line, and the number of such orders.

    `has_single_amounts` is true if each multi-line order has exactly one amount.
    """

    lines: int
    orders: int
    has_single_amounts: bool

    @property
    def is_proof(self) -> bool:
        """Whether the amounts must be order totals."""
        return self.has_single_amounts and self.orders >= evidence.MIN_PROOF_ORDERS

    @property
    def blank_amount_notes(self) -> Iterator[Note]:
        """Note on blank amounts, for data that does not prove their meaning."""
        if self.lines:
            yield Note(
                f"lines without an amount in orders with an amount on another line: {self.lines:,}; "
                f"hint: if that is the order total, use {format_set_option(evidence.AMOUNT_PER_SETTING, 'order')}"
            )


def _count_blank_amounts(export: OrderExport, order_column: _ColumnCodes) -> _BlankAmounts:
    """Count the blank amounts in orders; beside unit prices, only if these lines have no customer either."""
    amounts = _encode_trimmed(export.raw_table.encode_column(export.mapping.columns[columns.AMOUNT]))
    if columns.UNIT_PRICE in export.mapping.columns:
        customers = _encode_trimmed(export.get_row_column(columns.CUSTOMER_ID))
        if not customers.is_blank[amounts.is_blank & ~order_column.is_blank].all():
            return _BlankAmounts(0, 0, has_single_amounts=False)
    size = int(order_column.codes.max()) + 1
    filled_counts = np.bincount(order_column.codes[~amounts.is_blank & ~order_column.is_blank], minlength=size)
    blank_counts = np.bincount(order_column.codes[amounts.is_blank & ~order_column.is_blank], minlength=size)
    is_affected = (filled_counts > 0) & (blank_counts > 0)
    is_several = filled_counts + blank_counts > 1
    has_single_amounts = bool(is_affected.any() and (filled_counts[is_several] == 1).all())
    return _BlankAmounts(
        int(blank_counts[is_affected].sum()), int(is_affected.sum()), has_single_amounts=has_single_amounts
    )
