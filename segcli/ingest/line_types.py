"""Columns that say what a line is: a sale, or a refund whose amount is written without a minus."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segcli.ingest.export import OrderExport
from segcli.ingest.languages import word_list
from segcli.ingest.notes import Note, format_set_option, format_value_totals
from segcli.ingest.recognise import normalise_name
from segcli.ingest.status_columns import is_ambiguous_return, is_return_type, is_sale_type
from segcli.ingest.value_totals import ValueTotals

RETURNED_SETTING = "ingest.transactions.returned"
_LineMask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LineTypes:
    """Lines and money of refunds that only a column names, and of values whose meaning is unclear."""

    returns: ValueTotals = field(default_factory=ValueTotals)
    unclear: ValueTotals = field(default_factory=ValueTotals)

    def __add__(self, other: "LineTypes") -> "LineTypes":
        return LineTypes(self.returns + other.returns, self.unclear + other.unclear)


def find_return_lines(export: OrderExport) -> _LineMask:
    """Mark the lines that a column calls a refund, return or credit note."""
    mask = np.zeros(export.raw_table.rows, dtype=bool)
    for name in _type_columns(export):
        column = export.raw_table.encode_column(name).without_outer_blanks
        mask |= _return_value_mask(export, name, column.categories.to_pylist())[column.codes]
    return mask


def total_line_types(
    export: OrderExport, was_positive: _LineMask, units: npt.NDArray[np.int64], kept_mask: _LineMask
) -> LineTypes:
    """Total the kept lines that became returns by what a column says, and values whose meaning is unclear.

    Args:
        export: whose columns say it.
        was_positive: lines whose amount was written without a minus.
        units: money of each line.
        kept_mask: lines that count.
    """
    totals = LineTypes()
    for name in _type_columns(export):
        column = export.raw_table.encode_column(name).without_outer_blanks
        texts = column.categories.to_pylist()
        means_return = _return_value_mask(export, name, texts)
        totals.returns.add_column(
            name, texts, column.codes, -units, kept_mask & was_positive & means_return[column.codes]
        )
        if _are_debit_or_credit(texts) and name not in (export.source.returned or {}):
            is_filled = np.array([bool(text) for text in texts], dtype=bool)[column.codes]
            totals.unclear.add_column(name, texts, column.codes, units, kept_mask & is_filled)
    return totals


def line_type_notes(line_types: LineTypes, scale: int) -> Iterator[Note]:
    """Yield a note on lines that became returns by what a column says, and on values that are unclear."""
    for name, entries in line_types.returns.iterate_columns():
        money = sum(units for _, _, units in entries) / scale
        yield Note(
            f"column '{name}' says {format_value_totals(entries, scale)}: read as returns; "
            f"{format_set_option(RETURNED_SETTING, {name: []})} counts them as sales",
            money,
        )
    for name, entries in line_types.unclear.iterate_columns():
        rarest_value = min(entries, key=lambda entry: entry[1])[0]
        yield Note(
            f"column '{name}' says {format_value_totals(entries, scale)}: "
            "which of them are refunds is unclear, and all count as sales; "
            f"{format_set_option(RETURNED_SETTING, {name: [rarest_value]})} "
            f"reads '{rarest_value}' as returns",
            sum(units for _, _, units in entries) / scale,
        )


def _type_columns(export: OrderExport) -> list[str]:
    """Name the columns that may say it: declared ones, and those with a known name or known values."""
    names = dict.fromkeys([*(export.source.returned or ()), *export.status.types])
    return [name for name in names if name in export.raw_table.columns]


def _return_value_mask(export: OrderExport, name: str, cell_values: Sequence[str]) -> _LineMask:
    declared_values: Mapping[str, Sequence[str]] = export.source.returned or {}
    if name not in declared_values:
        has_sales = any(is_sale_type(text) for text in cell_values)
        return np.array(
            [is_return_type(text) and (has_sales or not is_ambiguous_return(text)) for text in cell_values], dtype=bool
        )
    return_values = {value.strip().casefold() for value in declared_values[name]}
    return np.array([text.casefold() in return_values for text in cell_values], dtype=bool)


def _are_debit_or_credit(cell_values: Sequence[str]) -> bool:
    """Tell whether values are debit and credit, which mean opposite things in a ledger and in a bank statement."""
    unclear_words = {normalise_name(word) for word in word_list("debit_or_credit")}
    filled_values = {text for text in cell_values if text}
    return len(filled_values) > 1 and all(normalise_name(text) in unclear_words for text in filled_values)
