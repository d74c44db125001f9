"""Lines that are no sales by their status: left out where the source lists it under `void`, otherwise named."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from segcli.ingest.export import OrderExport
from segcli.ingest.notes import Note, format_set_option, format_value_totals
from segcli.ingest.recognise import normalise_name
from segcli.ingest.status_columns import StatusColumns, is_listed_word, is_return_type, is_set_flag, is_void_status
from segcli.ingest.value_totals import ValueTotals
from segcli.model import StatusValue

ANY_VALUE = "*"
UNSOLD_LABEL = "counts, although no sale"
REFUND_STATUSES = frozenset({"refunded", "partiallyrefunded", "returned", "partiallyreturned"})
VOID_SETTING = "ingest.transactions.void"
SET_FLAG = "(set)"  # stands for all values of a flag
MAX_LISTED_STATUSES = 200  # different values beyond which a column has no statuses

_Mask = npt.NDArray[np.bool_]


def find_void_lines(export: OrderExport) -> _Mask:
    """Mark the lines that the source lists as void; values are compared without blanks around them and case."""
    is_void = np.zeros(export.raw_table.rows, dtype=bool)
    for name, values in (export.source.void or {}).items():
        column = export.raw_table.encode_column(name).without_outer_blanks
        is_listed = [_is_void_value(text, values) for text in column.categories.to_pylist()]
        is_void |= np.array(is_listed, dtype=bool)[column.codes]
    return is_void


def total_statuses(export: OrderExport, units: npt.NDArray[np.int64], kept_mask: _Mask) -> ValueTotals:
    """Count lines and money by status: of kept lines, and of those that their status leaves out.

    Args:
        export: whose columns say it.
        units: money of each line.
        kept_mask: lines that count.
    """
    totals = ValueTotals()
    row_mask = kept_mask | find_void_lines(export) if export.source.void else kept_mask
    for name in dict.fromkeys([*(export.source.void or ()), *export.status.all_columns]):
        if name not in export.raw_table.columns:
            continue
        column = export.raw_table.encode_column(name).without_outer_blanks
        texts = column.categories.to_pylist()
        if name in export.status.flags:
            texts = [SET_FLAG if is_set_flag(text) else "" for text in texts]
        if len(set(texts)) <= MAX_LISTED_STATUSES:
            totals.add_column(name, texts, column.codes, units, row_mask)
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
    """Yield a note on lines that count although their status says that nothing was sold.

    Args:
        totals: lines and money by status.
        status_columns: what the columns are.
        void_values: what the source lists as void.
        scale: units in 1.00.
        ignored_statuses: statuses that need no note, since money that was given back is known otherwise.
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
                f"column '{name}' says {format_value_totals(entries, scale)}: these lines count as orders; "
                f"{format_set_option(VOID_SETTING, suggested_void)} leaves them out",
                sum(units for _, _, units in entries) / scale,
            )


def document_notes(
    totals: ValueTotals, status_columns: StatusColumns, void_values: Mapping[str, list[str]], scale: int
) -> Iterator[Note]:
    """Yield a note on documents that belong to sales which count already: quotes and payments beside invoices."""
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
                f"column '{name}' says {format_value_totals(documents, scale)} beside {invoices[0][0]}: "
                "if these are documents of the same sales, they count twice; "
                f"{format_set_option(VOID_SETTING, suggested_void)} leaves them out",
                sum(units for _, _, units in documents) / scale,
            )


def _status_effect(name: str, value: str, status_columns: StatusColumns, void_values: Mapping[str, list[str]]) -> str:
    if value and _is_void_value(value, void_values.get(name, [])):
        return "left out"
    if name in status_columns.types:
        return "counts as a return" if is_return_type(value) else "counts"
    if name in status_columns.paid:
        return UNSOLD_LABEL if value and not is_set_flag(value) else "counts"
    return UNSOLD_LABEL if value == SET_FLAG or is_void_status(value, name) else "counts"


def _is_void_value(text: str, void_values: list[str]) -> bool:
    """Tell whether a value is listed; `*` lists all but blanks and words such as no and false."""
    folded_values = {value.strip().casefold() for value in void_values}
    return bool(text) and ((ANY_VALUE in folded_values and is_set_flag(text)) or text.casefold() in folded_values)
