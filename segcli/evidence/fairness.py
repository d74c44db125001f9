"""Whether segments treat groups of people alike: audits by columns that segments are never made of.

Balance is that of fair clustering (Chierichetti et al. 2017; Bera et al. 2019), selection the four-fifths rule of the
Uniform guidelines on employee selection procedures (29 CFR 1607.4(D)), proxies are features that tell the group.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.counting import counted
from segcli.evidence.scorecard import epsilon_squared
from segcli.model import Segmentation
from segcli.segment.intervals import wilson

UNKNOWN = "unknown"
FOUR_FIFTHS = 0.8
MOST_LEVELS = 30  # of a text column; with more, levels are hardly seen twice
FEW_EXPECTED = 5  # customers in a cell, below which chi-square is no good approximation (Cochran 1954)
EPSILON, CRAMERS_V = "epsilon squared", "Cramer's V"
BOUNDS = {EPSILON: (0.06, 0.14), CRAMERS_V: (0.3, 0.5)}  # medium and large, after Cohen (1988)
STRENGTHS = ("small", "medium", "large")
BALANCE = [c.NAME, c.CUSTOMERS, "balance", "group", "share", "share_of_all"]
SELECTION = ["group", c.CUSTOMERS, "chosen", "rate", "low", "high"]
PROXIES = ["feature", "measure", "effect", "strength"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Selection:
    """`ratio`: lowest / highest rate of a group (NaN where fewer than two are judged, or nobody is chosen).

    `passed`: whether the ratio is as high as asked, or not known; `p`: the chance of rates so different if groups were
    alike, for one comparison; `table`: group, customers, chosen, rate, low, high (95 %), lowest rate first.
    """

    ratio: float
    passed: bool
    p: float
    table: pd.DataFrame
    notes: tuple[str, ...]


def balance(made: Segmentation, groups: pd.Series, smallest: int) -> pd.DataFrame:
    """How far each segment's mix of groups is from that of all: 1 is the same, 0 a group that is absent.

    Balance is the lowest, over groups, of min(p / q, q / p), with p the group's share of the segment's customers of a
    known group, and q its share of all.

    Args:
        made: the segmentation.
        groups: of customers, row by row; missing is unknown, and left out of shares.
        smallest: customers from which a group is judged, and of a known group from which a segment is.

    Returns:
        segment, customers (also of unknown group), balance, group (furthest off), share, share_of_all; missing where
        not judged. What is not judged, and how many are unknown, is told by `unjudged`.
    """
    known = _known(groups)
    of_all = known[known != UNKNOWN].value_counts(normalize=True)
    judged = of_all[_judged(known, smallest)].sort_index()
    rows = [
        [name, int(members.sum()), *_furthest(known[members & (known != UNKNOWN).to_numpy()], judged, smallest)]
        for name in made.segments
        for members in [(made.labels == name).to_numpy()]
    ]
    return pd.DataFrame(rows, columns=BALANCE)


def unjudged(groups: pd.Series, smallest: int) -> tuple[str, ...]:
    """Notes on groups that are too few to be judged, without their sizes, and on customers of unknown group."""
    known = _known(groups)
    few = sorted({*known[known != UNKNOWN]} - {*_judged(known, smallest)})
    unknown = int((known == UNKNOWN).sum())
    return (
        *((f"not judged, fewer than {smallest:,} customers: {', '.join(few)}",) if few else ()),
        *((f"of unknown group and left out: {counted(unknown, 'customer')}",) if unknown >= smallest else ()),
        *((f"of unknown group and left out: fewer than {smallest:,} customers",) if 0 < unknown < smallest else ()),
    )


def selection(chosen: Mask, groups: pd.Series, smallest: int, least: float = FOUR_FIFTHS) -> Selection:
    """Whether groups are chosen at like rates, such as for an offer or a segment.

    Args:
        chosen: who is, shape (n,).
        groups: of customers, row by row; missing is unknown, and left out.
        smallest: customers from which a group is judged.
        least: ratio of the lowest rate to the highest that passes.
    """
    known = _known(groups)
    names = _judged(known, smallest)
    counts = [(int(inside.sum()), int((inside & chosen).sum())) for inside in ((known == n).to_numpy() for n in names)]
    rows = [[n, size, hits, hits / size, *wilson(hits, size)] for n, (size, hits) in zip(names, counts, strict=True)]
    table = pd.DataFrame(rows, columns=SELECTION).sort_values(["rate", "group"], ignore_index=True)
    ratio = _ratio(table)
    return Selection(ratio, not ratio < least, _by_chance(table), table, unjudged(groups, smallest))


def proxies(table: pd.DataFrame, groups: pd.Series, features: Sequence[str], smallest: int) -> pd.DataFrame:
    """Features that tell the group: numbers by epsilon squared, kinds by Cramer's V, corrected for bias.

    Args:
        table: of customers.
        groups: row by row as in `table`; missing is unknown, and left out.
        features: columns of it; a text column of more than 30 levels is skipped.
        smallest: customers from which a group is judged.

    Returns:
        feature, measure, effect, strength (small, medium, large); strongest first, then by effect. Features of which
        too little is known, or in which nothing varies, are left out.
    """
    known = _known(groups)
    judged = known.isin(_judged(known, smallest)).to_numpy()
    rows = [
        [name, *effect]
        for name in features
        if (effect := _effect(table.loc[judged, name], known[judged], smallest)) is not None
    ]
    found = pd.DataFrame(rows, columns=PROXIES[:3])
    place = [
        sum(effect >= bound for bound in BOUNDS[measure])
        for measure, effect in zip(found["measure"], found["effect"], strict=True)
    ]
    found[PROXIES[3]] = pd.Series([STRENGTHS[number] for number in place], dtype="str")
    order = sorted(range(len(found)), key=lambda row: (-place[row], -found["effect"][row], found["feature"][row]))
    return found.iloc[order].reset_index(drop=True)


def cramers_v(one: pd.Series, other: pd.Series) -> float:
    """Cramer's V of kinds, corrected for bias (Bergsma 2013); NaN where either does not vary."""
    counts = pd.crosstab(one.to_numpy(), other.to_numpy()).to_numpy(dtype=np.float64)
    n, (rows, columns) = counts.sum(), counts.shape
    if min(rows, columns) < 2:  # noqa: PLR2004 - one kind tells nothing
        return float("nan")
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / n
    phi = float((counts**2 / expected).sum() / n - 1)
    corrected = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    side = min(size - (size - 1) ** 2 / (n - 1) for size in (rows, columns)) - 1
    return float(min(np.sqrt(corrected / side), 1.0)) if side > 0 else float("nan")


def _known(groups: pd.Series) -> pd.Series:
    """As text, blank and missing as unknown."""
    text = groups.astype("str").str.strip()
    return text.where(groups.notna() & (text != ""), UNKNOWN).reset_index(drop=True)


def _judged(known: pd.Series, smallest: int) -> list[str]:
    sizes = known[known != UNKNOWN].value_counts()
    return sorted(sizes.index[sizes >= smallest])


def _furthest(known: pd.Series, of_all: pd.Series, smallest: int) -> tuple[float, str | None, float, float]:
    """Balance of a segment, and the group that is furthest off; the first by name of several."""
    if len(known) < smallest or of_all.empty:
        return np.nan, None, np.nan, np.nan
    share = known.value_counts(normalize=True).reindex(of_all.index, fill_value=0.0)
    ratio = pd.Series(np.minimum(share / of_all, of_all / share.where(share > 0, np.inf)), index=of_all.index)
    group = str(ratio.idxmin())
    return float(ratio[group]), group, float(share[group]), float(of_all[group])


def _ratio(table: pd.DataFrame) -> float:
    """Lowest rate / highest rate, divided once: four fifths must be 0.8 and not the float below."""
    if len(table) < 2 or not table["chosen"].any():  # noqa: PLR2004 - one rate has nothing to be less than
        return float("nan")
    low, high = table.iloc[0], table.iloc[-1]
    return float(int(low["chosen"]) * int(high[c.CUSTOMERS]) / (int(low[c.CUSTOMERS]) * int(high["chosen"])))


def _by_chance(table: pd.DataFrame) -> float:
    """Chi-square of all groups; of two, where few are expected, Fisher's exact test (1922)."""
    from scipy.stats import chi2_contingency, fisher_exact

    counts = np.array([table["chosen"], table[c.CUSTOMERS] - table["chosen"]], dtype=np.int64)
    if len(table) < 2 or not counts.sum(axis=1).all():  # noqa: PLR2004 - one rate differs from nothing
        return float("nan")
    found = chi2_contingency(counts, correction=False)
    if counts.shape[1] == 2 and found.expected_freq.min() < FEW_EXPECTED:  # noqa: PLR2004 - the test is of two
        return float(fisher_exact(counts).pvalue)
    return float(found.pvalue)


def _effect(values: pd.Series, known: pd.Series, smallest: int) -> tuple[str, float] | None:
    """The measure that fits a feature, and how much it tells of the group; None where that cannot be said."""
    there = values.notna().to_numpy()
    kinds = values[there].astype("str")
    if len(kinds) < smallest:
        return None
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = np.asarray(values[there].astype("float64"), dtype=np.float64)
        measure, effect = EPSILON, epsilon_squared(numbers, known[there])
    elif kinds.nunique() <= MOST_LEVELS:
        measure, effect = CRAMERS_V, cramers_v(kinds, known[there])
    else:
        return None
    return None if np.isnan(effect) else (measure, effect)
