"""Campaign experiments: purchases and revenue by group after a day, and the difference of each group to the holdout.

Shares have Wilson intervals, and their differences Newcombe intervals (1998, method 10). Shares are compared with a
two-proportion z-test with the pooled share, and revenue per customer with Welch's t.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.errors import InputProblem
from segcli.evaluation.sample_size import SIGNIFICANCE, smallest_detectable_effect
from segcli.message import message
from segcli.segment.confidence_intervals import mean_interval, wilson_interval
from segcli.value.outcomes import Outcomes

GROUP_COLUMN, HOLDOUT_GROUP = "group", "holdout"
_INTERVALS = ("difference", "revenue_difference", "incremental_revenue", "incremental_margin")
COMPARISON_COLUMNS = (
    *(f"{name}{bound}" for name in _INTERVALS for bound in ("", "_low", "_high")),
    "p",
    "detectable_effect",
)


@dataclass(frozen=True)
class ExperimentTerms:
    """What an experiment is measured by.

    `margin_rate` is the margin as a part of revenue; NaN if unknown. `smallest_effect` is the smallest effect that a
    test should show, as a part of the holdout's share of buyers.
    """

    margin_rate: float
    smallest_effect: float
    has_money: bool = True


@dataclass(frozen=True, eq=False)
class ExperimentResult:
    """Result of an experiment.

    `table` has one row per group, the holdout first. `segments` has one row per segment and group, compared with the
    holdout of the same segment. `notes` describe the difference of each group to the holdout.
    """

    table: pd.DataFrame
    segments: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class GroupOutcomes:
    """Outcomes of the customers of one group."""

    has_bought: npt.NDArray[np.bool_]
    revenue: FloatArray


def evaluate_experiment(
    group_labels: pd.Series, outcomes_after: Outcomes, terms: ExperimentTerms, segment_labels: pd.Series, source: str
) -> ExperimentResult:
    """Compare groups with the holdout, in all and by segment.

    Args:
        group_labels: group of each customer; one is called holdout (or control), others have any name.
        outcomes_after: purchases of the customers after the start.
        terms: margin, and the smallest effect that a test should show.
        segment_labels: segment of each customer at the start.
        source: name of the source of the groups, for errors.

    Raises:
        InputProblem: there is no holdout, or no other group.
    """
    group_names = group_labels.str.strip().str.casefold().replace({"control": HOLDOUT_GROUP}).to_numpy()
    treated_groups = sorted(set(group_names) - {HOLDOUT_GROUP})
    if HOLDOUT_GROUP not in set(group_names) or not treated_groups:
        raise InputProblem(
            f"needs customers in group {HOLDOUT_GROUP} and in another group",
            source=source,
            column=GROUP_COLUMN,
            remedy="pass a file with one row per customer, some in group holdout",
        )
    outcomes_by_group = {name: _select_customers(group_names == name, outcomes_after) for name in treated_groups}
    holdout = _select_customers(group_names == HOLDOUT_GROUP, outcomes_after)
    group_rows = [{GROUP_COLUMN: HOLDOUT_GROUP, **_summarise_group(holdout)}]
    group_rows += [
        {GROUP_COLUMN: name, **_summarise_group(treated), **compare_groups(treated, holdout, terms)}
        for name, treated in outcomes_by_group.items()
    ]
    segment_names = segment_labels.to_numpy()
    segment_rows = [
        {columns.SEGMENT_NAME: segment, GROUP_COLUMN: name}
        | _compare_segment(
            _select_customers((segment_names == segment) & (group_names == name), outcomes_after),
            _select_customers((segment_names == segment) & (group_names == HOLDOUT_GROUP), outcomes_after),
            terms,
        )
        for segment in sorted(set(segment_names))
        for name in treated_groups
    ]
    group_table, segment_table = pd.DataFrame(group_rows), pd.DataFrame(segment_rows)
    notes = (*_describe_groups(group_table, terms), *_describe_segments(segment_table), *_describe_margin(terms))
    return ExperimentResult(group_table, segment_table, notes)


def _select_customers(customer_mask: npt.NDArray[np.bool_], outcomes_after: Outcomes) -> GroupOutcomes:
    return GroupOutcomes(outcomes_after.has_bought[customer_mask], outcomes_after.revenue[customer_mask])


def _compare_segment(treated: GroupOutcomes, holdout: GroupOutcomes, terms: ExperimentTerms) -> dict[str, object]:
    """Return sizes and buyers of both groups, and the comparison; without customers in one of them, it is missing."""
    counts = {
        columns.CUSTOMERS: len(treated.has_bought),
        "buyers": int(treated.has_bought.sum()),
        "holdout_customers": len(holdout.has_bought),
        "holdout_buyers": int(holdout.has_bought.sum()),
    }
    if not min(len(treated.has_bought), len(holdout.has_bought)):
        return {**counts, **dict.fromkeys(COMPARISON_COLUMNS, np.nan), "too_small": "yes"}
    return {**counts, **compare_groups(treated, holdout, terms)}


def compare_groups(treated: GroupOutcomes, holdout: GroupOutcomes, terms: ExperimentTerms) -> dict[str, object]:
    """Return the effect of a campaign on a group.

    Returns:
        difference of the shares of buyers, and revenue_difference per customer; incremental_revenue and
        incremental_margin of all treated customers; each with low and high. p of equal shares, detectable_effect
        (NaN if none is), and whether the test is too_small (yes or no) to show the smallest effect of the terms.
    """
    customer_count, holdout_rate = len(treated.has_bought), float(holdout.has_bought.mean())
    differences = (
        float(treated.has_bought.mean()) - holdout_rate,
        *difference_interval(treated.has_bought, holdout.has_bought),
    )
    revenue_differences = np.array(
        [treated.revenue.mean() - holdout.revenue.mean(), *welch_interval(treated.revenue, holdout.revenue)]
    )
    if not terms.has_money:
        revenue_differences[:] = np.nan
    incremental_revenues = revenue_differences * customer_count
    detectable_effect = smallest_detectable_effect(holdout_rate, len(holdout.has_bought), customer_count)
    is_large_enough = detectable_effect <= terms.smallest_effect * holdout_rate
    return {
        **_name_interval("difference", differences),
        "p": two_proportion_test(treated.has_bought, holdout.has_bought),
        **_name_interval("revenue_difference", revenue_differences),
        **_name_interval("incremental_revenue", incremental_revenues),
        **_name_interval("incremental_margin", incremental_revenues * terms.margin_rate),
        "detectable_effect": detectable_effect,
        "too_small": "no" if is_large_enough else "yes",
    }


def _name_interval(name: str, estimate_and_bounds: Iterable[float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), map(float, estimate_and_bounds), strict=True))


def _describe_groups(group_table: pd.DataFrame, terms: ExperimentTerms) -> Iterator[str]:
    for row in group_table.iloc[1:].to_dict("records"):
        verdict = (
            message("more")
            if row["difference_low"] > 0
            else message("fewer")
            if row["difference_high"] < 0
            else message("not significantly more or fewer")
        )
        yield message(
            "{name}: {difference:+.1%} of customers bought ({low:+.1%} to {high:+.1%}, p {p_value:.3f}), "
            "{verdict} than the holdout",
            name=row[GROUP_COLUMN],
            difference=row["difference"],
            low=row["difference_low"],
            high=row["difference_high"],
            p_value=row["p"],
            verdict=verdict,
        )
        if terms.has_money:
            yield message(
                "{name}: incremental revenue {revenue:+,.2f} ({low:+,.2f} to {high:+,.2f})",
                name=row[GROUP_COLUMN],
                revenue=row["incremental_revenue"],
                low=row["incremental_revenue_low"],
                high=row["incremental_revenue_high"],
            )
        if row["too_small"] == "yes":
            yield _describe_small_test(row[GROUP_COLUMN], row["detectable_effect"], terms)


def _describe_small_test(name: str, detectable_effect: float, terms: ExperimentTerms) -> str:
    if np.isnan(detectable_effect):
        return message("{name}: the test was too small to show any effect", name=name)
    return message(
        "{name}: the test was too small; with 80% power it shows an effect from {effect:+.1%} on, which is more than "
        "{share:.0%} of the holdout's share of buyers",
        name=name,
        effect=detectable_effect,
        share=terms.smallest_effect,
    )


def _describe_segments(segment_table: pd.DataFrame) -> Iterator[str]:
    """Yield how many comparisons by segment were too small, and how many differ by chance."""
    small_count = int((segment_table["too_small"] == "yes").sum())
    if small_count:
        yield message(
            "by segment, {small} of {count} comparisons were too small; a segment without a significant effect may "
            "still have one",
            small=small_count,
            count=len(segment_table),
        )
    if len(segment_table) > 1:
        yield message(
            "{count} comparisons at 5 %: about {chance:.1f} differ significantly by chance alone",
            count=len(segment_table),
            chance=len(segment_table) * SIGNIFICANCE,
        )


def _describe_margin(terms: ExperimentTerms) -> Iterator[str]:
    if np.isnan(terms.margin_rate) and terms.has_money:
        yield message("incremental margin is unknown; hint: set target.margin, for example 0.4")


def _summarise_group(group: GroupOutcomes) -> dict[str, object]:
    has_bought, revenue = group.has_bought, group.revenue
    rate_low, rate_high = wilson_interval(int(has_bought.sum()), len(has_bought))
    revenue_low, revenue_high = mean_interval(revenue)
    return {
        columns.CUSTOMERS: len(has_bought),
        "buyers": int(has_bought.sum()),
        "buyer_rate": float(has_bought.mean()),
        "buyer_rate_low": rate_low,
        "buyer_rate_high": rate_high,
        "revenue_a_head": float(revenue.mean()),
        "revenue_a_head_low": revenue_low,
        "revenue_a_head_high": revenue_high,
    }


def difference_interval(
    first_bought: npt.NDArray[np.bool_], second_bought: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Return the confidence interval of a difference of shares, from the Wilson interval of each share."""
    (first_low, first_high), (second_low, second_high) = (
        wilson_interval(int(has_bought.sum()), len(has_bought)) for has_bought in (first_bought, second_bought)
    )
    first_rate, second_rate = float(first_bought.mean()), float(second_bought.mean())
    lower_margin = np.sqrt((first_rate - first_low) ** 2 + (second_high - second_rate) ** 2)
    return float(first_rate - second_rate - lower_margin), float(
        first_rate - second_rate + np.sqrt((first_high - first_rate) ** 2 + (second_rate - second_low) ** 2)
    )


def two_proportion_test(first_bought: npt.NDArray[np.bool_], second_bought: npt.NDArray[np.bool_]) -> float:
    """Return the two-sided p-value of equal shares; 1 if nobody or everybody bought."""
    from scipy.stats import norm

    pooled_rate = (first_bought.sum() + second_bought.sum()) / (len(first_bought) + len(second_bought))
    standard_error = np.sqrt(pooled_rate * (1 - pooled_rate) * (1 / len(first_bought) + 1 / len(second_bought)))
    return (
        float(2 * norm.sf(abs(first_bought.mean() - second_bought.mean()) / standard_error)) if standard_error else 1.0
    )


def welch_interval(first_values: FloatArray, second_values: FloatArray) -> tuple[float, float]:
    """Return the confidence interval of a difference of means; unbounded with fewer than two values."""
    from scipy.stats import t

    if min(len(first_values), len(second_values)) < 2:  # noqa: PLR2004 - one value does not vary
        return -np.inf, np.inf
    mean_variances = first_values.var(ddof=1) / len(first_values), second_values.var(ddof=1) / len(second_values)
    mean_difference, standard_error = (
        float(first_values.mean() - second_values.mean()),
        float(np.sqrt(sum(mean_variances))),
    )
    if not standard_error:
        return mean_difference, mean_difference
    degrees_of_freedom = sum(mean_variances) ** 2 / (
        mean_variances[0] ** 2 / (len(first_values) - 1) + mean_variances[1] ** 2 / (len(second_values) - 1)
    )
    half_width = float(t.ppf(0.975, degrees_of_freedom)) * standard_error
    return mean_difference - half_width, mean_difference + half_width
