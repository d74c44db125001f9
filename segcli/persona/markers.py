"""In what found segments differ: each beside the base, with an index, a test over all segments, and marker variables.

Marker variables: a segment's mean is 25 % of the variable's range, or 50 % of the base, away from the base (Dolnicar,
Gruen and Leisch, Market segmentation analysis, 2018, chapter 8). Tests: Kruskal and Wallis (1952) of numbers, chi-
square of kinds; p-values adjusted for their number (Benjamini and Hochberg 1995). A test of a feature that the segments
were found by says nothing: they differ in it by construction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli.model import Segmentation, Trait
from segcli.persona.traits import columns, traits

OF_RANGE, OF_BASE = 0.25, 0.5
LEVEL = 0.05  # adjusted p-value below which a difference is told as one


@dataclass(frozen=True)
class Differs:
    """Whether segments differ in a column: `effect` is epsilon squared of numbers, Cramer's V of kinds, from 0 to 1.

    `feature` where segments were found by it.
    """

    column: str
    test: str
    statistic: float
    p: float
    p_adjusted: float
    effect: float
    feature: bool


@dataclass(frozen=True)
class Markers:
    """What describes each segment, most distinguishing first, which of it marks it, and in what segments differ."""

    traits: Mapping[str, Sequence[Trait]]
    ranges: Mapping[str, float]
    tests: Sequence[Differs]

    def marks(self, trait: Trait) -> bool:
        """Whether this is a marker variable of its segment."""
        away = abs(trait.value - trait.base)
        return away >= OF_RANGE * self._range(trait) or away >= OF_BASE * abs(trait.base)

    def of(self, segment: str) -> list[Trait]:
        """The marker variables of a segment."""
        return [one for one in self.traits[segment] if self.marks(one)]

    def _range(self, trait: Trait) -> float:
        return 1.0 if trait.level is not None else self.ranges[trait.name]


def markers(made: Segmentation) -> Markers:
    """Describe segments by their features and by what else is known of their customers."""
    features = list(dict.fromkeys(feature["name"] for feature in made.method.get("features", [])))
    described = list(dict.fromkeys([*features, *columns(made)]))
    table = made.customers.table[described]
    numbers = table.select_dtypes("number").astype("float64")
    ranges = {str(name): float(numbers[name].max() - numbers[name].min()) for name in numbers.columns}
    found = [one for one in (_test(name, table[name], made.labels) for name in described) if one]
    return Markers(traits(made, described), ranges, list(_adjusted(found, features)))


def _test(column: str, values: pd.Series, labels: pd.Series) -> tuple[str, str, float, float, float] | None:
    """Column, name of the test, statistic, p-value and effect; none where a column or a segment is alone."""
    known = values.notna()
    groups = [group for _, group in values[known].groupby(labels[known].to_numpy(), sort=True)]
    if len(groups) < 2 or values[known].nunique() < 2:  # noqa: PLR2004 - nothing to compare
        return None
    if pd.api.types.is_numeric_dtype(values):
        return column, "Kruskal-Wallis", *_kruskal(groups)
    return column, "chi-square", *_chi_square(pd.crosstab(values[known], labels[known]))


def _kruskal(groups: Sequence[pd.Series]) -> tuple[float, float, float]:
    from scipy.stats import kruskal

    statistic, p = kruskal(*(group.to_numpy(dtype=np.float64) for group in groups))
    return float(statistic), float(p), float(statistic / (sum(map(len, groups)) - 1))


def _chi_square(counts: pd.DataFrame) -> tuple[float, float, float]:
    from scipy.stats import chi2_contingency

    found = chi2_contingency(counts.to_numpy(), correction=False)
    most = counts.to_numpy().sum() * (min(counts.shape) - 1)
    return float(found.statistic), float(found.pvalue), float(np.sqrt(found.statistic / most))


def _adjusted(found: Sequence[tuple[str, str, float, float, float]], features: Sequence[str]) -> Iterator[Differs]:
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control([p for *_, p, _ in found]).tolist() if found else []
    for (column, test, statistic, p, effect), corrected in zip(found, adjusted, strict=True):
        yield Differs(column, test, statistic, p, corrected, effect, column in features)
