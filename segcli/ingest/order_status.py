"""Interpret columns with the kind of a line: a sale, or a refund whose amount has no minus."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from segcli.arrays import BoolArray
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.locales import word_list
from segcli.ingest.notes import Note, format_set_option, format_value_totals
from segcli.ingest.order_export import OrderExport
from segcli.ingest.status_columns import (
    StatusColumns,
    is_ambiguous_return,
    is_listed_word,
    is_return_type,
    is_sale_type,
    is_set_flag,
    is_void_status,
)
from segcli.model import StatusValue

# Totals of lines and money by column value, which can be added across chunks
ValueKey = tuple[str, str]


@dataclass(frozen=True)
class ValueTotals:
    """Number of lines, and money in units, by column and value."""

    line_counts: Counter[ValueKey] = field(default_factory=Counter)
    money_units: Counter[ValueKey] = field(default_factory=Counter)

    def __add__(self, other: Self) -> "ValueTotals":
        line_counts, money_units = Counter(self.line_counts), Counter(self.money_units)
        line_counts.update(other.line_counts)
        money_units.update(other.money_units)
        return ValueTotals(line_counts, money_units)

    def add_column(
        self,
        column: str,
        distinct_values: Sequence[str],
        codes: npt.NDArray[np.int32],
        units: npt.NDArray[np.int64],
        row_mask: npt.NDArray[np.bool_],
    ) -> None:
        """Add the lines of a column to the totals.

        Args:
            column: name of the column in the file.
            distinct_values: texts of the codes; several may be equal.
            codes: code of each line's value.
            units: money of each line.
            row_mask: mask of the lines to count.
        """
        line_counts = np.bincount(codes[row_mask], minlength=len(distinct_values))
        money_units = np.zeros(len(distinct_values), dtype=np.int64)
        np.add.at(money_units, codes[row_mask], units[row_mask])
        for value, count, sum_of_value in zip(distinct_values, line_counts.tolist(), money_units.tolist(), strict=True):
            if count:
                self.line_counts[column, value] += count
                self.money_units[column, value] += sum_of_value

    def iterate_columns(self) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
        """Yield each column with its values, sorted, and the lines and money of each value."""
        by_column: dict[str, list[str]] = {}
        for name, value in self.line_counts:
            by_column.setdefault(name, []).append(value)
        for name, values in by_column.items():
            yield (
                name,
                [(value, self.line_counts[name, value], self.money_units[name, value]) for value in sorted(values)],
            )

    def to_json(self) -> list[list[Any]]:
        """Return the totals as JSON data."""
        return [[*key, lines, self.money_units[key]] for key, lines in self.line_counts.items()]

    @classmethod
    def from_json(cls, entries: Sequence[Sequence[Any]]) -> Self:
        """Invert `to_json`."""
        return cls(
            Counter({(entry[0], entry[1]): entry[2] for entry in entries}),
            Counter({(entry[0], entry[1]): entry[3] for entry in entries}),
        )


# Lines that are not sales by their status: excluded if the source lists it under `void`, otherwise reported
ANY_VALUE = "*"
UNSOLD_LABEL = "counts, although not a sale"
REFUND_STATUSES = frozenset({"refunded", "partiallyrefunded", "returned", "partiallyreturned"})
VOID_SETTING = "ingest.transactions.void"
SET_FLAG = "(set)"  # represents all values of a flag
MAX_LISTED_STATUSES = 200  # a column with more distinct values is not a status column


def find_void_lines(export: OrderExport) -> BoolArray:
    """Mark the lines that the source lists as void; values are compared without outer blanks and case."""
    is_void = np.zeros(export.raw_table.rows, dtype=bool)
    for name in export.source.void or {}:
        is_void |= _find_lines_void_by(export, name)
    return is_void


def _find_lines_void_by(export: OrderExport, name: str) -> BoolArray:
    """Mark the lines that are void by the value of one column."""
    column = export.raw_table.encode_column(name).without_outer_blanks
    void_values = (export.source.void or {}).get(name, [])
    is_listed = [_is_void_value(text, void_values) for text in column.categories.to_pylist()]
    return np.array(is_listed, dtype=bool)[column.codes]


def total_statuses(export: OrderExport, units: npt.NDArray[np.int64], kept_mask: BoolArray) -> ValueTotals:
    """Count lines and money by status, for kept lines and for lines that this status excludes.

    Args:
        export: order export with status columns.
        units: money of each line.
        kept_mask: mask of the kept lines.
    """
    totals = ValueTotals()
    for name in dict.fromkeys([*(export.source.void or ()), *export.status.all_columns]):
        if name not in export.raw_table.columns:
            continue
        column = export.raw_table.encode_column(name).without_outer_blanks
        texts = column.categories.to_pylist()
        if name in export.status.flags or ANY_VALUE in (export.source.void or {}).get(name, ()):
            texts = [SET_FLAG if is_set_flag(text) else "" for text in texts]
        if len(set(texts)) <= MAX_LISTED_STATUSES:
            totals.add_column(name, texts, column.codes, units, kept_mask | _find_lines_void_by(export, name))
    return totals


def list_status_values(
    totals: ValueTotals, status_columns: StatusColumns, void_values: Mapping[str, list[str]], scale: int
) -> Iterator[StatusValue]:
    """Yield each status with its lines and money, and whether its lines count."""
    for name, entries in totals.iterate_columns():
        for value, lines, units in entries:
            if value:
                yield StatusValue(
                    name, value, lines, units / scale, _status_effect(name, value, status_columns, void_values)
                )


def status_notes(
    totals: ValueTotals,
    status_columns: StatusColumns,
    void_values: Mapping[str, list[str]],
    scale: int,
    ignored_statuses: Collection[str],
) -> Iterator[Note]:
    """Yield a note on lines that count although their status means that nothing was sold.

    Args:
        totals: lines and money by status.
        status_columns: kinds of the status columns.
        void_values: void values declared by the source.
        scale: units per 1.00.
        ignored_statuses: statuses that need no note, because the refunded money is known from another column.
    """
    unsold = {
        name: [
            entry
            for entry in entries
            if _status_effect(name, entry[0], status_columns, void_values) == UNSOLD_LABEL
            and normalise_name(entry[0]) not in ignored_statuses
        ]
        for name, entries in totals.iterate_columns()
    }
    suggested_void = {name: list(values) for name, values in void_values.items()}
    for name, entries in unsold.items():
        values = [ANY_VALUE if value == SET_FLAG else value for value, _, _ in entries]
        if values:
            suggested_void[name] = [*suggested_void.get(name, ()), *values]
    for name, entries in unsold.items():
        if entries:
            yield Note(
                f"column '{name}' contains {format_value_totals(entries, scale)}: these lines count as orders; hint: "
                f"{format_set_option(VOID_SETTING, suggested_void)} excludes them",
                sum(units for _, _, units in entries) / scale,
            )


def document_notes(
    totals: ValueTotals, status_columns: StatusColumns, void_values: Mapping[str, list[str]], scale: int
) -> Iterator[Note]:
    """Yield a note on documents of sales that are already counted, such as quotes and payments next to invoices."""
    for name, entries in totals.iterate_columns():
        if name not in status_columns.types or name in void_values:
            continue
        documents = [
            entry
            for entry in entries
            if is_listed_word(entry[0], "documents") or is_listed_word(entry[0], "settlements")
        ]
        invoices = [entry for entry in entries if is_listed_word(entry[0], "invoices")]
        if documents and invoices:
            suggested_void = {
                **{key: list(values) for key, values in void_values.items()},
                name: [value for value, _, _ in documents],
            }
            yield Note(
                f"column '{name}' contains {format_value_totals(documents, scale)} and {invoices[0][0]}: "
                "if these are documents of the same sales, they count twice; hint: "
                f"{format_set_option(VOID_SETTING, suggested_void)} excludes them",
                sum(units for _, _, units in documents) / scale,
            )


def _status_effect(name: str, value: str, status_columns: StatusColumns, void_values: Mapping[str, list[str]]) -> str:
    if value and _is_void_value(value, void_values.get(name, [])):
        return "excluded"
    if name in status_columns.types:
        return "counts as a return" if is_return_type(value) else "counts"
    if name in status_columns.paid:
        return UNSOLD_LABEL if value and not is_set_flag(value) else "counts"
    return UNSOLD_LABEL if value == SET_FLAG or is_void_status(value, name) else "counts"


def _is_void_value(text: str, void_values: list[str]) -> bool:
    """Return whether a value is listed as void; `*` lists all values except blanks and words such as no and false."""
    folded_values = {value.strip().casefold() for value in void_values}
    return bool(text) and ((ANY_VALUE in folded_values and is_set_flag(text)) or text.casefold() in folded_values)


RETURNED_SETTING = "ingest.transactions.returned"
_LineMask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LineTypes:
    """Lines and money of refunds that only a column identifies, and of values with unclear meaning."""

    returns: ValueTotals = field(default_factory=ValueTotals)
    unclear: ValueTotals = field(default_factory=ValueTotals)

    def __add__(self, other: "LineTypes") -> "LineTypes":
        return LineTypes(self.returns + other.returns, self.unclear + other.unclear)


def find_return_lines(export: OrderExport) -> _LineMask:
    """Mark the lines that a column identifies as a refund, return or credit note."""
    mask = np.zeros(export.raw_table.rows, dtype=bool)
    for name in _type_columns(export):
        column = export.raw_table.encode_column(name).without_outer_blanks
        mask |= _return_value_mask(export, name, column.categories.to_pylist())[column.codes]
    return mask


def total_line_types(
    export: OrderExport, was_positive: _LineMask, units: npt.NDArray[np.int64], kept_mask: _LineMask
) -> LineTypes:
    """Total the kept lines that became returns because of a column value, and values with unclear meaning.

    Args:
        export: order export with type columns.
        was_positive: mask of returns whose amount has no minus.
        units: money of each line.
        kept_mask: mask of the kept lines.
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
    """Yield notes on lines that became returns because of a column value, and on unclear values."""
    for name, entries in line_types.returns.iterate_columns():
        money = sum(units for _, _, units in entries) / scale
        yield Note(
            f"column '{name}' contains {format_value_totals(entries, scale)}: read as returns; hint: "
            f"{format_set_option(RETURNED_SETTING, {name: []})} counts them as sales",
            money,
        )
    for name, entries in line_types.unclear.iterate_columns():
        rarest_value = min(entries, key=lambda entry: entry[1])[0]
        yield Note(
            f"column '{name}' contains {format_value_totals(entries, scale)}: "
            "it is unclear which are refunds, so all count as sales; hint: "
            f"{format_set_option(RETURNED_SETTING, {name: [rarest_value]})} "
            f"reads '{rarest_value}' as returns",
            sum(units for _, _, units in entries) / scale,
        )


def _type_columns(export: OrderExport) -> list[str]:
    """List the type columns: declared ones, and those with a known name or known values."""
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
    """Return whether values are debit and credit, whose meaning differs between ledgers and bank statements."""
    unclear_words = {normalise_name(word) for word in word_list("debit_or_credit")}
    filled_values = {text for text in cell_values if text}
    return len(filled_values) > 1 and all(normalise_name(text) in unclear_words for text in filled_values)
