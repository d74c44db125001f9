"""Campaign experiments: purchases and revenue by group after a day, and the difference of each group to the holdout.

Shares have Wilson intervals, and their differences Newcombe intervals (1998, method 10). Shares are compared with a
two-proportion z-test with the pooled share, and revenue per customer with Welch's t.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.errors import InputProblem
from segcli.message import message
from segcli.segment.confidence_intervals import mean_interval, wilson_interval
from segcli.value.outcomes import Outcomes

GROUP_COLUMN, HOLDOUT_GROUP = "group", "holdout"

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExperimentResult:
    """Result of an experiment.

    `table` has one row per group, the holdout first. `notes` describe the difference of each group to the holdout.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def evaluate_experiment(group_labels: pd.Series, outcomes_after: Outcomes, source: str) -> ExperimentResult:
    """Compare groups with the holdout.

    Args:
        group_labels: group of each customer; one is called holdout (or control), others have any name.
        outcomes_after: purchases of the customers after the start.
        source: name of the source of the groups, for errors.

    Raises:
        InputProblem: there is no holdout, or no other group.
    """
    group_names = group_labels.str.strip().str.casefold().replace({"control": HOLDOUT_GROUP})
    treated_groups = sorted(set(group_names) - {HOLDOUT_GROUP})
    if HOLDOUT_GROUP not in set(group_names) or not treated_groups:
        raise InputProblem(
            f"needs customers in group {HOLDOUT_GROUP} and in another group",
            source=source,
            column=GROUP_COLUMN,
            remedy="Pass a file with one row per customer, some in group holdout",
        )
    holdout_outcomes = _select_group(group_names == HOLDOUT_GROUP, outcomes_after)
    group_rows, notes = [{GROUP_COLUMN: HOLDOUT_GROUP, **_summarise_group(*holdout_outcomes)}], []
    for group_name in treated_groups:
        has_bought, revenue = _select_group(group_names == group_name, outcomes_after)
        rate_low, rate_high = difference_interval(has_bought, holdout_outcomes[0])
        p_value, (revenue_low, revenue_high) = (
            two_proportion_test(has_bought, holdout_outcomes[0]),
            welch_interval(revenue, holdout_outcomes[1]),
        )
        rate_difference = float(has_bought.mean() - holdout_outcomes[0].mean())
        rate_fields = {
            "difference": rate_difference,
            "difference_low": rate_low,
            "difference_high": rate_high,
            "p": p_value,
        }
        revenue_fields = {"revenue_difference_low": revenue_low, "revenue_difference_high": revenue_high}
        group_rows.append(
            {GROUP_COLUMN: group_name, **_summarise_group(has_bought, revenue), **rate_fields, **revenue_fields}
        )
        verdict = (
            message("more")
            if rate_low > 0
            else message("fewer")
            if rate_high < 0
            else message("not significantly more or fewer")
        )
        notes.append(
            message(
                "{name}: {difference:+.1%} of customers bought ({low:+.1%} to {high:+.1%}, p {p_value:.3f}), "
                "{verdict} than the holdout; revenue per customer {revenue_low:+,.2f} to {revenue_high:+,.2f}",
                name=group_name,
                difference=rate_difference,
                low=rate_low,
                high=rate_high,
                p_value=p_value,
                verdict=verdict,
                revenue_low=revenue_low,
                revenue_high=revenue_high,
            )
        )
    return ExperimentResult(pd.DataFrame(group_rows), tuple(notes))


def _select_group(in_group: pd.Series, outcomes_after: Outcomes) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    group_mask = in_group.to_numpy()
    return outcomes_after.has_bought[group_mask], outcomes_after.revenue[group_mask]


def _summarise_group(has_bought: npt.NDArray[np.bool_], revenue: FloatArray) -> dict[str, float]:
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
