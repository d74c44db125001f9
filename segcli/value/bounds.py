"""Intervals: what customers, segments and all together are worth under each of several samples' parameters.

They say how far the expectation may be off because the parameters may be, not how far a single customer will be off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.model import Segmentation
from segcli.value.bootstrap import Draw
from segcli.value.expecting import DIGITS, Expecting
from segcli.value.summary import Codes, Values

LOW, HIGH = 0.025, 0.975
AT_ONCE = 20_000  # customers whose intervals are found together
ORDERS, VALUE = c.EXPECTED_ORDERS, c.CLV


@dataclass(frozen=True, eq=False)
class Bounds:
    """`customers` are columns, `totals` sums of all customers, `segments` by column those of each segment."""

    customers: Mapping[str, Values]
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]


def bounds(expecting: Expecting, several: Sequence[Draw], segmentations: Sequence[Segmentation]) -> Bounds:
    """Sums, and intervals where there are draws: from the 2.5 % to the 97.5 % quantile."""
    orders, value = expecting.ahead[expecting.summary.group], expecting.clv
    under = [_under(expecting, draw) for draw in several]
    everybody = np.zeros(len(orders), dtype=np.int64)
    (total,) = _sums(everybody, 1, orders, value, under)
    segments = {}
    for one in segmentations:
        codes = pd.Index(one.segments).get_indexer(pd.Index(one.labels))
        rows = list(_sums(codes, len(one.segments), orders, value, under))
        alive = pd.Series(expecting.columns()[c.P_ALIVE]).groupby(codes).sum()
        told = pd.DataFrame(rows)
        told.insert(0, c.NAME, one.segments)
        told.insert(1, c.CUSTOMERS, np.bincount(codes, minlength=len(one.segments)))
        told.insert(2, "alive", alive.to_numpy())
        by = [name for name in (VALUE, ORDERS) if name in told]
        segments[one.column] = told.sort_values([by[0], c.NAME], ascending=[False, True], ignore_index=True)
    return Bounds(dict(_customers(value, under)), total, segments)


def _under(expecting: Expecting, draw: Draw) -> tuple[Values, Values | None]:
    """Orders and value of each customer under other parameters; later orders count less as they did."""
    orders, worth = expecting.drawn(draw)
    group = expecting.summary.group
    if worth is None or expecting.order_value is None or expecting.clv is None:
        return orders[group], None
    ratio = np.divide(orders, expecting.ahead, out=np.ones_like(orders), where=expecting.ahead > 0)[group]
    return orders[group], expecting.clv * ratio * worth / expecting.order_value


def _sums(
    codes: Codes, groups: int, orders: Values, value: Values | None, under: Sequence[tuple[Values, Values | None]]
) -> Iterator[dict[str, float]]:
    """Of each group of customers: expected orders and value, with intervals."""

    def summed(values: Values) -> Values:
        return np.asarray(np.bincount(codes, np.nan_to_num(values), groups), dtype=np.float64)

    columns = {ORDERS: (orders, [one for one, _ in under])}
    if value is not None:
        columns[VALUE] = (value, [worth for _, worth in under if worth is not None])
    sums = {name: (summed(values), [summed(one) for one in drawn]) for name, (values, drawn) in columns.items()}
    for place in range(groups):
        row: dict[str, float] = {}
        for name, (values, drawn) in sums.items():
            row[name] = float(values[place])
            if drawn:
                low, high = np.quantile([one[place] for one in drawn], [LOW, HIGH])
                row |= {f"{name}_low": float(low), f"{name}_high": float(high)}
        yield row


def _customers(value: Values | None, under: Sequence[tuple[Values, Values | None]]) -> Iterator[tuple[str, Values]]:
    """The interval of each customer's value."""
    drawn = [worth for _, worth in under if worth is not None]
    if value is None or not drawn:
        return
    parts = range(0, len(value), AT_ONCE)
    found = [np.quantile([one[at : at + AT_ONCE] for one in drawn], [LOW, HIGH], axis=0) for at in parts]
    low, high = np.concatenate(found, axis=1).round(DIGITS)
    yield from ((c.CLV_LOW, low), (c.CLV_HIGH, high))
