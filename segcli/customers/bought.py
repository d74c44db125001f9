"""Customers as an order export shows them: what each bought."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from segcli import columns as c
from segcli.columns import Kind
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import ColumnRule
from segcli.customers import engined, streamed
from segcli.customers.choosing import chosen, refuse_doubt
from segcli.customers.engines import PANDAS
from segcli.customers.measures import unwanted
from segcli.customers.reduce import reduce
from segcli.customers.settled import settled
from segcli.ingest import quality, transactions
from segcli.ingest.doubt import Doubt
from segcli.ingest.export import Export
from segcli.ingest.opening import Opened, opened
from segcli.ingest.per_order import per_order
from segcli.ingest.void import status_columns
from segcli.model import Customers, Input, Reading, Transactions


@dataclass(frozen=True)
class Also:
    """What else lines are read for: rules by column, and `email` or `phone`, by which other files find customers."""

    rules: Mapping[str, ColumnRule]
    contacts: Sequence[str]


def bought(
    main: Opened, settings: IngestSettings, privacy: PrivacySettings, also: Also, *, as_of: date | None
) -> Customers:
    """Clean the order lines, measure every customer, and judge the columns by their rules.

    Args:
        main: an order export.
        settings: policies.
        privacy: how long orders may be kept, and whether ids may be told.
        also: what else the lines must tell.
        as_of: the day recency is counted to; by default the day after the last order.
    """
    main, rules = _measured(main, settings, also), also.rules
    if main.content.is_head:
        asked, settings = settings.engine, chosen(settings, main)
        with contextlib.suppress(Doubt):
            if not rules:
                return _streamed(main, settings, privacy, also, as_of)
        refuse_doubt(asked, main, settings, privacy, rules)
        main = _measured(opened(main.asked), settings, also)
    export = _export(main, settings, rules)
    if not export.cells.rows:
        return _nobody(export)
    export.require(c.CUSTOMER_ID, c.ORDER_DATE)
    whole = per_order(export)
    customers = reduce(transactions.clean(whole, settings, as_of, also.contacts, privacy), settings.measures)
    return replace(customers, verdicts=tuple(quality.judge(whole.export.cells, main.recognition, main.source, rules)))


def _streamed(
    head: Opened, settings: IngestSettings, privacy: PrivacySettings, also: Also, as_of: date | None
) -> Customers:
    """The same, of a file of which only the head is known, in pieces; the lines themselves only if they are asked for.

    Raises:
        Doubt: it is to be read whole.
    """

    def whole() -> Transactions:
        main = opened(head.asked)
        export = per_order(_export(main, settings, {}))
        return transactions.clean(export, settings, as_of, also.contacts, privacy)

    add_up = streamed.tallies if settings.engine == PANDAS else engined.tallies
    plan, found = add_up(head, _columns(head), settings, privacy, as_of)
    return settled(plan, found, settings, as_of, whole)


def _measured(main: Opened, settings: IngestSettings, also: Also) -> Opened:
    """The file without the columns of text that only unwanted measures would be made of."""
    return main.without(unwanted(settings.measures) - set(also.contacts)) if settings.measures else main


def _columns(main: Opened) -> list[str]:
    """The recognised columns, and those that say what became of an order."""
    return [*main.recognition.columns.values(), *(main.source.void or status_columns(main.header))]


def _export(main: Opened, settings: IngestSettings, rules: Mapping[str, ColumnRule]) -> Export:
    """The needed columns and those that rules are about; all of them where whole lines are compared."""
    ruled = [quality.column_of(name, main.recognition, main.header) for name in rules]
    wanted = None if settings.dedupe == "lines" else [*_columns(main), *ruled]
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
