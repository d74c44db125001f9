"""Statistical disclosure control: which segments of published tables are withheld, merged into one row.

Primary are segments of few customers (threshold rule) and those of whose revenue one customer has nearly all
(dominance rule); others are withheld so that these cannot be told from totals and linked tables (complementary
suppression; Hundepool et al., Statistical disclosure control, 2012, ch. 4). One recoding for all tables (global
recoding; Willenborg and de Waal, Elements of statistical disclosure control, 2001) keeps them consistent.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.evidence.inference import Atoms, Cell, atoms, hiding, linked
from segcli.model import Segmentation
from segcli.segment.profile import profile

DOMINANCE = 0.85  # of a segment's revenue
WITHHELD = "(withheld)"
TOP = "top"  # the highest revenue of one customer


def small(count: int, smallest: int) -> bool:
    """Whether a count tells of too few; nobody is not too few.

    >>> [small(count, 5) for count in (0, 1, 4, 5)]
    [False, True, True, False]
    """
    return 0 < count < smallest


def withheld(
    segmentations: Sequence[Segmentation], smallest: int, dominance: float = DOMINANCE
) -> dict[str, tuple[str, ...]]:
    """The segments to be withheld, by column, in the order shown; none where nothing is small or dominated.

    What is withheld of a segmentation makes one row that is neither small nor dominated, unless that is everybody. No
    count of a withheld segment can be told from all published rows together (`inference`), unless the total and the
    names alone tell it, as of one segment, or of as many segments as there are customers.

    Args:
        segmentations: of the same customers, one row per segment of each to be published.
        smallest: customers from which a segment may be published.
        dominance: share of a segment's revenue above which one customer dominates it.
    """
    assert len({one.column for one in segmentations}) == len(segmentations), "a column is given twice"
    assert len({len(one.labels) for one in segmentations}) <= 1, "segmentations must be of the same customers"
    rule = _Rule({one.column: _sizes(one) for one in segmentations}, smallest, dominance)
    hidden = rule.completed(rule.primary())
    for group in linked(segmentations) if hidden else ():
        hidden |= _protected(atoms(group), rule, hidden)
    return {one.column: tuple(name for name in one.segments if (one.column, name) in hidden) for one in segmentations}


def recoded(
    made: Segmentation,
    names: Sequence[str],
    smallest: int,
    label: str = WITHHELD,
    elsewhere: Sequence[str] = (),
) -> Segmentation:
    """The segmentation with segments merged into one, shown last; as it is where none is withheld.

    Left out are rows of its tables and notes that name a withheld segment, also one of another segmentation, and
    warnings that do so beside a number. Scores and the customers' table stay: they are not for publishing.

    Args:
        made: the segmentation.
        names: its segments to be withheld.
        smallest: customers from which a segment may be published, for the note.
        label: of the merged segment; with apostrophes where a segment is called so.
        elsewhere: withheld segments of other segmentations, which its tables may speak of.
    """
    gone = {*names, *elsewhere}
    tables = {title: table[~table.isin(list(gone)).any(axis=1)] for title, table in made.tables.items()}
    told = replace(
        made,
        notes=tuple(note for note in made.notes if _unnamed(note, gone) == note),
        warnings=tuple(
            one for one in made.warnings if (rest := _unnamed(one, gone)) == one or not re.search(r"\d", rest)
        ),
        tables={title: table.reset_index(drop=True) for title, table in tables.items()},
    )
    return _merged(told, names, smallest, label) if names else told


def _unnamed(text: str, names: Iterable[str]) -> str:
    """A sentence without the names of segments that it has as whole words."""
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text, flags=re.IGNORECASE)
    return text


def _merged(made: Segmentation, names: Sequence[str], smallest: int, label: str) -> Segmentation:
    while label in made.segments:
        label += "'"
    labels = made.labels.where(~made.labels.isin(list(names)), label)
    order = [*(name for name in made.segments if name not in names), label]
    place = {name: number for number, name in enumerate(order)}
    rows = profile(made.customers.table, labels)
    why = f"withheld, fewer than {smallest:,} customers, dominated by one, or complementary"
    return replace(
        made,
        labels=labels,
        profile=rows.sort_values(c.NAME, key=lambda found: found.map(place), ignore_index=True),
        notes=(*made.notes, f"{why}: {', '.join(names)}"),
    )


@dataclass(frozen=True, eq=False)
class _Rule:
    """What may be published: sizes by column (customers, revenue, top; smallest segments first) against the bounds."""

    sizes: Mapping[str, pd.DataFrame]
    smallest: int
    dominance: float

    def primary(self) -> frozenset[Cell]:
        """Segments that may not be published."""
        return frozenset(
            (column, name)
            for column, rows in self.sizes.items()
            for name in rows.index
            if self._fails(rows.loc[[name]])
        )

    def completed(self, hidden: Iterable[Cell]) -> frozenset[Cell]:
        """With the next smallest segments of each column, until the merged row is several segments and may be shown."""
        found = set(hidden)
        for column, rows in self.sizes.items():
            names = {name for of, name in found if of == column}
            for name in rows.index if names else ():
                if len(names) > 1 and not self._fails(rows.loc[sorted(names)]):
                    break
                names.add(name)
            found |= {(column, name) for name in names}
        return frozenset(found)

    def _fails(self, rows: pd.DataFrame) -> bool:
        """Whether segments merged into one row are too few or dominated."""
        revenue = float(rows[c.REVENUE].sum())
        dominated = revenue > 0 and float(rows[TOP].max()) > self.dominance * revenue
        return dominated or small(int(rows[c.CUSTOMERS].sum()), self.smallest)


def _sizes(made: Segmentation) -> pd.DataFrame:
    """Customers, revenue and its largest single share by segment; revenue 0 where it is not known."""
    table = made.customers.table
    known = table[c.REVENUE].to_numpy(dtype=np.float64, na_value=np.nan) if c.REVENUE in table else np.nan
    revenue = pd.Series(known, index=made.labels.index, dtype="float64").fillna(0)
    groups = revenue.groupby(made.labels.to_numpy(dtype=object))
    rows = pd.DataFrame({c.CUSTOMERS: groups.size(), c.REVENUE: groups.sum(), TOP: groups.max()})
    rows[c.NAME] = rows.index
    return rows.sort_values([c.CUSTOMERS, c.NAME])


def _protected(known: Atoms, rule: _Rule, hidden: frozenset[Cell]) -> frozenset[Cell]:
    """With what else must be withheld so that no count can be told; withholding more never makes one easier to tell."""
    safe: set[Cell] = set()
    while left := sorted(hidden.intersection(known.inside) - safe):
        more = hiding(known, left[0], hidden)
        if not more:
            safe.add(left[0])
        if more is None:
            more = frozenset(cell for cell in known.inside if cell[0] == left[0][0])
        hidden = rule.completed(hidden | more)
    return hidden
