"""What changed between two segmentations of much the same customers: who moved, what drifted, what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.compare import CompareSettings
from segcli.errors import InputProblem
from segcli.evidence.drift import Drift, drift, measured
from segcli.model import Customers, Segmentation
from segcli.segment.describing import describing

ENTERED, LEFT = "(entered)", "(left)"
FROM, TO = "from", "to"


@dataclass(frozen=True, eq=False)
class Compared:
    """`migration`: from, to, customers, share (of those from), and where known value_share, of earlier revenue.

    `shares` are the drifts of segment shares, by segmentation; `features` those of columns, largest first; `notes` say
    what it comes to; `drifted` names what moved beyond the bound of drift.
    """

    migration: pd.DataFrame
    shares: Sequence[Drift]
    features: Sequence[Drift]
    notes: tuple[str, ...]
    drifted: tuple[str, ...]


def compare(old: Sequence[Segmentation], new: Sequence[Segmentation], settings: CompareSettings) -> Compared:
    """Compare segmentations of the same name.

    Raises:
        InputProblem: none has a name that is in both, or no customer is.
    """
    later = {one.column: one for one in new}
    pairs = [(one, later[one.column]) for one in old if one.column in later]
    if not pairs:
        there = [", ".join(one.column for one in several) or "none" for several in (old, new)]
        raise InputProblem(
            f"no segmentation is in both: {there[0]} before, {there[1]} now",
            remedy="Give two tables that the same settings made",
        )
    before, now = pairs[0][0].customers, pairs[0][1].customers
    ids = set(before.table[c.CUSTOMER_ID])
    if not ids & set(now.table[c.CUSTOMER_ID]):
        raise InputProblem(
            "no customer is in both",
            source=now.readings[0].input.name,
            remedy="Look whether both write customer ids in the same way",
        )
    migration = pd.concat([_migration(one, other) for one, other in pairs], ignore_index=True)
    shares = [measured(one.column, *_sizes(one, other)) for one, other in pairs]
    features = _features(before, now)
    drifted = tuple(one.column for one in (*shares, *features) if one.reaches(settings.major))
    notes = [line for one, other in pairs for line in _moved(one, other, migration)]
    notes += _told(shares, features, settings)
    return Compared(migration, shares, features, (*notes, _advice(drifted)), drifted)


def _migration(old: Segmentation, new: Segmentation) -> pd.DataFrame:
    """One row for each pair of segments that somebody moved between, stayed in, entered or left."""
    was = pd.Series(old.labels.to_numpy(), index=old.customers.table[c.CUSTOMER_ID])
    now = pd.Series(new.labels.to_numpy(), index=new.customers.table[c.CUSTOMER_ID])
    ids = was.index.union(now.index)
    moves = pd.DataFrame(
        {FROM: was.reindex(ids).fillna(ENTERED).to_numpy(), TO: now.reindex(ids).fillna(LEFT).to_numpy()}
    )
    if c.REVENUE in old.customers.table:
        revenue = pd.Series(old.customers.table[c.REVENUE].to_numpy(dtype=np.float64), index=was.index)
        moves["value"] = revenue.reindex(ids).fillna(0.0).to_numpy()
    groups = moves.groupby([FROM, TO], sort=True)
    rows = groups.size().rename(c.CUSTOMERS).reset_index()
    rows[c.SHARE] = rows[c.CUSTOMERS] / rows.groupby(FROM)[c.CUSTOMERS].transform("sum")
    if "value" in moves:
        value = groups["value"].sum().to_numpy()
        total = pd.Series(value).groupby(rows[FROM].to_numpy()).transform("sum").to_numpy()
        rows["value_share"] = np.divide(value, total, out=np.full(len(value), np.nan), where=total > 0)
    rows.insert(0, "segmentation", old.column)
    return rows


def _sizes(old: Segmentation, new: Segmentation) -> tuple[np.ndarray, np.ndarray]:
    names = sorted({*old.segments, *new.segments})
    counts = [one.labels.value_counts().reindex(names, fill_value=0).to_numpy(dtype=np.float64) for one in (old, new)]
    return counts[0], counts[1]


def _features(before: Customers, now: Customers) -> list[Drift]:
    names = [name for name in describing(before.table) if name in now.table and name != c.TENURE_DAYS]  # it only grows
    found = [drift(name, before.table[name], now.table[name], len(names)) for name in names]
    return sorted(found, key=lambda one: (-one.psi, one.column))


def _moved(old: Segmentation, new: Segmentation, migration: pd.DataFrame) -> Iterator[str]:
    rows = migration[migration["segmentation"] == old.column]
    both = rows[(rows[FROM] != ENTERED) & (rows[TO] != LEFT)]
    stayed = both.loc[both[FROM] == both[TO], c.CUSTOMERS].sum()
    entered, left = (int(rows.loc[rows[end] == name, c.CUSTOMERS].sum()) for end, name in ((FROM, ENTERED), (TO, LEFT)))
    total = int(both[c.CUSTOMERS].sum())
    yield f"{old.name}: {1 - stayed / total:.0%} of {total:,} changed segment; {entered:,} entered, {left:,} left"
    flows = both[both[FROM] != both[TO]].sort_values([c.CUSTOMERS, FROM, TO], ascending=[False, True, True]).head(1)
    for one in flows.to_dict("records"):
        yield f"{old.name}: most moved from {one[FROM]} to {one[TO]}: {one[c.CUSTOMERS]:,}"
    new_names, gone = (
        [n for n in new.segments if n not in old.segments],
        [n for n in old.segments if n not in new.segments],
    )
    if new_names:
        yield f"{old.name}: new segments: {', '.join(new_names)}"
    if gone:
        yield f"{old.name}: vanished segments: {', '.join(gone)}"


def _told(shares: Sequence[Drift], features: Sequence[Drift], settings: CompareSettings) -> Iterator[str]:
    for one in shares:
        yield f"{one.column}: PSI of segment shares {one.psi:.2f}, {_word(one, settings)}"
    moved = [one for one in features if one.reaches(settings.noticeable)]
    if moved:
        yield "features that moved: " + ", ".join(
            f"{one.column} {one.psi:.2f} ({_word(one, settings)})" for one in moved
        )
    elif features:
        yield f"no feature moved beyond chance (largest PSI {features[0].psi:.2f}, {features[0].column})"


def _word(one: Drift, settings: CompareSettings) -> str:
    if one.reaches(settings.major):
        return "major"
    return "noticeable" if one.reaches(settings.noticeable) else "stable"


def _advice(drifted: Sequence[str]) -> str:
    if not drifted:
        return "keep: nothing drifted"
    return f"make segments anew: {', '.join(drifted)} drifted"
