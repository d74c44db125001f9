"""Groups by two things at once, as segmentations: what is too small among them is withheld like any other segment."""

from dataclasses import replace

import pandas as pd

from segcli import columns as c
from segcli.evidence.compare import ENTERED, FROM, LEFT, TO
from segcli.model import Customers, Segmentation
from segcli.segment.plain import plain

HEAT, MOVES = "score_cells", "moves"
RECENCY, FREQUENCY = "recency_scores", "frequency_scores"
BETWEEN = " -> "


def heat(made: Segmentation) -> list[Segmentation]:
    """By recency score, by frequency score, and by both, as `R5 -> F3`; none where there are no such scores."""
    table = made.table
    if c.R_SCORE not in table or c.F_SCORE not in table:
        return []
    named = ((c.R_SCORE, "R"), (c.F_SCORE, "F"))
    scores = [letter + table[name].astype("int64").astype("str") for name, letter in named]
    return _crossed(made.customers, (RECENCY, FREQUENCY, HEAT), *scores)


def scores(cells: Segmentation) -> pd.DataFrame:
    """The profile of cells of `heat` with r_score and f_score, without what is withheld."""
    rows = apart(cells)
    told = rows[rows[FROM] != ""].reset_index(drop=True)
    read = {name: told[end].str[1:].astype("int64") for name, end in ((c.R_SCORE, FROM), (c.F_SCORE, TO))}
    return told.drop(columns=[FROM, TO, c.NAME]).assign(**read)


def moves(old: Segmentation, new: Segmentation) -> list[Segmentation]:
    """By the segment before, by the segment now, and by both, of all who were or are customers."""
    was = pd.Series(old.labels.to_numpy(), index=old.customers.table[c.CUSTOMER_ID])
    now = pd.Series(new.labels.to_numpy(), index=new.customers.table[c.CUSTOMER_ID])
    ids = was.index.union(now.index)
    everybody = Customers(pd.DataFrame({c.CUSTOMER_ID: ids.astype("str")}), new.customers.as_of, new.customers.readings)
    ends = [one.reindex(ids).fillna(absent).reset_index(drop=True) for one, absent in ((was, ENTERED), (now, LEFT))]
    return _crossed(everybody, (FROM, TO, MOVES), *ends)


def apart(cells: Segmentation) -> pd.DataFrame:
    """The profile of cells with both their names (`from`, `to`); blank for what is withheld."""
    both = cells.profile[c.NAME].str.partition(BETWEEN)
    known = both[1] != ""
    return cells.profile.assign(**{FROM: both[0].where(known, ""), TO: both[2].where(known, "")})


def called(name: str) -> str:
    """A name as it can be part of the name of a cell.

    >>> called("A -> B")
    'A > B'
    """
    return name.replace(BETWEEN, " > ")


def _crossed(customers: Customers, names: tuple[str, str, str], one: pd.Series, other: pd.Series) -> list[Segmentation]:
    safe = [labels.astype("str").map(called) for labels in (one, other)]
    both = safe[0] + BETWEEN + safe[1]
    return [_made(customers, name, labels) for name, labels in zip(names, (*safe, both), strict=True)]


def _made(customers: Customers, name: str, labels: pd.Series) -> Segmentation:
    return plain(replace(customers, transactions=None, contacts=None, warnings=()), name, labels, {"name": name})
