"""Behavioural: page, category or other text that most of a customer's events have."""

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.config.events import EVENT_TIME
from segcli.errors import InputProblem, UsageProblem
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _column_values

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
    events = _select_events(customers, options)
    counts = events.groupby([columns.CUSTOMER_ID, "text"], sort=True).size().rename("count").reset_index()
    totals = counts.groupby(columns.CUSTOMER_ID)["count"].sum()
    top = counts.sort_values("count", ascending=False, kind="stable").drop_duplicates(columns.CUSTOMER_ID)
    top_texts = top.set_index(columns.CUSTOMER_ID)["text"][totals[totals >= options.minimum_events].index]
    ids = customers.table[columns.CUSTOMER_ID].astype("str")
    table = pd.DataFrame({columns.CUSTOMER_ID: ids, options.column: ids.map(top_texts).astype("str")})
    described = Customers(table, customers.as_of, customers.input_reports)
    return _column_values.segments_from_column(described, (options.column,), options)


def _select_events(customers: Customers, options: Options) -> pd.DataFrame:
    """Return the customer and the text of each event in the window.

    Raises:
        InputProblem: there is no such table or column.
        UsageProblem: there is no as-of day.
    """
    rows = customers.events.get(options.table)
    if rows is None or options.column not in rows:
        available = [
            f"{table}.{name}"
            for table, rows in customers.events.items()
            for name in rows.drop(columns=columns.CUSTOMER_ID)
        ]
        raise InputProblem(
            f"no column {options.table}.{options.column} in the events; available: {', '.join(available) or 'none'}",
            source="rules.interest",
            remedy="declare it under ingest.events, or set the options table and column",
        )
    if customers.as_of is None:
        raise UsageProblem("the base interest counts days up to the as-of day; hint: set it with --as-of")
    days_ago = (np.datetime64(customers.as_of) - rows[EVENT_TIME].to_numpy().astype("datetime64[D]")).astype(np.int64)
    texts = rows[options.column].astype("str").where(rows[options.column].notna(), "").str.strip()
    if options.depth:
        paths = texts.str.replace(r"[?#].*", "", regex=True).str.strip("/").str.split("/")
        texts = "/" + paths.str[: options.depth].str.join("/")
    is_counted = (days_ago >= 0) & (days_ago <= options.days) & (texts != "").to_numpy()
    return pd.DataFrame({columns.CUSTOMER_ID: rows[columns.CUSTOMER_ID].astype("str"), "text": texts})[is_counted]
