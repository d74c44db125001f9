"""Behavioural: page, category or other text that most of a customer's events have."""

import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _column_values, _events

SOURCE = "the most frequent value of the events in the window; on ties, the first in the order of texts"
NEEDS = "a table of ingest.events with a text column, for example web with page"
ADDS = ()


class Options(_column_values.Options):
    """Table and column of the events, their window, and the minimum share of a value."""

    table: str = Field("web", description="Table of ingest.events.")
    column: str = Field("page", description="Column of the table.")
    days: int = Field(90, ge=1, description="Days before the as-of day whose events count.")
    minimum_events: int = Field(3, ge=1, description="Events that a customer needs; customers with fewer are unknown.")
    depth: int = Field(
        0,
        ge=0,
        description="Parts of a path that count, for example 1 for /products of /products/mug?size=2. 0 keeps the "
        "whole text.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the text that most of a customer's recent events have, such as the page or category of their visits."""
    rows = _events.select_events(customers, "interest", options.table, options.column, days=options.days)
    texts = _events.read_texts(rows, options.column)
    if options.depth:
        paths = texts.str.replace(r"[?#].*", "", regex=True).str.strip("/").str.split("/")
        texts = "/" + paths.str[: options.depth].str.join("/")
    events = pd.DataFrame({CUSTOMER_ROW: rows.positions, "text": texts.to_numpy()})[(texts != "").to_numpy()]
    counts = events.groupby([CUSTOMER_ROW, "text"], sort=True).size().rename("count").reset_index()
    totals = counts.groupby(CUSTOMER_ROW)["count"].sum()
    top = counts.sort_values("count", ascending=False, kind="stable").drop_duplicates(CUSTOMER_ROW)
    top_texts = top.set_index(CUSTOMER_ROW)["text"][totals[totals >= options.minimum_events].index]
    ids = customers.table[columns.CUSTOMER_ID].reset_index(drop=True)
    table = pd.DataFrame({columns.CUSTOMER_ID: ids, options.column: pd.Series(ids.index).map(top_texts).astype("str")})
    described = Customers(table, customers.as_of, customers.input_reports)
    return _column_values.segments_from_column(described, (options.column,), options)
