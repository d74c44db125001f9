"""Lines that are no sales by their status: left out where the source lists it under `void`, otherwise named."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from segcli.ingest.export import Export
from segcli.ingest.notes import Note, list_values, set_option
from segcli.ingest.recognise import normalised
from segcli.ingest.status_columns import StatusColumns, has_meaning, is_flag, is_no_sale, is_return
from segcli.ingest.value_totals import ValueTotals
from segcli.model import StatusValue

ANY = "*"
UNSOLD = "counts, although no sale"
REFUND_STATUSES = frozenset({"refunded", "partiallyrefunded", "returned", "partiallyreturned"})
SETTING = "ingest.transactions.void"
SET = "(set)"  # stands for all values of a flag
MOST_VALUES = 200  # different values beyond which a column has no statuses

Mask = npt.NDArray[np.bool_]


def find_void_lines(export: Export) -> Mask:
    """Mark the lines that the source lists as void; values are compared without blanks around them and case."""
    is_void = np.zeros(export.cells.rows, dtype=bool)
    for name, values in (export.source.void or {}).items():
        column = export.cells.coded(name).trimmed
        listed = [_is_listed(text, values) for text in column.texts.to_pylist()]
        is_void |= np.array(listed, dtype=bool)[column.codes]
    return is_void


def total_statuses(export: Export, units: npt.NDArray[np.int64], kept: Mask) -> ValueTotals:
    """Count lines and money by status: of kept lines, and of those that their status leaves out.

    Args:
        export: whose columns say it.
        units: money of each line.
        kept: lines that count.
    """
    totals = ValueTotals()
    rows = kept | find_void_lines(export) if export.source.void else kept
    for name in dict.fromkeys([*(export.source.void or ()), *export.status.names]):
        if name not in export.cells.columns:
            continue
        column = export.cells.coded(name).trimmed
        texts = column.texts.to_pylist()
        if name in export.status.flags:
            texts = [SET if is_flag(text) else "" for text in texts]
        if len(set(texts)) <= MOST_VALUES:
            totals.add_column(name, texts, column.codes, units, rows)
    return totals


def describe_statuses(
    totals: ValueTotals, columns: StatusColumns, listed: Mapping[str, list[str]], scale: int
) -> Iterator[StatusValue]:
    """Yield each status with its lines and money, and whether its lines count."""
    for name, entries in totals.of_columns():
        for value, lines, units in entries:
            if value:
                yield StatusValue(name, value, lines, units / scale, _decide(name, value, columns, listed))


def status_notes(
    totals: ValueTotals, columns: StatusColumns, listed: Mapping[str, list[str]], scale: int, ignored: Collection[str]
) -> Iterator[Note]:
    """Yield a note on lines that count although their status says that nothing was sold.

    Args:
        totals: lines and money by status.
        columns: what the columns are.
        listed: what the source lists as void.
        scale: units in 1.00.
        ignored: statuses that need no note, since money that was given back is known otherwise.
    """
    unsold = {
        name: [
            entry
            for entry in entries
            if _decide(name, entry[0], columns, listed) == UNSOLD and normalised(entry[0]) not in ignored
        ]
        for name, entries in totals.of_columns()
    }
    void = {name: list(values) for name, values in listed.items()}
    for name, entries in unsold.items():
        values = [ANY if value == SET else value for value, _, _ in entries]
        if values:
            void[name] = [*void.get(name, ()), *values]
    for name, entries in unsold.items():
        if entries:
            yield Note(
                f"column '{name}' says {list_values(entries, scale)}: these lines count as orders; "
                f"{set_option(SETTING, void)} leaves them out",
                sum(units for _, _, units in entries) / scale,
            )


def document_notes(
    totals: ValueTotals, columns: StatusColumns, listed: Mapping[str, list[str]], scale: int
) -> Iterator[Note]:
    """Yield a note on documents that belong to sales which count already: quotes and payments beside invoices."""
    for name, entries in totals.of_columns():
        if name not in columns.types or name in listed:
            continue
        beside = [
            entry for entry in entries if has_meaning(entry[0], "documents") or has_meaning(entry[0], "settlements")
        ]
        invoices = [entry for entry in entries if has_meaning(entry[0], "invoices")]
        if beside and invoices:
            void = {**{key: list(values) for key, values in listed.items()}, name: [value for value, _, _ in beside]}
            yield Note(
                f"column '{name}' says {list_values(beside, scale)} beside {invoices[0][0]}: if these are documents of "
                f"the same sales, they count twice; {set_option(SETTING, void)} leaves them out",
                sum(units for _, _, units in beside) / scale,
            )


def _decide(name: str, value: str, columns: StatusColumns, listed: Mapping[str, list[str]]) -> str:
    if value and _is_listed(value, listed.get(name, [])):
        return "left out"
    if name in columns.types:
        return "counts as a return" if is_return(value) else "counts"
    if name in columns.paid:
        return UNSOLD if value and not is_flag(value) else "counts"
    return UNSOLD if value == SET or is_no_sale(value, name) else "counts"


def _is_listed(text: str, values: list[str]) -> bool:
    """Tell whether a value is listed; `*` lists all but blanks and words such as no and false."""
    meant = {value.strip().casefold() for value in values}
    return bool(text) and ((ANY in meant and is_flag(text)) or text.casefold() in meant)
