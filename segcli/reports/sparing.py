"""Tables of counts without the rows and cells that tell of too few customers."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.evidence.disclosure import small
from segcli.segment.experience import ALL
from segcli.value.cohort import COHORT, PERIOD, SIZE, VALUE, WATCHED

COUNTS = (c.CUSTOMERS, "answers", "buyers", "chosen", c.ORDERS)  # columns that count people, or what few may have done
RATES = ("rate", "response_rate")


def rows(
    table: pd.DataFrame,
    smallest: int,
    *,
    size: str = c.CUSTOMERS,
    parts: Sequence[str] = (),
    gone: Collection[int] = (),
) -> pd.DataFrame:
    """The rows that may be told; what is left out is more than one row and not too few, so that totals do not tell it.

    Args:
        table: one row per group, numbered from 0.
        smallest: number of customers that may be shown.
        size: the column of their number.
        parts: columns that count some of them; neither these nor all others may be too few.
        gone: rows that are withheld already.
    """
    hidden = set(gone) | {place for place in range(len(table)) if _tells(table.iloc[place], smallest, size, parts)}
    for place in np.lexsort((np.arange(len(table)), table[size])) if hidden else ():
        if len(hidden) > 1 and not small(int(table.iloc[list(hidden)][size].sum()), smallest):
            break
        hidden.add(int(place))
    return table.drop(index=table.index[sorted(hidden)]).reset_index(drop=True)


def _tells(row: pd.Series, smallest: int, size: str, parts: Sequence[str]) -> bool:
    whole = int(row[size])
    counts = [whole, *(count for part in parts for count in (int(row[part]), whole - int(row[part])))]
    return any(small(count, smallest) for count in counts)


def cohorts(table: pd.DataFrame, smallest: int, show: str) -> pd.DataFrame:
    """Cohorts of enough customers, with what is shown of each period: blank where few bought, or all but few did.

    Of revenue to date nothing is told from the first blank on: the next number would tell it.
    """
    sizes = table.drop_duplicates(COHORT)[[COHORT, SIZE]].reset_index(drop=True)
    told = table[table[COHORT].isin(rows(sizes, smallest, size=SIZE)[COHORT])].copy()
    few = pd.Series(
        [
            any(small(int(count), smallest) for count in (watched, bought, watched - bought))
            for watched, bought in zip(told[WATCHED], told[c.CUSTOMERS], strict=True)
        ],
        index=told.index,
        dtype=bool,
    )
    blank = few.groupby(told[COHORT], sort=False).cummax() if show == VALUE else few
    told[show] = told[show].astype("float64").where(~blank)
    return told[list(dict.fromkeys([COHORT, PERIOD, SIZE, show]))].reset_index(drop=True)


def blank_few(table: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Blank the numbers in rows that count too few customers.

    A row is blanked if a count, or the part of a count that a rate stands for, is too small. The next smallest rows are
    blanked too if totals or other segments would reveal the numbers.

    Args:
        table: with columns of counts, as they are named in COUNTS; others are returned as they are.
        smallest: customers that may be told of.
    """
    counts = [name for name in COUNTS if name in table and pd.api.types.is_numeric_dtype(table[name])]
    if smallest <= 1 or not counts or table.empty:
        return table
    places = table.reset_index(drop=True)
    hidden = set[int]()
    for _, group in places.groupby("measure", sort=False) if "measure" in table else [("", places)]:
        hidden |= _blank_rows(group, counts, smallest)
    blank = places.index.isin(sorted(hidden))
    numbers = [name for name in places if pd.api.types.is_numeric_dtype(places[name])]
    return places.assign(**{str(name): places[name].astype("float64").mask(blank) for name in numbers if blank.any()})


def _blank_rows(group: pd.DataFrame, counts: Sequence[str], smallest: int) -> set[int]:
    """Return the rows that count too few, and the smallest others until there are two rows with enough customers."""
    rows = dict(zip(map(int, group.index), group.to_dict("records"), strict=True))
    sizes = {place: int(row[counts[0]]) for place, row in rows.items() if pd.notna(row[counts[0]])}
    hidden = {place for place, row in rows.items() if any(small(n, smallest) for n in _counts_in(row, counts))}
    parts = [place for place in sizes if rows[place].get(c.NAME) != ALL]
    for place in sorted(parts, key=lambda place: sizes[place]) if hidden else ():
        if len(hidden) > 1 and not small(sum(sizes.get(one, 0) for one in hidden), smallest):
            break
        hidden.add(place)
    return hidden


def _counts_in(row: Mapping[Hashable, Any], counts: Sequence[str]) -> list[int]:
    """Return the counts of customers in a row: its own, and those for whom its rate holds and does not hold."""
    found = [int(row[name]) for name in counts if pd.notna(row[name])]
    for rate in (name for name in RATES if name in row and pd.notna(row[name])):
        part = round(float(row[rate]) * found[0]) if found else 0
        found += [part, found[0] - part] if found else []
    return found
