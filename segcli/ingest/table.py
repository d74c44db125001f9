"""Cells of a one-row-per-customer file -> a typed table: attributes, survey answers, or what segcli wrote itself."""

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.columns import Kind
from segcli.config.ingest import Source
from segcli.cores import in_order
from segcli.counting import counted
from segcli.errors import InputProblem
from segcli.ingest import dates, numbers, plain
from segcli.ingest.cells import Cells
from segcli.ingest.customer_keys import suggest_unique_key
from segcli.ingest.recognise import Recognition
from segcli.sorting import ascending

NUMBERS = (Kind.NUMBER, Kind.MONEY, Kind.COUNT, Kind.DAYS, Kind.CONTENT)
WRITTEN = {*c.MEASURES, *c.SCORES}  # columns that segcli writes itself, in full precision
MOSTLY = 0.5
MARKED = r"'[+0-9].*"
MOST_LABELS = 11  # points of a scale from 0 to 10
LABELED = r"^(-?[0-9]{1,3})\s*(?:[-\x{2013}\x{2014}:\x{FF1A}=.)]|\()\s*\pL.*$"  # 10 - Extremely likely
WHOLE = r"^([-+]?[0-9]{1,15})?$"
CODE = r"^([-+]?0[0-9]|[-+]?[0-9]{16})"


Form = Callable[[pd.Series], pd.Series]


def written(recognition: Recognition) -> list[str]:
    """The file's names of the columns that are numbers however segcli wrote them, 9 and 9.0 alike."""
    sure = {standard for standard in WRITTEN if c.kind(standard) in {Kind.COUNT, Kind.DAYS, Kind.MONEY}}
    return [name for standard, name in recognition.columns.items() if standard in sure]


def typed(cells: Cells, recognition: Recognition, source: Source, form: Form) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A table sorted by customer_id, recognised columns under their standard names, the others under their own.

    Args:
        cells: the file as text.
        recognition: which column is which.
        source: how its values are written.
        form: customer ids as written -> the form in which they are compared.

    Returns:
        The table, and notes about what was left out or could not be read.

    Raises:
        InputProblem: there is no customer_id column, or two rows of one customer differ.
    """
    if c.CUSTOMER_ID not in recognition.columns:
        raise InputProblem(
            f"no column recognised as customer_id; the header has: {', '.join(cells.header)}",
            source=cells.name,
            line=1,
            remedy=f"{suggest_unique_key(cells)}Say which with --map customer_id=NAME; if each row is a customer "
            "without an id, number them with --set ingest.transactions.row_ids=true",
        )
    standard = {name: s for s, name in recognition.columns.items()}
    names = {name: standard.get(name, name) for name in cells.columns}
    table, notes = pd.DataFrame(index=pd.RangeIndex(cells.rows)), []  # an index found later is looked up row by row
    made = in_order(lambda name: _column(cells.columns[name], names[name], source, form), names)
    for name, (values, note) in zip(names.values(), made, strict=True):
        table[name] = values
        notes += [note] * bool(note)
    return _one_row_each(table, cells, notes)


def _column(texts: pa.ChunkedArray, name: str, source: Source, form: Form) -> tuple[pd.Series, str]:
    """One column by the kind its name promises, or else by what all its values are."""
    if name == c.CUSTOMER_ID:
        return form(pd.Series(texts.to_pandas(), dtype="str")), ""
    kind = c.kind(name)
    if pa.types.is_floating(texts.type):
        return _as_read(texts, kind), ""
    trimmed = pc.utf8_trim_whitespace(texts)
    if kind is Kind.DATE:
        return _date(trimmed, name, source)
    if kind in NUMBERS:
        return _number(trimmed, name, kind, source)
    if kind is Kind.ID:
        return _code(trimmed, name)
    return _text(trimmed), ""


def _code(texts: pa.ChunkedArray, name: str) -> tuple[pd.Series, str]:
    """A postcode or phone number: an apostrophe in front is a spreadsheet's mark that digits are text."""
    values = _text(texts)
    marked = int(values.str.fullmatch(MARKED).fillna(value=False).sum())
    bare = values.where(~values.str.fullmatch(MARKED).fillna(value=False), values.str[1:]) if marked else values
    had = f"column '{name}': {counted(marked, 'value')} had an apostrophe in front; it is taken off"
    return bare, had if marked else ""


def _text(texts: pa.ChunkedArray) -> pd.Series:
    values = pd.Series(texts.to_pandas(), dtype="str")
    return values.mask(values == "")


def _date(texts: pa.ChunkedArray, name: str, source: Source) -> tuple[pd.Series, str]:
    try:
        parsed = dates.of(texts, source)
    except ValueError as error:
        return _text(texts), f"column '{name}' is kept as text: {error}"
    days = pd.Series(parsed.values.astype("datetime64[D]").astype("datetime64[s]"))
    return days, _unread(int(parsed.unreadable.sum()), name, "a date")


def _number(texts: pa.ChunkedArray, name: str, kind: Kind, source: Source) -> tuple[pd.Series, str]:
    """Numbers where all filled values are; a column of unknown kind with any other text stays text."""
    if kind is Kind.CONTENT and _is_code(texts):
        return _text(texts), ""
    texts, labels = _without_labels(texts)
    try:
        parsed = numbers.of(texts, source, exponents=name in WRITTEN)
    except ValueError as error:
        return _text(texts), f"column '{name}' is kept as text: {error}"
    unreadable = float(parsed.unreadable.mean()) if len(parsed.values) else 0.0
    unknown = kind is Kind.CONTENT
    if (unknown and parsed.missing.all()) or unreadable > (0 if unknown else MOSTLY):
        return _text(texts), ""
    values = pd.Series(parsed.values)
    known = parsed.values[~parsed.missing]
    counted = kind in {Kind.COUNT, Kind.DAYS} and _are_whole(known)  # 9.0 orders are 9
    if counted or (kind is not Kind.MONEY and _written_whole(texts)):
        return values.astype("Int64" if parsed.missing.any() else "int64"), _label_note(labels, name)
    unread = _unread(int(parsed.unreadable.sum()), name, "a number")
    return values, unread or _label_note(labels, name)


def _without_labels(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """Return answers such as `10 - Extremely likely` as their numbers, and how many there are.

    All answers must have a number in front; labels usually stand at the ends of a scale only.
    """
    if not len(texts) or not pc.any(pc.match_substring_regex(texts, LABELED)).as_py():
        return texts, 0
    labeled = pc.match_substring_regex(texts, LABELED)
    plain_numbers = pc.match_substring_regex(texts, r"^(-?[0-9]+)?$")
    is_scale = pc.all(pc.or_(labeled, plain_numbers)).as_py()
    if not is_scale or len(pc.unique(texts.filter(labeled))) > MOST_LABELS:
        return texts, 0
    return pc.replace_substring_regex(texts, LABELED, r"\1"), int(pc.sum(labeled).as_py())


def _label_note(labels: int, name: str) -> str:
    answers = counted(labels, "answer has a label beside its number", "answers have a label beside their number")
    return f"column '{name}': {answers}; the number counts" if labels else ""


def _as_read(numbers: pa.ChunkedArray, kind: Kind) -> pd.Series:
    """Numbers that never were text; counts are whole where all of them are, as in `_number`."""
    if kind is Kind.MONEY:
        return pd.Series(numbers.to_numpy())
    try:
        counts = pc.cast(numbers, pa.int64())
    except pa.ArrowInvalid:  # one has a fraction
        return pd.Series(numbers.to_numpy())
    if not numbers.null_count:
        return pd.Series(counts.to_numpy())
    missing = pc.is_null(numbers).to_numpy()
    return pd.Series(pd.arrays.IntegerArray(pc.fill_null(counts, 1).to_numpy(), missing))


def _are_whole(values: npt.NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).all() and (np.floor(values) == values).all())


def _written_whole(texts: pa.ChunkedArray) -> bool:
    seen = plain.whole(texts)
    return bool(pc.all(pc.match_substring_regex(texts, WHOLE)).as_py()) if seen is None else seen


def _is_code(texts: pa.ChunkedArray) -> bool:
    """Whether digits are a code and no number: 007 and ids longer than a number can hold would be damaged."""
    return bool(pc.any(pc.match_substring_regex(texts, CODE)).as_py())


def _unread(count: int, name: str, what: str) -> str:
    unread = counted(
        count,
        f"value cannot be read as {what} and counts as missing",
        f"values cannot be read as {what} and count as missing",
    )
    return f"column '{name}': {unread}" if count else ""


def _one_row_each(table: pd.DataFrame, cells: Cells, notes: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if ascending(table[c.CUSTOMER_ID]) and (table.empty or table[c.CUSTOMER_ID].iloc[0] != ""):
        return table, tuple(notes)  # as segcli writes a table: nothing to leave out, nothing to sort
    blank = table[c.CUSTOMER_ID] == ""
    if blank.any():
        notes.append(
            counted(
                int(blank.sum()), "row without a customer id is left out", "rows without a customer id are left out"
            )
        )
    twice = table[c.CUSTOMER_ID].duplicated()
    if twice.any():
        repeated = table.duplicated()
        if (repeated & ~blank).any():
            count = int((repeated & ~blank).sum())
            notes.append(
                counted(
                    count, "row repeats another exactly and is left out", "rows repeat another exactly and are left out"
                )
            )
        table = table[~blank & ~repeated]
        _refuse_two_rows(table[c.CUSTOMER_ID], cells)
    elif blank.any():
        table = table[~blank]
    return table.sort_values(c.CUSTOMER_ID, ignore_index=True), tuple(notes)


def _refuse_two_rows(ids: pd.Series, cells: Cells) -> None:
    twice = ids.duplicated()
    if twice.any():
        raise InputProblem(
            "its customer has another row that differs",
            source=cells.name,
            line=cells.line(int(twice.index[twice][0])),
            remedy="There must be one row per customer; if these are orders, name their date: --map order_date=NAME",
        )


def as_of(table: pd.DataFrame) -> date | None:
    """The day recency was counted to, read back from the table itself (None where it does not say)."""
    if not {c.LAST_ORDER, c.RECENCY_DAYS} <= set(table.columns) or table[c.LAST_ORDER].dtype.kind != "M":
        return None
    known = table[[c.LAST_ORDER, c.RECENCY_DAYS]].dropna()
    days = known[c.LAST_ORDER] + pd.to_timedelta(known[c.RECENCY_DAYS], unit="D")
    counted: date | None = days.iloc[0].date() if not days.empty and (days == days.iloc[0]).all() else None
    return counted
