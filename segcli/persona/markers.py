"""Marker variables of clusters: each segment compared with the base, by index, tests and differences.

A marker variable of a segment has a mean that is 25 % of the variable's range, or 50 % of the base, away from the base
(Dolnicar, Gruen and Leisch, Market segmentation analysis, 2018, chapter 8). Numbers are tested by Kruskal and Wallis
(1952), and categories by chi-square. p-values are adjusted for multiple tests (Benjamini and Hochberg 1995). A test of
a clustering feature is not informative: the segments differ in it by construction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli.model import Segmentation, Trait
from segcli.persona.traits import compute_traits, list_trait_columns

MIN_RANGE_SHARE, MIN_BASE_SHARE = 0.25, 0.5
SIGNIFICANCE_LEVEL = 0.05  # adjusted p-value below which a difference is significant


@dataclass(frozen=True)
class SegmentDifference:
    """Test of whether segments differ in a column.

    `effect` is epsilon squared for numbers and Cramer's V for categories, from 0 to 1. `feature` is true if the column
    is a clustering feature.
    """

    column: str
    test: str
    statistic: float
    p: float
    p_adjusted: float
    effect: float
    feature: bool


@dataclass(frozen=True)
class MarkerVariables:
    """Traits of each segment, most distinguishing first, ranges of the columns, and differences between segments."""

    traits_by_segment: Mapping[str, Sequence[Trait]]
    ranges: Mapping[str, float]
    differences: Sequence[SegmentDifference]

    def is_marker(self, trait: Trait) -> bool:
        """Return whether a trait is a marker variable of its segment."""
        base_distance = abs(trait.value - trait.base)
        return base_distance >= MIN_RANGE_SHARE * self._find_value_range(
            trait
        ) or base_distance >= MIN_BASE_SHARE * abs(trait.base)

    def list_markers(self, segment: str) -> list[Trait]:
        """Return the marker variables of a segment."""
        return [trait for trait in self.traits_by_segment[segment] if self.is_marker(trait)]

    def _find_value_range(self, trait: Trait) -> float:
        return 1.0 if trait.level is not None else self.ranges[trait.name]


def find_markers(segmentation: Segmentation) -> MarkerVariables:
    """Describe segments by their features and by the other columns that describe their customers."""
    features = list(dict.fromkeys(feature["name"] for feature in segmentation.method.get("features", [])))
    described_columns = list(dict.fromkeys([*features, *list_trait_columns(segmentation)]))
    table = segmentation.customers.table[described_columns]
    numeric_table = table.select_dtypes("number").astype("float64")
    ranges = {
        str(column_name): float(numeric_table[column_name].max() - numeric_table[column_name].min())
        for column_name in numeric_table.columns
    }
    column_tests = [
        test_result
        for test_result in (
            _test_column(column_name, table[column_name], segmentation.labels) for column_name in described_columns
        )
        if test_result
    ]
    return MarkerVariables(
        compute_traits(segmentation, described_columns), ranges, list(_adjust_p_values(column_tests, features))
    )


def _test_column(
    column: str, column_values: pd.Series, labels: pd.Series
) -> tuple[str, str, float, float, float] | None:
    """Return column, test, statistic, p-value and effect; None with fewer than two values or segments."""
    is_known = column_values.notna()
    value_groups = [group for _, group in column_values[is_known].groupby(labels[is_known].to_numpy(), sort=True)]
    if len(value_groups) < 2 or column_values[is_known].nunique() < 2:  # noqa: PLR2004 - nothing to compare
        return None
    if pd.api.types.is_numeric_dtype(column_values):
        return column, "Kruskal-Wallis", *_test_kruskal(value_groups)
    return column, "chi-square", *_test_chi_square(pd.crosstab(column_values[is_known], labels[is_known]))


def _test_kruskal(value_groups: Sequence[pd.Series]) -> tuple[float, float, float]:
    from scipy.stats import kruskal

    statistic, p_value = kruskal(*(group.to_numpy(dtype=np.float64) for group in value_groups))
    return float(statistic), float(p_value), float(statistic / (sum(map(len, value_groups)) - 1))


def _test_chi_square(contingency: pd.DataFrame) -> tuple[float, float, float]:
    from scipy.stats import chi2_contingency

    test_result = chi2_contingency(contingency.to_numpy(), correction=False)
    max_statistic = contingency.to_numpy().sum() * (min(contingency.shape) - 1)
    return (
        float(test_result.statistic),
        float(test_result.pvalue),
        float(np.sqrt(test_result.statistic / max_statistic)),
    )


def _adjust_p_values(
    column_tests: Sequence[tuple[str, str, float, float, float]], features: Sequence[str]
) -> Iterator[SegmentDifference]:
    from scipy.stats import false_discovery_control

    adjusted_p_values = (
        false_discovery_control([p_value for *_, p_value, _ in column_tests]).tolist() if column_tests else []
    )
    for (column, test, statistic, p_value, effect), adjusted_p in zip(column_tests, adjusted_p_values, strict=True):
        yield SegmentDifference(column, test, statistic, p_value, adjusted_p, effect, column in features)
