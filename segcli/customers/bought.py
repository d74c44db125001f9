"""Customers as an order export shows them: what each bought, whether it is one file or several."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from segcli import columns as c
from segcli.columns import Kind
from segcli.customers import match
from segcli.customers.added import added
from segcli.customers.asked import Asked
from segcli.customers.kept import kept_lines
from segcli.customers.measures import unwanted
from segcli.customers.settled import settled
from segcli.customers.state import kept_in
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest.opening import Opened
from segcli.model import Customers, Input, Reading


def bought(files: Sequence[Opened], asked: Asked) -> Customers:
    """Clean the order lines, measure every customer, and judge the columns by their rules.

    Args:
        files: an order export, or several that are one.
        asked: policies, and what else the lines must tell.

    Raises:
        InputProblem: nobody bought anything, or the files have not the same columns.
        UsageProblem: lines are to be left out by a day that only all files tell.
    """
    if len(files) > 1:
        _refuse_differing(files)
    if len(files) > 1 and asked.privacy.retention_days is not None and asked.as_of is None:
        raise UsageProblem("privacy.retention over several files needs the day it is counted to: give --as-of")
    if len(files) == 1 and files[0].is_bare:
        return _nobody(files[0], asked.settings.measures)
    unread = _unread(files[0], asked)
    asked = replace(asked, is_partial=not unread.isdisjoint(files[0].recognition.columns))
    files = [file.without({*unread, *match.CONTACTS} - set(asked.contacts)) for file in files]
    with kept_in(asked.settings, asked.contacts) as state:
        alone = len(files) == 1 and state is None
        lines = partial(kept_lines, files, asked)
        return settled([added(file, asked, state, alone=alone) for file in files], asked, lines)


def _unread(main: Opened, asked: Asked) -> set[str]:
    """Columns of text that no measure needs, no rule checks, and that tell no orders apart."""
    if not asked.settings.measures:
        return set()
    kept = c.ORDER_FIELDS if main.source.amount_per == "order" else ()
    return unwanted(asked.settings.measures) - {*kept, *asked.rules, *match.CONTACTS}


def _nobody(file: Opened, wanted: Collection[str]) -> Customers:
    """An export with a header and nothing below it: no customers, which is said and is no error in itself."""
    content = file.content
    read_as = Input(content.name, content.size, content.sha256, 0)
    note = "no transactions: there is a header and nothing below it"
    reading = Reading(read_as, "orders", str(file.dialect), file.recognition.columns, preset=file.preset, notes=(note,))
    kinds = {Kind.DATE: "datetime64[s]", Kind.COUNT: "int64", Kind.DAYS: "int64"}
    measures = {
        name: pd.Series(dtype=kinds.get(kind, "float64"))
        for name, kind in c.MEASURES.items()
        if not wanted or name in wanted
    }
    return Customers(pd.DataFrame({c.CUSTOMER_ID: pd.Series(dtype="str"), **measures}), None, (reading,))


def _refuse_differing(files: Sequence[Opened]) -> None:
    first = files[0]
    for file in files:
        if not file.is_orders:
            raise InputProblem(
                "holds one row per customer; only order exports are read several at a time",
                source=file.content.name,
                remedy="Name it behind the orders: segcli ingest ORDERS FILE",
            )
        differing = set(first.recognition.columns) ^ set(file.recognition.columns)
        if differing:
            raise InputProblem(
                f"has not the columns of {first.content.name}: only one of them has {', '.join(sorted(differing))}",
                source=file.content.name,
                line=1,
                remedy="Give files of one export, or say which columns are which with --map",
            )
