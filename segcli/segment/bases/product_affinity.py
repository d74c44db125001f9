"""Behavioural: what a customer buys most, and which categories go together."""

from itertools import combinations

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.customers import history
from segcli.customers.history import CUSTOMER
from segcli.model import Customers
from segcli.segment.bases import Decided, _given, column
from segcli.segment.experience import ALL

SOURCE = (
    "the category of most of a customer's order lines; lift of a pair = P(both) / (P(one) P(other)) among customers "
    "(Brin et al., SIGMOD 1997)"
)
NEEDS = f"{c.TOP + c.CATEGORY} or {c.CATEGORY}; an order export for pairs"
ADDS = ()


class Options(_given.Options):
    """Which values stand for themselves, and for whom pairs are told."""

    by: list[str] = Field(default_factory=list, description="Segmentations for whose segments pairs are told.")
    pairs: int = Field(5, ge=0, description="Pairs of categories told, those with the highest lift.")
    minimum_customers: int = Field(20, ge=1, description="Customers who must have bought both of a pair.")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's category; pairs with their lift for all and for each segment, where single orders are known."""
    decided = _given.given(customers, (c.TOP + c.CATEGORY, c.CATEGORY), options)
    if customers.transactions is None or c.CATEGORY not in customers.transactions.lines or not options.pairs:
        return decided
    bought = _bought(customers)
    everybody = pd.Series(ALL, index=customers.table.index)
    tables = {"Pairs": _lifts(bought, everybody, options)}
    tables |= {f"Pairs by {name}": _lifts(bought, column(customers, name), options) for name in options.by}
    return Decided(decided.labels, decided.order, decided.notes, tables=tables)


def _bought(customers: Customers) -> pd.DataFrame:
    """Whether each customer bought of each category, shape (customers, categories)."""
    lines = history.lines(customers)
    named = lines[lines[c.CATEGORY].astype("str") != ""]
    counts = pd.crosstab(named[CUSTOMER], named[c.CATEGORY].astype("str"))
    return counts.reindex(customers.table.index, fill_value=0) > 0


def _lifts(bought: pd.DataFrame, labels: pd.Series, options: Options) -> pd.DataFrame:
    """segment, category, and (the other), customers of both, lift; highest lift first within each segment."""
    rows: list[list[object]] = []
    for segment in sorted(labels.dropna().unique()):
        within = bought[(labels == segment).to_numpy()]
        has, size = within.to_numpy(dtype=np.float64), len(within)
        both, alone = has.T @ has, has.sum(axis=0)
        found = [
            [segment, within.columns[one], within.columns[other], int(both[one, other]), lift]
            for one, other in combinations(range(len(within.columns)), 2)
            if both[one, other] >= options.minimum_customers
            for lift in [float(both[one, other] * size / (alone[one] * alone[other]))]
        ]
        rows += sorted(found, key=lambda row: (-float(row[4]), row[1], row[2]))[: options.pairs]
    return pd.DataFrame(rows, columns=[c.NAME, c.CATEGORY, "and", c.CUSTOMERS, "lift"])
