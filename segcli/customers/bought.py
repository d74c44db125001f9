"""Customers as an order export shows them: what each bought."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from segcli import columns as c
from segcli.columns import Kind
from segcli.config.ingest import IngestSettings
from segcli.customers.choosing import chosen, refuse_doubt
from segcli.customers.measures import unwanted
from segcli.customers.reduce import reduce
from segcli.customers.settled import settled
from segcli.customers.several import Also, Asked, added_up, kept_lines, together, whole_export
from segcli.ingest import quality, transactions
from segcli.ingest.doubt import Doubt
from segcli.ingest.export import Export
from segcli.ingest.opening import Opened, opened
from segcli.ingest.per_order import per_order
from segcli.model import Customers, Input, Reading


def bought(files: Sequence[Opened], asked: Asked) -> Customers:
    """Clean the order lines, measure every customer, and judge the columns by their rules.

    Args:
        files: an order export, or several that are one.
        asked: policies, and what else the lines must tell.

    Raises:
        InputProblem: nobody bought anything, or the files have not the same columns.
    """
    settings, also, as_of = asked.settings, asked.also, asked.as_of
    files = [_measured(file, settings, also) for file in files]
    if len(files) > 1 or settings.state:
        return together(files, asked)
    (main,), rules = files, also.rules
    if main.content.is_head:
        engine = chosen(settings, main)
        with contextlib.suppress(Doubt):
            if not rules:
                lines = partial(kept_lines, files, asked)
                asked = replace(asked, settings=engine)
                return settled([added_up(main, asked)], settings, as_of, lines, told=asked.told)
        refuse_doubt(settings.engine, main, settings, asked.privacy, rules)
        main = _measured(opened(main.asked), settings, also)
    export = whole_export(main, settings, rules)
    if not export.cells.rows:
        return _nobody(export)
    export.require(c.CUSTOMER_ID, c.ORDER_DATE)
    whole = per_order(export)
    customers = reduce(transactions.clean(whole, settings, as_of, also.contacts, asked.privacy), settings.measures)
    return replace(customers, verdicts=tuple(quality.judge(whole.export.cells, main.recognition, main.source, rules)))


def _measured(main: Opened, settings: IngestSettings, also: Also) -> Opened:
    """The file without the columns of text that only unwanted measures would be made of."""
    return main.without(unwanted(settings.measures) - set(also.contacts)) if settings.measures else main


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
