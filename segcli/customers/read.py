"""From the configured sources to the customer table, whatever kind of file they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from segcli import columns as c
from segcli.columns import Kind
from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import ColumnRule, QualitySettings
from segcli.customers import match, quality
from segcli.customers.join import join
from segcli.customers.reduce import reduce
from segcli.errors import InputProblem
from segcli.files.formulas import unescape_table
from segcli.ingest import identity, table, transactions
from segcli.ingest import quality as columns
from segcli.ingest.cells import Cells
from segcli.ingest.export import Export
from segcli.ingest.opening import Opened, opened
from segcli.ingest.per_order import per_order
from segcli.ingest.void import status_columns
from segcli.model import Customers, Input, Reading

Rules = Mapping[str, ColumnRule]


def read(
    settings: IngestSettings,
    as_of: date | None = None,
    extra: Sequence[str] = (),
    rules: QualitySettings | None = None,
) -> Customers:
    """Read the main input (orders or a customer table), then join the other sources to it.

    A customer table as main input is taken as complete: what the config would join was joined when it was made.

    Args:
        settings: sources and policies; `settings.transactions.path` is the main input.
        as_of: the day recency is counted to; by default the day after the last order.
        extra: further files of one row per customer to join.
        rules: what the inputs must hold; a table of segcli's own was judged when it was made.

    Raises:
        InputProblem: an input is missing, unreadable or holds nothing usable.
    """
    known = [source for source in (settings.customers, settings.responses) if source is not None and source.path]
    main = opened(settings.transactions if settings.transactions.path or not known else known.pop(0))
    joined = known if main.is_orders or not settings.transactions.path else []
    sources = [*joined, *(Source(path=path) for path in extra)]
    others = [opened(source, may_hold_orders=False) for source in sources]
    found_by = [match.by(main, other) for other in others]
    contacts = tuple(sorted(set(found_by) & set(match.CONTACTS)))
    rules = rules or QualitySettings()
    on_columns = {} if main.is_ours else rules.columns
    customers = _main(main, settings, as_of, contacts, on_columns)
    own = [name for name in contacts if main.is_orders and name in customers.table]
    for other, by in zip(others, found_by, strict=True):
        customers = join(customers, _from_table(other, settings, None, by, on_columns), by, settings.phone_region)
    found = replace(customers, table=customers.table.drop(columns=own))
    unmet = quality.nowhere(on_columns, [main, *others])
    return replace(found, verdicts=(*unmet, *found.verdicts, *quality.judge(found, rules)))


def _main(
    main: Opened, settings: IngestSettings, as_of: date | None, contacts: tuple[str, ...], rules: Rules
) -> Customers:
    """The customers of the main input; from orders with these contacts of theirs, by which others will find them."""
    if not main.is_orders:
        by: match.By = "customer_id" if c.CUSTOMER_ID in main.recognition.columns else "email"
        return _from_table(main, settings, as_of, by, rules)
    export = _export(main, settings, rules)
    if not export.cells.rows:
        return _nobody(export)
    export.require(c.CUSTOMER_ID, c.ORDER_DATE)
    whole = per_order(export)
    customers = reduce(transactions.clean(whole, settings, as_of, carry=contacts), settings)
    return replace(customers, verdicts=tuple(columns.judge(whole.export.cells, main.recognition, main.source, rules)))


def _export(main: Opened, settings: IngestSettings, rules: Rules) -> Export:
    """The recognised columns and those that rules are about; all of them where whole lines are compared."""
    ruled = [columns.column_of(name, main.recognition, main.header) for name in rules]
    needed = [*main.recognition.columns.values(), *(main.source.void or status_columns(main.header)), *ruled]
    wanted = None if settings.dedupe == "lines" else needed
    return Export(main.content, main.cells(wanted), main.recognition, main.source, main.preset, main.advice)


def _nobody(export: Export) -> Customers:
    """An export with a header and nothing below it: no customers, which is said and is no error in itself."""
    cells, content = export.cells, export.content
    read_as = Input(content.name, content.size, content.sha256, 0)
    note = "no transactions: there is a header and nothing below it"
    reading = Reading(
        read_as, "orders", str(cells.dialect), export.recognition.columns, preset=export.preset, notes=(note,)
    )
    kinds = {Kind.DATE: "datetime64[s]", Kind.COUNT: "int64", Kind.DAYS: "int64"}
    measures = {name: pd.Series(dtype=kinds.get(kind, "float64")) for name, kind in c.MEASURES.items()}
    return Customers(pd.DataFrame({c.CUSTOMER_ID: pd.Series(dtype="str"), **measures}), None, (reading,))


def _from_table(source: Opened, settings: IngestSettings, as_of: date | None, by: match.By, rules: Rules) -> Customers:
    """One row per customer; their ids are what `by` says."""
    if by != c.CUSTOMER_ID and (by in source.recognition.columns or source.source.match == by):
        source = source.identified_by(by)
    cells = source.cells()
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
    verdicts = tuple(columns.judge(cells, source.recognition, source.source, rules))
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
            f"customer '{cased[c.CUSTOMER_ID][twice].iloc[0]}' has two rows once case is ignored", source=name
        )
    return cased.sort_values(c.CUSTOMER_ID, ignore_index=True)


def _malformed(cells: Cells) -> Iterator[str]:
    if cells.malformed:
        yield f"{cells.malformed:,} records with a wrong number of fields are left out"
    if cells.broken:
        first = cells.dialect.broken_lines[0]
        yield f"{cells.broken:,} records whose quotes break the rules are left out (first: line {first:,})"


def _recency(rows: pd.DataFrame, as_of: date | None, name: str) -> tuple[pd.DataFrame, date | None, tuple[str, ...]]:
    """Recency counted to `as_of`, or to the day the table says, or to the day after its last order."""
    if c.LAST_ORDER not in rows or rows[c.LAST_ORDER].dtype.kind != "M" or rows[c.LAST_ORDER].isna().all():
        ignored = ("--as-of has no effect: the table has no last order date",) if as_of else ()
        return rows, None, ignored
    said = table.as_of(rows)
    day = as_of or said or rows[c.LAST_ORDER].max().date() + timedelta(days=1)
    late = int((rows[c.LAST_ORDER] > pd.Timestamp(day)).sum())
    if late:
        raise InputProblem(
            f"{late:,} customers ordered after {day.isoformat()}; what they had bought by then is not in this table",
            source=name,
            remedy="Give the order export, or a later --as-of",
        )
    if c.RECENCY_DAYS in rows and day != as_of:
        return rows, said, ()
    return rows.assign(**{c.RECENCY_DAYS: (pd.Timestamp(day) - rows[c.LAST_ORDER]).dt.days}), day, ()
