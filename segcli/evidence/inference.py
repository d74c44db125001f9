"""What published counts give away: whether the count of a withheld segment can be told, and what would hide it.

An attacker knows every published row, the names of all segments (so that each has a customer), which segmentations are
linked by what they mean, and which joint combinations of linked ones customers have: the worst case. What is open are
the numbers of customers in these combinations, whole and not negative (the attacker's problem of Fischetti and Salazar
2001; Hundepool et al., Statistical disclosure control, 2012, ch. 4). Segmentations that are not linked tell nothing of
each other: whatever their counts, there are joint ones that add up to both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from scipy.optimize import LinearConstraint

    from segcli.model import Segmentation

# A search: how many combinations may vary (the others count as known, which errs on withholding), and by how many
# customers a published count may differ. The first sees the usual case, that some counts can be others, soonest.
Reach = tuple[int, int]
GLANCE: Reach = (100, 1)
SEARCHES: tuple[Reach, ...] = ((1_000, 1), (1_000, 100))
NODES = 1_000  # of the search: a bound in time would make results depend on the machine
CHANCE = 0.001  # below it, that a whole segment lies inside one of another segmentation is no accident

Cell = tuple[str, str]  # column and segment
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Atoms:
    """Joint combinations that customers have: `counts` of shape (m,), `inside` (1 or 0, shape (m,)) by segment."""

    counts: Numbers
    inside: Mapping[Cell, Numbers]

    def size(self, cell: Cell) -> float:
        """Customers of a segment."""
        return float(self.counts @ self.inside[cell])


def linked(segmentations: Sequence[Segmentation]) -> list[list[Segmentation]]:
    """Segmentations in groups, of which each is linked to another of its group: by column, whatever the order given.

    Two are linked where every segment of one lies inside one of the other (a cross and its parts, a union and its
    parts), or where one segment does and would not by chance.
    """
    groups: list[list[Segmentation]] = []
    for one in sorted(segmentations, key=lambda made: made.column):
        near = [any(_meet(one, other) for other in group) for group in groups]
        joined = [made for group, meets in zip(groups, near, strict=True) if meets for made in group]
        groups = [*(group for group, meets in zip(groups, near, strict=True) if not meets), [*joined, one]]
    return groups


def _meet(one: Segmentation, other: Segmentation) -> bool:
    (codes, names), (places, others) = (pd.factorize(made.labels, sort=True) for made in (one, other))
    joint = np.bincount(codes * len(others) + places, minlength=len(names) * len(others))
    table = joint.reshape(len(names), len(others))
    return _inside(table) or _inside(table.T)


def _inside(table: npt.NDArray[np.int64]) -> bool:
    """Whether rows lie inside columns: all of them, or one that would do so by chance hardly ever."""
    if min(table.shape) == 1:
        return False  # of everybody nothing is told but their number
    alone = (table > 0).sum(axis=1) == 1
    shares, sizes = table.sum(axis=0) / table.sum(), table.sum(axis=1)
    by_chance = (shares[None, :] ** sizes[:, None]).sum(axis=1)
    return bool(alone.all() or (alone & (by_chance < CHANCE)).any())


def atoms(segmentations: Sequence[Segmentation]) -> Atoms:
    """Of segmentations of the same customers; the order of either changes nothing."""
    ordered = sorted(segmentations, key=lambda one: one.column)
    labels = pd.DataFrame({one.column: one.labels.to_numpy(dtype=object) for one in ordered})
    found = labels.groupby(list(labels.columns), sort=True).size()
    by_column = {name: found.index.get_level_values(name).to_numpy(dtype=object) for name in labels.columns}
    inside = {
        (column, str(name)): (values == name).astype(np.float64)
        for column, values in by_column.items()
        for name in sorted(set(values))
    }
    return Atoms(np.asarray(found, dtype=np.float64), inside)


def hiding(known: Atoms, cell: Cell, hidden: Collection[Cell]) -> frozenset[Cell] | None:
    """The published segments with the fewest customers that must be withheld, too, so that a count cannot be told.

    Args:
        known: the combinations.
        cell: the withheld segment whose count is not to be told.
        hidden: all withheld segments; those of a column are published as one row.

    Returns:
        None of them where it cannot be told as it is; None where nothing found hides it.
    """
    if any(_search(known, cell, hidden, sign, GLANCE) == frozenset() for sign in (1, -1)):
        return frozenset()
    for reach in SEARCHES:
        found: list[frozenset[Cell]] = []
        for sign in (1, -1):
            more = _search(known, cell, hidden, sign, reach)
            if more is not None and not more:
                return more
            found += [] if more is None else [more]
        if found:
            return min(found, key=lambda cells: sum(map(known.size, cells)))
    return None


def _search(known: Atoms, cell: Cell, hidden: Collection[Cell], sign: int, reach: Reach) -> frozenset[Cell] | None:
    """Other counts that agree with what is published, as differences d from the true ones, with more (less) in `cell`.

    A published segment whose count differs, by `most` at most, has y = 1: it must be withheld. The merged row of its
    column takes that up, as the differences add up to 0. The y of the fewest customers are wanted.
    """
    from scipy.optimize import Bounds, milp

    size, most = reach
    free, shown = _free(known, hidden, cell, size), [one for one in known.inside if one not in hidden]
    counts, sizes = known.counts[free], np.array([known.size(one) for one in shown])
    lowest = np.concatenate([-counts, np.zeros(len(shown))])
    highest = np.concatenate([np.full(len(counts), known.counts.sum()), np.ones(len(shown))])
    found = milp(
        np.concatenate([np.zeros(len(counts)), sizes]),
        integrality=np.ones(len(lowest), dtype=np.int64),
        bounds=Bounds(lowest, highest),
        constraints=_published(known, free, shown, most) + _other(known, free, cell, sign, len(shown)),
        options={"node_limit": NODES},
    )
    if found.x is None:
        return None
    chosen = np.asarray(found.x[len(counts) :]) > 0.5  # noqa: PLR2004 - 0 or 1, as near as the search makes them
    return frozenset(one for one, y in zip(shown, chosen, strict=True) if y)


def _free(known: Atoms, hidden: Collection[Cell], cell: Cell, size: int) -> npt.NDArray[np.intp]:
    """Which combinations may vary: those of the segment first, then those withheld with it, then the most like them.

    Counts change in circles: somebody leaves the segment for one withheld with it, and others make up for that where
    the two differ in more than this. Those who are like them differ in little.
    """
    mates = np.max([known.inside[one] for one in hidden if one[0] == cell[0]], axis=0)
    member = np.array(list(known.inside.values()))
    alike = (member.T @ member[:, mates > 0]).max(axis=1)
    return np.lexsort((-known.counts, -alike, -mates, -known.inside[cell]))[:size]


def _published(known: Atoms, free: npt.NDArray[np.intp], shown: Sequence[Cell], most: int) -> list[LinearConstraint]:
    """-most y <= d within a published segment <= most y."""
    from scipy.optimize import LinearConstraint

    if not shown:
        return []
    inside, switch = np.array([known.inside[one][free] for one in shown]), most * np.eye(len(shown))
    return [
        LinearConstraint(np.hstack([inside, switch]), 0, np.inf),
        LinearConstraint(np.hstack([inside, -switch]), -np.inf, 0),
    ]


def _other(known: Atoms, free: npt.NDArray[np.intp], cell: Cell, sign: int, switches: int) -> list[LinearConstraint]:
    """The total stays, the segment's count does not, and no segment is left without customers."""
    from scipy.optimize import LinearConstraint

    inside = np.array([known.inside[one][free] for one in known.inside])
    sizes = np.array([known.size(one) for one in known.inside])
    rows = np.vstack([inside, np.ones(len(free)), sign * known.inside[cell][free]])
    low = np.concatenate([1 - sizes, [0, 1]])
    high = np.concatenate([np.full(len(sizes), np.inf), [0, np.inf]])
    return [LinearConstraint(np.hstack([rows, np.zeros((len(rows), switches))]), low, high)]
