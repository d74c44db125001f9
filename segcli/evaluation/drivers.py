"""Drivers: regression of spend, repeat purchase, satisfaction or any outcome on customer attributes.

It shows association, not cause. A number (its logarithm if it is skewed) is regressed by least squares with White's
standard errors (1980, HC1), and a yes-or-no outcome by logistic regression. Each value of a category is regressed
against all others. Numbers are in standard deviations, and categories are compared with the most frequent level. A
variance inflation factor above 5 means that a column can hardly be separated from the others.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.arrays import FloatArray
from segcli.config.drivers import DriversSettings
from segcli.customers.missing_measures import add_remedy, measures_remedy
from segcli.errors import UsageProblem
from segcli.evaluation.factors import Design, Factor, build_design, describe_factor
from segcli.evaluation.outcome_levels import OutcomeLevels, read_outcome
from segcli.evaluation.regressions import MAX_LOGIT, Regression, fit_least_squares, fit_logistic
from segcli.formatting import format_number, pluralize
from segcli.message import count_message, join_messages, message
from segcli.model import Customers
from segcli.segment.clustering.feature_encoding import is_skewed, signed_log1p
from segcli.segment.confidence_intervals import Z_SCORE_95
from segcli.segment.profiles import descriptive_columns

REPEAT_TARGET = "repeat"
MIN_CUSTOMERS_PER_COLUMN = 10  # customers for each coefficient
MIN_CLASS_SIZE = 10  # customers with a value of a category, and without it
HIGH_VIF, MAX_VIF = 5.0, 1000.0  # threshold of a warning, and cap of reported values
VIF_RIDGE = 1e-10
MAX_NOTES = 5  # most associations in words


@dataclass(frozen=True, eq=False)
class DriverAnalysis:
    """Result of a driver analysis.

    `table` has the columns driver, level, association (effect), low, high, average_effect, vif, strongest first.
    `effect` is in standard deviations of the target (of its logarithm if `transform` is log), or in log odds of yes.
    With odds, there are also odds_ratio, odds_low and odds_high, and outcome if the target has several values.
    `average_effect` is in units of the target, a share of it (log), or a difference of probabilities (odds).
    `explained` is the share of variance explained, or McFadden's (1974) pseudo R squared of log-likelihood, as a mean
    over the values of the target.
    """

    of: str
    transform: str
    customers: int
    explained: float
    table: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TargetValues:
    """The target as numbers by label, each of shape (n,), NaN where unknown, and how it is transformed."""

    values: dict[str, FloatArray]
    transform: str


def analyse_drivers(customers: Customers, settings: DriversSettings) -> DriverAnalysis:
    """Regress the target column on the selected columns.

    Raises:
        UsageProblem: a column does not exist, the target has too many values, or there are too few customers for the
            columns.
    """
    target = _build_target(customers, settings)
    first_values = next(iter(target.values.values()))
    is_known = ~np.isnan(first_values)
    design = build_design(
        customers.table[is_known], select_factors(customers, settings.of, settings.among, "drivers.among")
    )
    customer_count = int(is_known.sum())
    known_values = {label: values[is_known] for label, values in target.values.items()}
    varying_values = {label: y for label, y in known_values.items() if _has_variation(y, target.transform)}
    if customer_count < MIN_CUSTOMERS_PER_COLUMN * (len(design.factors) + 1) or not varying_values:
        raise UsageProblem(
            f"drivers: {pluralize(customer_count, 'customer')} with {settings.of}, "
            f"too few for {pluralize(len(design.factors), 'column')}, or all equal; set fewer columns in drivers.among"
        )
    regressions = {label: _fit_regression(design, y, target.transform) for label, y in varying_values.items()}
    table = pd.concat(
        [
            _build_rows(design, regression, target.transform, label if len(known_values) > 1 else None)
            for label, regression in regressions.items()
        ],
        ignore_index=True,
    )
    table = table.iloc[np.argsort(-table["effect"].abs().to_numpy(), kind="stable")].reset_index(drop=True)
    explained = float(np.mean([regression.explained for regression in regressions.values()]))
    rare_notes = [
        message("{outcome}: too few customers for an analysis", outcome=label)
        for label in known_values
        if label not in varying_values
    ]
    notes = (
        _describe_analysis(settings.of, target, customer_count, explained),
        *_describe_associations(table, design, target),
        *_describe_collinearity(table),
        *design.notes,
        *rare_notes,
    )
    return DriverAnalysis(settings.of, target.transform, customer_count, explained, table, notes)


def _has_variation(y: FloatArray, transform: str) -> bool:
    """Return whether a target has enough variation, or enough customers of both kinds."""
    if not len(y) or not np.ptp(y):
        return False
    return transform != "odds" or min(y.sum(), len(y) - y.sum()) >= MIN_CLASS_SIZE


def _build_target(customers: Customers, settings: DriversSettings) -> TargetValues:
    """Return the target and its transformation: odds (yes or no, categories), log, or plain."""
    table, target_name = customers.table, settings.of
    if target_name == REPEAT_TARGET and columns.ORDERS in table:
        return TargetValues({REPEAT_TARGET: np.asarray(table[columns.ORDERS] > 1, dtype=np.float64)}, "odds")
    if target_name not in table or target_name == columns.CUSTOMER_ID:
        available = [REPEAT_TARGET] if columns.ORDERS in table else []
        available += [str(name) for name in table if name != columns.CUSTOMER_ID]
        problem_text = f"drivers.of: no column '{target_name}'; available: {', '.join(available) or 'none'}"
        raise UsageProblem(add_remedy(problem_text, customers, [target_name]))
    outcome = read_outcome(table[target_name], target_name, settings.positive, "drivers.positive")
    if isinstance(outcome, OutcomeLevels):
        return TargetValues(dict(outcome.indicators), "odds")
    target_values = table[target_name].to_numpy(dtype=np.float64, na_value=np.nan)
    if is_skewed(target_values):
        return TargetValues({target_name: signed_log1p(target_values)}, "log")
    return TargetValues({target_name: target_values}, "plain")


def select_factors(customers: Customers, of: str, among: Sequence[str], setting: str) -> list[str]:
    """Return the configured columns; by default all customer attributes.

    Measures of purchases are attributes only if single orders are unknown, and the target is no measure itself.

    Args:
        customers: customers with their columns.
        of: target column, which is left out.
        among: configured columns; empty for the default.
        setting: the setting that names them, for messages.

    Raises:
        UsageProblem: a column does not exist, or no column describes customers.
    """
    takes_measures = customers.transactions is None and of not in {*columns.MEASURES, REPEAT_TARGET}
    column_names = [name for name in among if name != of] or [
        name
        for name in descriptive_columns(customers.table)
        if (takes_measures or name not in columns.MEASURES) and name != of
    ]
    missing_names = [name for name in column_names if name not in customers.table]
    if missing_names or not column_names:
        remedy = measures_remedy(customers, missing_names) or "pass a table with it, or set other columns"
        raise UsageProblem(f"{setting}: no column {', '.join(missing_names) or 'describes customers'}; hint: {remedy}")
    return column_names


def _fit_regression(design: Design, y: FloatArray, transform: str) -> Regression:
    if transform != "odds":
        return fit_least_squares(design.matrix, y)
    names = list(dict.fromkeys(factor.driver for factor in design.factors if factor.level is not None))
    level_groups = np.array(
        [-1 if factor.level is None else names.index(factor.driver) for factor in design.factors], dtype=np.int64
    )
    return fit_logistic(design.matrix, y, level_groups)


def _build_rows(design: Design, regression: Regression, transform: str, outcome: str | None) -> pd.DataFrame:
    """Return one row per factor; `outcome` is the value of a category that is regressed."""
    factor_count = len(design.factors)
    correlations = np.corrcoef(design.matrix, rowvar=False).reshape(factor_count, factor_count)
    vif = np.minimum(np.diag(np.linalg.inv(correlations + VIF_RIDGE * np.eye(factor_count))), MAX_VIF)
    margins = Z_SCORE_95 * regression.errors
    low, high = regression.effects - margins, regression.effects + margins
    rows = pd.DataFrame({"driver": [factor.driver for factor in design.factors]}).assign(
        level=pd.Series([factor.level for factor in design.factors], dtype="object"),
        **({} if outcome is None else {"outcome": outcome}),
        effect=regression.effects,
        low=low,
        high=high,
    )
    if transform == "odds":
        log_odds = {"odds_ratio": regression.effects, "odds_low": low, "odds_high": high}
        rows = rows.assign(
            **{name: np.exp(np.clip(values, -MAX_LOGIT, MAX_LOGIT)) for name, values in log_odds.items()}
        )
    average_effects = np.expm1(regression.average_effects) if transform == "log" else regression.average_effects
    return rows.assign(average_effect=average_effects, vif=vif)


def _describe_analysis(name: str, target: TargetValues, customer_count: int, explained: float) -> str:
    labels = list(target.values)
    label = formatting.column_label(labels[0] if len(labels) == 1 else name)
    return count_message(
        "{target}, {count} customer, {share:.0%} explained; associations, not causes",
        "{target}, {count} customers, {share:.0%} explained; associations, not causes",
        customer_count,
        target={
            "odds": message("the odds of {label}", label=label),
            "log": message("the logarithm of {label}", label=label),
            "plain": label,
        }[target.transform],
        share=explained,
    )


def _describe_associations(table: pd.DataFrame, design: Design, target: TargetValues) -> Iterator[str]:
    """Yield the strongest certain associations in words, with their average effect."""
    factors = {(factor.driver, factor.level): factor for factor in design.factors}
    is_certain = (table["low"] > 0) | (table["high"] < 0)
    for row in table[is_certain].head(MAX_NOTES).to_dict("records"):
        factor = factors[row["driver"], row["level"] if isinstance(row["level"], str) else None]
        name = row.get("outcome") or next(iter(target.values))
        describe = {"odds": _describe_odds, "log": _describe_ratio, "plain": _describe_difference}[target.transform]
        yield describe(row, _describe_change(factor), formatting.column_label(name))


def _describe_odds(row: Mapping[Hashable, Any], change: str, label: str) -> str:
    values = {
        "change": change,
        "outcome": label,
        "points": 100 * abs(row["average_effect"]),
        "ratio": row["odds_ratio"],
        "low": row["odds_low"],
        "high": row["odds_high"],
    }
    if row["effect"] > 0:
        return message(
            "{change} is associated with a higher probability of {outcome}: {points:.1f} points on average "
            "(odds ratio {ratio:.2f}, {low:.2f} to {high:.2f})",
            **values,
        )
    return message(
        "{change} is associated with a lower probability of {outcome}: {points:.1f} points on average "
        "(odds ratio {ratio:.2f}, {low:.2f} to {high:.2f})",
        **values,
    )


def _describe_ratio(row: Mapping[Hashable, Any], change: str, label: str) -> str:
    values = {
        "change": change,
        "target": label,
        "share": abs(row["average_effect"]),
        **{name: row[name] for name in ("effect", "low", "high")},
    }
    if row["effect"] > 0:
        return message(
            "{change} is associated with higher {target}: {share:.0%} on average "
            "({effect:+.2f} sd, {low:+.2f} to {high:+.2f})",
            **values,
        )
    return message(
        "{change} is associated with lower {target}: {share:.0%} on average "
        "({effect:+.2f} sd, {low:+.2f} to {high:+.2f})",
        **values,
    )


def _describe_difference(row: Mapping[Hashable, Any], change: str, label: str) -> str:
    size, relative_error = abs(row["average_effect"]), abs((row["high"] - row["low"]) / 2 / row["effect"])
    values = {
        "change": change,
        "target": label,
        "size": format_number(size),
        "low": format_number(size * (1 - relative_error)),
        "high": format_number(size * (1 + relative_error)),
    }
    if row["effect"] > 0:
        return message("{change} is associated with higher {target}: {size} on average ({low} to {high})", **values)
    return message("{change} is associated with lower {target}: {size} on average ({low} to {high})", **values)


def _describe_change(factor: Factor) -> str:
    """Return a factor with the change that its effect belongs to: a level, a standard deviation, or a multiple."""
    if factor.level is not None:
        return describe_factor(factor)
    if factor.is_log:
        return message("{label} x {ratio:.1f}", label=describe_factor(factor), ratio=np.exp(factor.step))
    return message("{label} + {step}", label=describe_factor(factor), step=format_number(factor.step))


def _describe_collinearity(table: pd.DataFrame) -> Iterator[str]:
    collinear_drivers: Sequence[str] = list(dict.fromkeys(table.loc[table["vif"] > HIGH_VIF, "driver"]))
    if collinear_drivers:
        yield message(
            "collinear with other drivers (VIF above {limit:.0f}): {names}",
            limit=HIGH_VIF,
            names=join_messages(", ", map(formatting.column_label, collinear_drivers)),
        )
