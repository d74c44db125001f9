"""Customers as a table of one row each shows them: who they are, what they answered, what segcli measured before."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.arrow import to_strings
from segcli.config.ingest import IngestSettings
from segcli.config.quality import ColumnRule
from segcli.counting import counted
from segcli.customers import match
from segcli.errors import InputProblem
from segcli.files.formulas import unescape_table
from segcli.ingest import customer_ids, quality, table
from segcli.ingest.cells import Cells
from segcli.ingest.customer_ids import count_changes, respell_ids
from segcli.ingest.opening import Opened
from segcli.model import Customers, Input, Reading

MALFORMED = (
    "record with a wrong number of fields is left out",
    "records with a wrong number of fields are left out",
)
BROKEN = ("record whose quotes break the rules is left out", "records whose quotes break the rules are left out")


def known(
    source: Opened,
    settings: IngestSettings,
    rules: Mapping[str, ColumnRule],
    *,
    by: match.By,
    as_of: date | None = None,
) -> Customers:
    """One row per customer, and the columns judged by their rules.

    Args:
        source: a table of one row per customer.
        settings: policies on ids.
        rules: by column.
        by: what customers are known by; it becomes the customer id.
        as_of: the day recency is counted to; by default what the table says.

    Raises:
        InputProblem: there is no such column, or a customer has two rows that differ.
    """
    if by != c.CUSTOMER_ID and (by in source.recognition.columns or source.source.match == by):
        source = source.identified_by(by)
    # What segcli wrote as numbers is read as such; rules are about texts.
    cells = source.cells(numbers=table.written(source.recognition) if source.is_ours and not rules else ())
    cells, filled = _fill_ids(source, cells)
    rows, notes = table.typed(cells, source.recognition, source.source, _form(by, settings))
    notes = (*filled, *notes)
    rows, bare = unescape_table(rows)
    if bare:
        rows = rows.sort_values(c.CUSTOMER_ID, ignore_index=True)
    if bare and not source.is_ours:
        notes = (*notes, f"cells with an apostrophe before what a spreadsheet would run: {bare:,}; it is taken off")
    if not source.is_ours or settings.id_case in {"upper", "lower"}:  # segcli's own tables have one spelling
        rows, respelled = _respell_ids(rows, settings, cells.name)
        notes = (*notes, *respelled)
    rows, day, warnings = _recency(rows, as_of, cells.name)
    notes = (*notes, *_shared_addresses(rows))
    content = source.content
    reading = Reading(
        Input(content.name, content.size, content.sha256, cells.rows + cells.malformed + cells.broken),
        "customers",
        str(source.dialect),
        source.recognition.columns,
        preset=source.preset,
        notes=(*source.dialect.notes, *notes, *_malformed(cells)),
    )
    verdicts = tuple(quality.judge(cells, source.recognition, source.source, rules))
    return Customers(rows, day, (reading,), warnings, verdicts)


def _fill_ids(source: Opened, cells: Cells) -> tuple[Cells, tuple[str, ...]]:
    """Take ids from the columns that are declared for rows without one, with a note on how many."""
    name = source.recognition.columns.get(c.CUSTOMER_ID)
    fallbacks = [column for column in source.source.fallback_ids if column in cells.columns]
    if name is None or not fallbacks:
        return cells, ()
    ids, filled = customer_ids.fill_blank_ids(cells, name, fallbacks)
    notes = tuple(customer_ids.notes(customer_ids.IdChanges(filled=filled)))
    return replace(cells, columns={**cells.columns, name: ids}), notes


def _shared_addresses(rows: pd.DataFrame) -> Iterator[str]:
    if c.EMAIL in rows:
        addresses = match.key(rows[c.EMAIL], "email", None)
        several = int(addresses[addresses != ""].duplicated(keep=False).sum())
        if several:
            yield f"rows that share their e-mail address with another: {several:,}; they may be one customer twice"


def _form(by: match.By, settings: IngestSettings) -> table.Form:
    return lambda texts: match.key(texts, by, settings.phone_region)


def _respell_ids(rows: pd.DataFrame, settings: IngestSettings, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Bring customer ids to one spelling; of a customer in several the row in that spelling is kept, or the first.

    Raises:
        InputProblem: rows of one customer differ by case, which the user asked to be ignored.
    """
    written = rows[c.CUSTOMER_ID]
    before = to_strings(written)
    after = respell_ids(before, settings)
    if after is before:
        return rows, ()
    ids = pd.Series(after.to_pandas(), written.index, dtype="str")
    order = (ids != written).to_numpy().argsort(kind="stable")
    respelled = rows.assign(**{c.CUSTOMER_ID: ids}).iloc[order]
    repeated = respelled[c.CUSTOMER_ID].duplicated()
    if repeated.any() and settings.id_case in {"upper", "lower"}:
        raise InputProblem(
            f"{counted(int(repeated.sum()), 'customer has two rows', 'customers have two rows')} once case is ignored",
            source=name,
            remedy="Give each customer one row, or set ingest.id_case to keep",
        )
    kept = respelled[~repeated].sort_values(c.CUSTOMER_ID, ignore_index=True)
    changes = count_changes(before.to_pylist(), np.ones(len(before), dtype=np.int64), settings)
    return kept, (*customer_ids.notes(changes), *_repeated(int(repeated.sum())))


def _repeated(count: int) -> Iterator[str]:
    if count:
        rows = counted(count, "row is", "rows are")
        yield f"{rows} of a customer whose id stands in another row in another spelling; one row of each is kept"


def _malformed(cells: Cells) -> Iterator[str]:
    if cells.malformed:
        yield f"{counted(cells.malformed, *MALFORMED)}"
    if cells.broken:
        first = cells.dialect.broken_lines[0]
        yield f"{counted(cells.broken, *BROKEN)} (first: line {first:,})"


def _recency(rows: pd.DataFrame, as_of: date | None, name: str) -> tuple[pd.DataFrame, date | None, tuple[str, ...]]:
    """Recency counted to `as_of`, or to the day the table says, or to the day after its last order."""
    if c.LAST_ORDER not in rows or rows[c.LAST_ORDER].dtype.kind != "M" or rows[c.LAST_ORDER].isna().all():
        return rows, as_of, ()  # without orders the day serves for ages
    said = table.as_of(rows)
    day = as_of or said or rows[c.LAST_ORDER].max().date() + timedelta(days=1)
    late = int((rows[c.LAST_ORDER] > pd.Timestamp(day)).sum())
    if late:
        raise InputProblem(
            f"{counted(late, 'customer')} ordered after {day.isoformat()}; what was bought by then "
            "is not in this table",
            source=name,
            remedy="Give the order export, or a later --as-of",
        )
    if c.RECENCY_DAYS in rows and day != as_of:
        return rows, said, ()
    return rows.assign(**{c.RECENCY_DAYS: (pd.Timestamp(day) - rows[c.LAST_ORDER]).dt.days}), day, ()
