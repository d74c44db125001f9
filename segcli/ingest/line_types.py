"""Columns that say what a line is: a sale, or a refund whose amount is written without a minus."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segcli.ingest.export import Export
from segcli.ingest.languages import words
from segcli.ingest.notes import Note, list_values, set_option
from segcli.ingest.recognise import normalised
from segcli.ingest.status_columns import is_return, is_sale_word, is_unclear_return
from segcli.ingest.value_totals import ValueTotals

SETTING = "ingest.transactions.returned"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LineTypes:
    """Lines and money of refunds that only a column names, and of values whose meaning is unclear."""

    returns: ValueTotals = field(default_factory=ValueTotals)
    unclear: ValueTotals = field(default_factory=ValueTotals)

    def __add__(self, other: "LineTypes") -> "LineTypes":
        return LineTypes(self.returns + other.returns, self.unclear + other.unclear)


def find_returns(export: Export) -> Mask:
    """Mark the lines that a column calls a refund, return or credit note."""
    mask = np.zeros(export.cells.rows, dtype=bool)
    for name in _columns(export):
        column = export.cells.coded(name).trimmed
        mask |= _are_returns(export, name, column.texts.to_pylist())[column.codes]
    return mask


def total_types(export: Export, was_positive: Mask, units: npt.NDArray[np.int64], kept: Mask) -> LineTypes:
    """Total the kept lines that became returns by what a column says, and values whose meaning is unclear.

    Args:
        export: whose columns say it.
        was_positive: lines whose amount was written without a minus.
        units: money of each line.
        kept: lines that count.
    """
    totals = LineTypes()
    for name in _columns(export):
        column = export.cells.coded(name).trimmed
        texts = column.texts.to_pylist()
        means_return = _are_returns(export, name, texts)
        totals.returns.add_column(name, texts, column.codes, -units, kept & was_positive & means_return[column.codes])
        if _is_unclear(texts) and name not in (export.source.returned or {}):
            filled = np.array([bool(text) for text in texts], dtype=bool)[column.codes]
            totals.unclear.add_column(name, texts, column.codes, units, kept & filled)
    return totals


def type_notes(types: LineTypes, scale: int) -> Iterator[Note]:
    """Yield a note on lines that became returns by what a column says, and on values that are unclear."""
    for name, entries in types.returns.of_columns():
        money = sum(units for _, _, units in entries) / scale
        yield Note(
            f"column '{name}' says {list_values(entries, scale)}: read as returns; "
            f"{set_option(SETTING, {name: []})} counts them as sales",
            money,
        )
    for name, entries in types.unclear.of_columns():
        rarer = min(entries, key=lambda entry: entry[1])[0]
        yield Note(
            f"column '{name}' says {list_values(entries, scale)}: which of them are refunds is unclear, and all count "
            f"as sales; {set_option(SETTING, {name: [rarer]})} reads '{rarer}' as returns",
            sum(units for _, _, units in entries) / scale,
        )


def _columns(export: Export) -> list[str]:
    """Name the columns that may say it: declared ones, and those with a known name or known values."""
    names = dict.fromkeys([*(export.source.returned or ()), *export.status.types])
    return [name for name in names if name in export.cells.columns]


def _are_returns(export: Export, name: str, texts: Sequence[str]) -> Mask:
    declared: Mapping[str, Sequence[str]] = export.source.returned or {}
    if name not in declared:
        has_sales = any(is_sale_word(text) for text in texts)
        return np.array([is_return(text) and (has_sales or not is_unclear_return(text)) for text in texts], dtype=bool)
    listed = {value.strip().casefold() for value in declared[name]}
    return np.array([text.casefold() in listed for text in texts], dtype=bool)


def _is_unclear(texts: Sequence[str]) -> bool:
    """Tell whether values are debit and credit, which mean opposite things in a ledger and in a bank statement."""
    unclear = {normalised(word) for word in words("debit_or_credit")}
    filled = {text for text in texts if text}
    return len(filled) > 1 and all(normalised(text) in unclear for text in filled)
