"""Lines that are no sales by their status: left out where the source lists it under `void`, otherwise named."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from segcli.ingest.export import Export
from segcli.ingest.notes import Note, list_values, set_option
from segcli.ingest.status_columns import is_flag, is_no_sale
from segcli.ingest.value_totals import ValueTotals
from segcli.model import StatusValue

ANY = "*"
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
    for name in dict.fromkeys([*(export.source.void or ()), *export.status.status, *export.status.flags]):
        if name not in export.cells.columns:
            continue
        column = export.cells.coded(name).trimmed
        texts = column.texts.to_pylist()
        if name in export.status.flags:
            texts = [SET if is_flag(text) else "" for text in texts]
        if len(set(texts)) <= MOST_VALUES:
            totals.add_column(name, texts, column.codes, units, rows)
    return totals


def describe_statuses(totals: ValueTotals, listed: Mapping[str, list[str]], scale: int) -> Iterator[StatusValue]:
    """Yield each status with its lines and money, and whether its lines count."""
    for name, entries in totals.of_columns():
        for value, lines, units in entries:
            yield StatusValue(name, value, lines, units / scale, _decision(name, value, listed))


def status_notes(totals: ValueTotals, listed: Mapping[str, list[str]], scale: int) -> Iterator[Note]:
    """Yield a note on lines that count although their status says that nothing was sold."""
    for name, entries in totals.of_columns():
        unsold = [entry for entry in entries if _decision(name, entry[0], listed) == "counts, although no sale"]
        if unsold:
            values = [ANY if value == SET else value for value, _, _ in unsold]
            yield Note(
                f"column '{name}' says {list_values(unsold, scale)}: these lines count as orders; "
                f"{set_option(SETTING, {name: values})} leaves them out",
                sum(units for _, _, units in unsold) / scale,
            )


def _decision(name: str, value: str, listed: Mapping[str, list[str]]) -> str:
    if name in listed:
        return "left out" if value and _is_listed(value, listed[name]) else "counts"
    return "counts, although no sale" if value == SET or is_no_sale(value) else "counts"


def _is_listed(text: str, values: list[str]) -> bool:
    """Tell whether a value is listed; `*` lists all but blanks and words such as no and false."""
    meant = {value.strip().casefold() for value in values}
    return bool(text) and ((ANY in meant and is_flag(text)) or text.casefold() in meant)
