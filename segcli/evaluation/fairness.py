"""Measures of equal treatment of groups of people, by a column that no segmentation uses.

These are the balance of segments, selection rates and proxies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray
from segcli.evaluation.scorecard import epsilon_squared
from segcli.message import count_message
from segcli.model import Segmentation
from segcli.segment.confidence_intervals import wilson_interval

UNKNOWN_GROUP = "unknown"
FOUR_FIFTHS = 0.8
MAX_LEVELS = 30  # of a text column; with more, most levels are rare
MIN_EXPECTED_COUNT = 5  # expected customers per cell, below which chi-square is a poor approximation (Cochran 1954)
EPSILON, CRAMERS_V = "epsilon squared", "Cramer's V"
EFFECT_BOUNDS = {EPSILON: (0.06, 0.14), CRAMERS_V: (0.3, 0.5)}  # medium and large, after Cohen (1988)
STRENGTHS = ("small", "medium", "large")
BALANCE_COLUMNS = [columns.SEGMENT_NAME, columns.CUSTOMERS, "balance", "group", "share", "share_of_all"]
SELECTION_COLUMNS = ["group", columns.CUSTOMERS, "chosen", "rate", "low", "high"]
PROXY_COLUMNS = ["feature", "measure", "effect", "strength"]


@dataclass(frozen=True, eq=False)
class SelectionRates:
    """Selection rates by group.

    `ratio` is the lowest / highest rate of a group (NaN if fewer than two groups are large enough, or nobody is
    chosen). `has_passed` is true if the ratio reaches the minimum or is unknown. `p_value` is the probability of rates
    this different if the groups were alike, for one comparison. `table` has the columns group, customers, chosen, rate,
    low, high (95 %), lowest rate first.
    """

    ratio: float
    has_passed: bool
    p_value: float
    table: pd.DataFrame
    notes: tuple[str, ...]


def measure_balance(segmentation: Segmentation, group_labels: pd.Series, min_cell_size: int) -> pd.DataFrame:
    """Measure the balance of groups in each segment: 1 if its shares equal the overall ones, 0 if a group is absent.

    Balance is the minimum, over groups, of min(p / q, q / p), where p is the group's share of the segment's customers
    of a known group, and q its share of all customers of a known group.

    Args:
        segmentation: the segmentation.
        group_labels: group of each customer, row by row; missing values are unknown and excluded from shares.
        min_cell_size: minimum number of customers to judge a group; a segment needs as many of a known group.

    Returns:
        segment, customers (including unknown group), balance, group (with the lowest balance), share, share_of_all;
        missing if not judged. `note_unjudged_groups` reports what is not judged, and the number of unknown groups.
    """
    known_groups = _normalise_groups(group_labels)
    overall_shares = known_groups[known_groups != UNKNOWN_GROUP].value_counts(normalize=True)
    judged_shares = overall_shares[_list_judged_groups(known_groups, min_cell_size)].sort_index()
    balance_rows = [
        [
            segment_name,
            int(in_segment.sum()),
            *_find_furthest_group(
                known_groups[in_segment & (known_groups != UNKNOWN_GROUP).to_numpy()], judged_shares, min_cell_size
            ),
        ]
        for segment_name in segmentation.segments
        for in_segment in [(segmentation.labels == segment_name).to_numpy()]
    ]
    return pd.DataFrame(balance_rows, columns=BALANCE_COLUMNS)


def note_unjudged_groups(group_labels: pd.Series, min_cell_size: int) -> Iterator[str]:
    """Yield notes on groups that are too small to judge, without their sizes, and on customers of unknown group."""
    known_groups = _normalise_groups(group_labels)
    small_groups = sorted(
        {*known_groups[known_groups != UNKNOWN_GROUP]} - {*_list_judged_groups(known_groups, min_cell_size)}
    )
    if small_groups:
        yield count_message(
            "not evaluated, fewer than {count} customer: {names}",
            "not evaluated, fewer than {count} customers: {names}",
            min_cell_size,
            names=", ".join(small_groups),
        )
    unknown_count = int((known_groups == UNKNOWN_GROUP).sum())
    if unknown_count >= min_cell_size:
        yield count_message(
            "excluded, group unknown: {count} customer", "excluded, group unknown: {count} customers", unknown_count
        )
    elif unknown_count:
        yield count_message(
            "excluded, group unknown: fewer than {count} customer",
            "excluded, group unknown: fewer than {count} customers",
            min_cell_size,
        )


def compare_selection_rates(
    target_mask: BoolArray, group_labels: pd.Series, min_cell_size: int, min_ratio: float = FOUR_FIFTHS
) -> SelectionRates:
    """Compare the rates at which groups are chosen, for example for an offer or a segment.

    Args:
        target_mask: which customers are chosen, shape (n,).
        group_labels: group of each customer, row by row; missing values are unknown and excluded.
        min_cell_size: minimum number of customers to judge a group.
        min_ratio: minimum ratio of the lowest rate to the highest that passes.
    """
    known_groups = _normalise_groups(group_labels)
    group_names = _list_judged_groups(known_groups, min_cell_size)
    group_counts = [
        (int(in_group.sum()), int((in_group & target_mask).sum()))
        for in_group in ((known_groups == group_name).to_numpy() for group_name in group_names)
    ]
    rate_rows = [
        [group_name, group_size, chosen_count, chosen_count / group_size, *wilson_interval(chosen_count, group_size)]
        for group_name, (group_size, chosen_count) in zip(group_names, group_counts, strict=True)
    ]
    rate_table = pd.DataFrame(rate_rows, columns=SELECTION_COLUMNS).sort_values(["rate", "group"], ignore_index=True)
    ratio = _selection_ratio(rate_table)
    return SelectionRates(
        ratio,
        not ratio < min_ratio,
        _test_selection(rate_table),
        rate_table,
        tuple(note_unjudged_groups(group_labels, min_cell_size)),
    )


def find_proxies(
    customer_table: pd.DataFrame, group_labels: pd.Series, features: Sequence[str], min_cell_size: int
) -> pd.DataFrame:
    """Find features that reveal the group: numbers by epsilon squared, categories by bias-corrected Cramer's V.

    Args:
        customer_table: the customer table.
        group_labels: group of each row of `customer_table`; missing values are unknown and excluded.
        features: columns of the table; a text column of more than 30 levels is skipped.
        min_cell_size: minimum number of customers to judge a group.

    Returns:
        feature, measure, effect, strength (small, medium, large); strongest first, then by effect. Features with
        too few known values, or without variation, are excluded.
    """
    known_groups = _normalise_groups(group_labels)
    is_judged = known_groups.isin(_list_judged_groups(known_groups, min_cell_size)).to_numpy()
    effect_rows = [
        [feature_name, *effect]
        for feature_name in features
        if (
            effect := _measure_effect(
                customer_table.loc[is_judged, feature_name], known_groups[is_judged], min_cell_size
            )
        )
        is not None
    ]
    proxy_table = pd.DataFrame(effect_rows, columns=PROXY_COLUMNS[:3])
    strength_ranks = [
        sum(effect >= effect_bound for effect_bound in EFFECT_BOUNDS[measure])
        for measure, effect in zip(proxy_table["measure"], proxy_table["effect"], strict=True)
    ]
    proxy_table[PROXY_COLUMNS[3]] = pd.Series(
        [STRENGTHS[strength_rank] for strength_rank in strength_ranks], dtype="str"
    )
    row_order = sorted(
        range(len(proxy_table)),
        key=lambda row: (-strength_ranks[row], -proxy_table["effect"][row], proxy_table["feature"][row]),
    )
    return proxy_table.iloc[row_order].reset_index(drop=True)


def cramers_v(first_kinds: pd.Series, second_kinds: pd.Series) -> float:
    """Return bias-corrected Cramer's V of two categorical columns (Bergsma 2013); NaN if either does not vary."""
    contingency = pd.crosstab(first_kinds.to_numpy(), second_kinds.to_numpy()).to_numpy(dtype=np.float64)
    n, (row_count, column_count) = contingency.sum(), contingency.shape
    if min(row_count, column_count) < 2:  # noqa: PLR2004 - one category is uninformative
        return float("nan")
    expected = contingency.sum(axis=1, keepdims=True) * contingency.sum(axis=0, keepdims=True) / n
    phi_squared = float((contingency**2 / expected).sum() / n - 1)
    corrected_phi = max(0.0, phi_squared - (row_count - 1) * (column_count - 1) / (n - 1))
    corrected_side = min(size - (size - 1) ** 2 / (n - 1) for size in (row_count, column_count)) - 1
    return float(min(np.sqrt(corrected_phi / corrected_side), 1.0)) if corrected_side > 0 else float("nan")


def _normalise_groups(group_labels: pd.Series) -> pd.Series:
    """Return groups as text, with blank and missing ones as unknown."""
    text = group_labels.astype("str").str.strip()
    return text.where(group_labels.notna() & (text != ""), UNKNOWN_GROUP).reset_index(drop=True)


def _list_judged_groups(known_groups: pd.Series, min_cell_size: int) -> list[str]:
    group_sizes = known_groups[known_groups != UNKNOWN_GROUP].value_counts()
    return sorted(group_sizes.index[group_sizes >= min_cell_size])


def _find_furthest_group(
    known_groups: pd.Series, overall_shares: pd.Series, min_cell_size: int
) -> tuple[float, str | None, float, float]:
    """Return the lowest balance of a segment, the group with it (ties: first by name), and that group's shares."""
    if len(known_groups) < min_cell_size or overall_shares.empty:
        return np.nan, None, np.nan, np.nan
    segment_shares = known_groups.value_counts(normalize=True).reindex(overall_shares.index, fill_value=0.0)
    balance_ratios = pd.Series(
        np.minimum(segment_shares / overall_shares, overall_shares / segment_shares.where(segment_shares > 0, np.inf)),
        index=overall_shares.index,
    )
    furthest_group = str(balance_ratios.idxmin())
    return (
        float(balance_ratios[furthest_group]),
        furthest_group,
        float(segment_shares[furthest_group]),
        float(overall_shares[furthest_group]),
    )


def _selection_ratio(rate_table: pd.DataFrame) -> float:
    """Return lowest rate / highest rate with a single division, so that four fifths is 0.8 and not the float below."""
    if len(rate_table) < 2 or not rate_table["chosen"].any():  # noqa: PLR2004 - a ratio needs two rates
        return float("nan")
    lowest_row, highest_row = rate_table.iloc[0], rate_table.iloc[-1]
    return float(
        int(lowest_row["chosen"])
        * int(highest_row[columns.CUSTOMERS])
        / (int(lowest_row[columns.CUSTOMERS]) * int(highest_row["chosen"]))
    )


def _test_selection(rate_table: pd.DataFrame) -> float:
    """Return the p-value of a chi-square test of all groups, or of Fisher's exact test (1922) of two small groups."""
    from scipy.stats import chi2_contingency, fisher_exact

    contingency = np.array([rate_table["chosen"], rate_table[columns.CUSTOMERS] - rate_table["chosen"]], dtype=np.int64)
    if len(rate_table) < 2 or not contingency.sum(axis=1).all():  # noqa: PLR2004 - a single rate cannot differ
        return float("nan")
    chi_square = chi2_contingency(contingency, correction=False)
    if contingency.shape[1] == 2 and chi_square.expected_freq.min() < MIN_EXPECTED_COUNT:  # noqa: PLR2004 - a test of two groups
        return float(fisher_exact(contingency).pvalue)
    return float(chi_square.pvalue)


def _measure_effect(feature_values: pd.Series, known_groups: pd.Series, min_cell_size: int) -> tuple[str, float] | None:
    """Return the measure that fits a feature, and its effect on the group; None if it cannot be computed."""
    is_present = feature_values.notna().to_numpy()
    levels = feature_values[is_present].astype("str")
    if len(levels) < min_cell_size:
        return None
    if pd.api.types.is_numeric_dtype(feature_values) and not pd.api.types.is_bool_dtype(feature_values):
        numbers = np.asarray(feature_values[is_present].astype("float64"), dtype=np.float64)
        measure, effect = EPSILON, epsilon_squared(numbers, known_groups[is_present])
    elif levels.nunique() <= MAX_LEVELS:
        measure, effect = CRAMERS_V, cramers_v(levels, known_groups[is_present])
    else:
        return None
    return None if np.isnan(effect) else (measure, effect)
