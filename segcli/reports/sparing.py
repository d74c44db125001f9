"""Tables of counts without the rows and cells that tell of too few customers."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.evidence.disclosure import small
from segcli.value.cohort import COHORT, PERIOD, SIZE, VALUE, WATCHED


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
        smallest: customers that may be told of.
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
