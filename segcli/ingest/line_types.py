"""Columns that say what a line is: a sale, or a refund whose amount is written without a minus."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segcli.counting import counted
from segcli.ingest.export import Export
from segcli.ingest.languages import words
from segcli.ingest.recognise import normalised

SETTING = "ingest.transactions.returned"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LineTypes:
    """What columns say of lines: lines and money (in units) of refunds by column and value, and unclear values."""

    lines: Counter[tuple[str, str]] = field(default_factory=Counter)
    money: Counter[tuple[str, str]] = field(default_factory=Counter)
    unclear: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __add__(self, other: "LineTypes") -> "LineTypes":
        return LineTypes(self.lines + other.lines, self.money + other.money, self.unclear + other.unclear)


def type_columns(header: Sequence[str]) -> list[str]:
    """Name the columns that may say what a line is, by their header."""
    names = {normalised(word) for word in words("type_columns")}
    return [name for name in header if normalised(name) in names and header.count(name) == 1]


def find_returns(export: Export) -> Mask:
    """Mark the lines that a column calls a refund, return or credit note."""
    mask = np.zeros(export.cells.rows, dtype=bool)
    for name, values in _meanings(export):
        column = export.cells.coded(name).trimmed
        meant = [normalised(text) in values for text in column.texts.to_pylist()]
        mask |= np.array(meant, dtype=bool)[column.codes]
    return mask


def count_types(export: Export, was_positive: Mask, units: npt.NDArray[np.int64], kept: Mask) -> LineTypes:
    """Count the kept lines that became returns by what a column says, and values whose meaning is unclear.

    Args:
        export: whose columns say it.
        was_positive: lines whose amount was written without a minus.
        units: money of each line.
        kept: lines that count.
    """
    result = LineTypes()
    for name, values in _meanings(export):
        column = export.cells.coded(name).trimmed
        for code, text in enumerate(column.texts.to_pylist()):
            if normalised(text) in values:
                rows = (column.codes == code) & was_positive & kept
                if rows.any():
                    result.lines[name, text] += int(rows.sum())
                    result.money[name, text] += int(-units[rows].sum())
        result.unclear.update(_unclear(name, column.texts.to_pylist(), column.codes[kept]))
    return result


def notes(types: LineTypes, scale: int) -> Iterator[str]:
    """Say which lines became returns by what a column says, and which values nobody can tell."""
    for name in dict.fromkeys(column for column, _ in types.lines):
        entries = [(value, lines) for (column, value), lines in sorted(types.lines.items()) if column == name]
        listed = ", ".join(
            f"{value} on {counted(lines, 'line')} ({types.money[name, value] / scale:,.2f})" for value, lines in entries
        )
        yield f"column '{name}' says {listed}: read as returns; {SETTING}: {{{name}: []}} counts them as sales"
    for name in dict.fromkeys(column for column, _ in types.unclear):
        entries = [(value, lines) for (column, value), lines in sorted(types.unclear.items()) if column == name]
        listed = ", ".join(f"{value} ({lines:,})" for value, lines in entries)
        yield (
            f"column '{name}' has {listed}: which of them are refunds is unclear, and all count as sales; "
            f"{SETTING}: {{{name}: [{entries[0][0]}]}} reads these as returns"
        )


def _meanings(export: Export) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the columns that say what lines are, with the normalised values that mean a return."""
    declared: Mapping[str, Sequence[str]] = export.source.returned or {}
    for name, values in declared.items():
        yield name, frozenset(normalised(value) for value in values)
    known = frozenset(normalised(word) for word in words("returned"))
    for name in type_columns(export.cells.header):
        if name not in declared and name in export.cells.columns:
            yield name, known


def _unclear(name: str, texts: Sequence[str], codes: npt.NDArray[np.int32]) -> Counter[tuple[str, str]]:
    """Count debit and credit, which mean opposite things in a ledger and in a bank statement."""
    unclear = {normalised(word) for word in words("debit_or_credit")}
    filled = [text for text in texts if text]
    if len(filled) < 2 or not all(normalised(text) in unclear for text in filled):  # noqa: PLR2004 - one says nothing
        return Counter()
    lines = np.bincount(codes, minlength=len(texts))
    return Counter({(name, text): int(count) for text, count in zip(texts, lines, strict=True) if text and count})
