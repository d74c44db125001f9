"""Who moved between segments since an earlier result, as a report's readers may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from segcli import columns as c
from segcli.config.privacy import PrivacySettings
from segcli.evidence.compare import ENTERED, FROM, LEFT, TO
from segcli.evidence.movement import psi
from segcli.model import Segmentation
from segcli.reports import cells
from segcli.reports.shield import shield


@dataclass(frozen=True, eq=False)
class Moved:
    """`flows`: from, to, customers, with blank names for all that are withheld.

    `psi` is that of the shares of segments, which are a new picture from `major` on.

    `before` and `after` are the names in `flows`, in the order shown.
    """

    name: str
    before: Sequence[str]
    after: Sequence[str]
    flows: pd.DataFrame
    psi: float
    major: float


def moved(old: Segmentation, new: Segmentation, settings: PrivacySettings, major: float) -> Moved:
    """The flows between two segmentations of much the same customers.

    Args:
        old: the earlier one.
        new: the later one, without what is withheld of it.
        settings: how small a group may be that is told of.
        major: PSI from which segments should be made anew.
    """
    made = cells.moves(old, new)
    guard = shield(made, settings)
    rows = cells.apart(guard.over(made)[-1])
    for end in (FROM, TO):  # of a segment that is too small by itself nothing is told, even where its parts add up
        rows.loc[rows[end].isin(list(guard.names[end])), [FROM, TO]] = ""
    flows = rows.groupby([FROM, TO], sort=True)[c.CUSTOMERS].sum().reset_index()
    names = [*map(cells.called, (*new.segments, *old.segments)), ENTERED, LEFT]
    order = list(dict.fromkeys(names))  # alike on both sides, so that few bands cross
    before, after = ([name for name in order if name in set(flows[end])] for end in (FROM, TO))
    return Moved(new.name, before, after, flows, psi(old, new), major)
