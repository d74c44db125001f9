"""Customers as a table of one row each shows them: who they are, what they answered, what segcli measured before."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pandas as pd

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.config.quality import ColumnRule
from segcli.counting import counted
from segcli.customers import match
from segcli.errors import InputProblem
from segcli.files.formulas import unescape_table
from segcli.ingest import identity, quality, table
from segcli.ingest.cells import Cells
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
    rows, notes = table.typed(cells, source.recognition, source.source, _form(by, settings))
    rows, bare = unescape_table(rows)
    if bare:
        rows = rows.sort_values(c.CUSTOMER_ID, ignore_index=True)
    if bare and not source.is_ours:
        notes = (*notes, f"cells with an apostrophe before what a spreadsheet would run: {bare:,}; it is taken off")
    rows = _one_case(rows, settings.id_case, cells.name)
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


def _shared_addresses(rows: pd.DataFrame) -> Iterator[str]:
    if c.EMAIL in rows:
        addresses = match.key(rows[c.EMAIL], "email", None)
        several = int(addresses[addresses != ""].duplicated(keep=False).sum())
        if several:
            yield f"rows that share their e-mail address with another: {several:,}; they may be one customer twice"


def _form(by: match.By, settings: IngestSettings) -> table.Form:
    def form(texts: pd.Series) -> pd.Series:
        keys = match.key(texts, by, settings.phone_region)
        return (
            keys.map(lambda key: identity.whole(key, settings.id_decimals)) if settings.id_decimals == "drop" else keys
        )

    return form


def _one_case(rows: pd.DataFrame, id_case: str, name: str) -> pd.DataFrame:
    """Customer ids in the case the policy asks for."""
    if id_case == "keep":
        return rows
    ids = rows[c.CUSTOMER_ID].map(lambda text: identity.cased(text, id_case)).astype("str")
    cased = rows.assign(**{c.CUSTOMER_ID: ids})
    twice = cased[c.CUSTOMER_ID].duplicated()
    if twice.any():
        raise InputProblem(
            f"{counted(int(twice.sum()), 'customer has two rows', 'customers have two rows')} once case is ignored",
            source=name,
            remedy="Give each customer one row, or set ingest.id_case to keep",
        )
    return cased.sort_values(c.CUSTOMER_ID, ignore_index=True)


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
