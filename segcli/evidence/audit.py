"""An audit of segments by a column they are never made of: their make-up, who is chosen, what gives the group away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.fairness import FairnessSettings
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems
from segcli.evidence.fairness import Selection, balance, proxies, selection, unjudged
from segcli.model import Customers, Segmentation
from segcli.segment.eligible import standard_names

SCORED = (c.RECENCY_DAYS, c.ORDERS, c.REVENUE)  # what RFM is made of


@dataclass(frozen=True)
class Audit:
    """By one column: `balances` of segments by segmentation, the `selection` of targets (if any), and `proxies`.

    `passed` is whether the ratio of selection rates is as high as asked, or nobody was chosen.
    """

    column: str
    balances: Mapping[str, pd.DataFrame]
    selection: Selection | None
    proxies: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether groups are chosen at rates as alike as asked."""
        return self.selection is None or self.selection.passed


def audit(
    segmentations: Sequence[Segmentation],
    settings: FairnessSettings,
    smallest: int,
    chosen: npt.NDArray[np.bool_] | None,
) -> list[Audit]:
    """An audit by each column that the settings keep for it.

    Args:
        segmentations: of the same customers.
        settings: columns and bounds.
        smallest: customers from which a group is told of.
        chosen: who is in a target segment, if any were chosen.

    Raises:
        ConfigProblems: there is no such column.
    """
    customers = segmentations[-1].customers  # with the columns of the segmentations before it
    features = list(dict.fromkeys(name for one in segmentations for name in _features(one)))
    audits = []
    for name in settings.audit_only:
        groups = customers.table[_column(customers, name)]
        picked = None if chosen is None else selection(chosen, groups, smallest, settings.minimum_ratio)
        there = [one for one in features if one in customers.table and one != name]
        balances = {one.column: balance(one, groups, smallest) for one in segmentations}
        said = (*unjudged(groups, smallest), *_uneven(balances, settings), *_noticed(picked, settings))
        audits.append(Audit(name, balances, picked, proxies(customers.table, groups, there, smallest), said))
    return audits


def masked(one: Audit, smallest: int) -> Audit:
    """The audit without numbers that tell of a few people: of a group in a segment, or of its chosen."""
    balances = {}
    for column, rows in one.balances.items():
        few = _few((rows["share"] * rows[c.CUSTOMERS]).round(), smallest)
        balances[column] = rows.assign(balance=rows["balance"].mask(few), share=rows["share"].mask(few))
    picked = one.selection
    if picked is not None:
        table = picked.table
        few = _few(table["chosen"], smallest) | _few(table[c.CUSTOMERS] - table["chosen"], smallest)
        hidden = {name: table[name].astype("float64").mask(few) for name in ("chosen", "rate", "low", "high")}
        picked = replace(picked, table=table.assign(**hidden))
    return replace(one, balances=balances, selection=picked)


def _few(counts: pd.Series, smallest: int) -> pd.Series:
    return (counts > 0) & (counts < smallest)


def _column(customers: Customers, name: str) -> str:
    """The column in the table, also by its name in the file.

    Raises:
        ConfigProblems: there is none.
    """
    (found,) = standard_names(customers, [name])
    if found not in customers.table:
        there = ", ".join(customers.table.columns)
        what = f"fairness.audit_only: no column '{name}'; there is: {there}"
        raise ConfigProblems([add_remedy(what, customers, [found])])
    return found


def _features(made: Segmentation) -> list[str]:
    """The columns that a segmentation was made of, as far as it says so."""
    if "features" in made.method:
        return [str(one["name"]) for one in made.method["features"]]
    return list(SCORED) if made.column == c.RFM_SEGMENT else []


def _uneven(balances: Mapping[str, pd.DataFrame], settings: FairnessSettings) -> Iterator[str]:
    """The segments whose make-up is far from that of all."""
    for column, rows in balances.items():
        names = list(rows.loc[rows["balance"] < settings.minimum_balance, c.NAME])
        if names:
            yield f"{column}: balance below {settings.minimum_balance:g} in {', '.join(names)}"


def _noticed(picked: Selection | None, settings: FairnessSettings) -> Iterator[str]:
    if picked is None or np.isnan(picked.ratio):
        return
    verdict = "passes" if picked.passed else "is too low"
    chance = (
        "" if np.isnan(picked.p) else f"; were groups alike, rates this different would come with p = {picked.p:.3g}"
    )
    yield f"ratio of selection rates {picked.ratio:.2f} {verdict} (at least {settings.minimum_ratio:g}){chance}"
