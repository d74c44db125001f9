"""Drivers: regression of spend, repeat purchase or satisfaction on customer attributes.

It shows association, not cause. A number (its logarithm if it is skewed) is regressed by least squares with White's
standard errors (1980, HC1), and a yes-or-no column by logistic regression. Numbers are in standard deviations, and
categories are compared with the most frequent one. A variance inflation factor above 5 means that a column can hardly
be separated from the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns, formatting
from segcli.config.drivers import DriversSettings
from segcli.customers.missing_measures import add_remedy, measures_remedy
from segcli.errors import UsageProblem
from segcli.formatting import pluralize
from segcli.message import count_message, join_messages, message
from segcli.model import Customers
from segcli.segment.clustering.feature_encoding import is_skewed, signed_log1p
from segcli.segment.confidence_intervals import Z_SCORE_95
from segcli.segment.profiles import descriptive_columns

REPEAT_TARGET = "repeat"
MIN_CUSTOMERS_PER_COLUMN = 10  # customers for each coefficient
HIGH_VIF, MAX_VIF = 5.0, 1000.0  # threshold of a warning, and cap of reported values
MAX_ITERATIONS, STEP_TOLERANCE = 50, 1e-10

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DriverAnalysis:
    """Result of a driver analysis.

    `table` has the columns driver, level, association (effect), low, high, vif; strongest first. `effect` is in
    standard deviations of the target (of its logarithm if `transform` is log), or in log odds of yes. `explained` is
    the share of variance explained, or McFadden's (1974) pseudo R squared of log-likelihood.
    """

    of: str
    transform: str
    customers: int
    explained: float
    table: pd.DataFrame
    notes: tuple[str, ...]


def analyse_drivers(customers: Customers, settings: DriversSettings) -> DriverAnalysis:
    """Regress the target column on the selected columns.

    Raises:
        UsageProblem: a column does not exist or is not numeric, or there are too few customers for its columns.
    """
    target, transform = _build_target(customers, settings.of)
    is_known = ~np.isnan(target)
    driver_levels, design = _design_matrix(customers.table[is_known], _select_columns(customers, settings))
    y = target[is_known]
    if len(y) < MIN_CUSTOMERS_PER_COLUMN * (len(driver_levels) + 1) or not np.ptp(y):
        raise UsageProblem(
            f"drivers: {pluralize(len(y), 'customer')} with {settings.of}, "
            f"too few for {pluralize(len(driver_levels), 'column')}, or all equal; set fewer columns in drivers.among"
        )
    effects, errors, explained = _fit_logistic(design, y) if transform == "odds" else _fit_least_squares(design, y)
    correlations = np.corrcoef(design, rowvar=False).reshape(len(driver_levels), len(driver_levels))
    vif = np.minimum(np.diag(np.linalg.inv(correlations + STEP_TOLERANCE * np.eye(len(driver_levels)))), MAX_VIF)
    driver_rows = pd.DataFrame(driver_levels, columns=["driver", "level"]).assign(
        effect=effects, low=effects - Z_SCORE_95 * errors, high=effects + Z_SCORE_95 * errors, vif=vif
    )
    driver_rows = driver_rows.iloc[np.argsort(-np.abs(effects), kind="stable")].reset_index(drop=True)
    analysis = DriverAnalysis(settings.of, transform, len(y), explained, driver_rows, ())
    return replace(analysis, notes=tuple(_build_notes(analysis)))


def _build_target(customers: Customers, target_name: str) -> tuple[FloatArray, str]:
    """Return the target and its transformation: odds (yes or no), log, or plain."""
    table = customers.table
    if target_name == REPEAT_TARGET and columns.ORDERS in table:
        return np.asarray(table[columns.ORDERS] > 1, dtype=np.float64), "odds"
    numeric_columns = [str(column_name) for column_name in table if pd.api.types.is_numeric_dtype(table[column_name])]
    if target_name not in numeric_columns:
        target_list = (
            ", ".join([REPEAT_TARGET, *numeric_columns] if columns.ORDERS in table else numeric_columns) or "none"
        )
        problem_text = f"drivers.of: '{target_name}' is not a numeric column; available: {target_list}"
        raise UsageProblem(add_remedy(problem_text, customers, [target_name]))
    target_values = table[target_name].to_numpy(dtype=np.float64, na_value=np.nan)
    if set(np.unique(target_values[~np.isnan(target_values)])) == {0.0, 1.0}:
        return target_values, "odds"
    return (signed_log1p(target_values), "log") if is_skewed(target_values) else (target_values, "plain")


def _select_columns(customers: Customers, settings: DriversSettings) -> list[str]:
    """Return the configured columns; by default all customer attributes that are not measures of purchases."""
    if not settings.among:
        column_names = [
            column_name
            for column_name in descriptive_columns(customers.table)
            if column_name not in columns.MEASURES and column_name != settings.of
        ]
    else:
        column_names = settings.among
    missing_names = [column_name for column_name in column_names if column_name not in customers.table]
    if missing_names or not column_names:
        remedy = measures_remedy(customers, missing_names) or "pass a table with it, or set other columns"
        raise UsageProblem(
            f"drivers.among: no column {', '.join(missing_names) or 'describes customers'}; hint: {remedy}"
        )
    return column_names


def _design_matrix(table: pd.DataFrame, column_names: Sequence[str]) -> tuple[list[tuple[str, str | None]], FloatArray]:
    """Build the design matrix.

    Numbers are standardised, with missing values set to the mean. Categories become 0 or 1, without the most frequent.
    """
    driver_levels: list[tuple[str, str | None]] = []
    design_columns = []
    for column_name in column_names:
        column_values = table[column_name]
        if pd.api.types.is_numeric_dtype(column_values):
            numbers = column_values.to_numpy(dtype=np.float64, na_value=np.nan)
            numbers = signed_log1p(numbers) if is_skewed(numbers) else numbers
            if np.nanstd(numbers) > 0:
                driver_levels.append((column_name, None))
                design_columns.append(np.nan_to_num((numbers - np.nanmean(numbers)) / np.nanstd(numbers)))
            continue
        levels = column_values.astype("str").where(column_values.notna(), "unknown")
        for level in sorted(levels.unique(), key=lambda level: (level != levels.mode()[0], level))[1:]:
            driver_levels.append((column_name, str(level)))
            design_columns.append((levels == level).to_numpy(dtype=np.float64))
    if not design_columns:
        raise UsageProblem("drivers.among: every column is constant; set other columns")
    return driver_levels, np.column_stack(design_columns)


def _fit_least_squares(design: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return effects, their standard errors, and the share of variance explained; y is in standard deviations."""
    y = (y - y.mean()) / y.std()
    x = np.column_stack([np.ones(len(y)), design])
    inverse_gram = np.linalg.pinv(x.T @ x)
    effects = inverse_gram @ x.T @ y
    residuals = y - x @ effects
    hc1_scale = len(y) / (len(y) - x.shape[1])
    variance = inverse_gram @ ((x * residuals[:, None] ** 2).T @ x) @ inverse_gram * hc1_scale
    return effects[1:], np.sqrt(np.diag(variance))[1:], float(1 - (residuals @ residuals) / (y @ y))


def _fit_logistic(design: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return effects in log odds, by Newton's method; a category that contains all or no buyers stays finite."""
    x = np.column_stack([np.ones(len(y)), design])
    effects = np.zeros(x.shape[1])
    for _ in range(MAX_ITERATIONS):
        probabilities = 1 / (1 + np.exp(-np.clip(x @ effects, -30, 30)))
        information = (x * (probabilities * (1 - probabilities))[:, None]).T @ x + STEP_TOLERANCE * np.eye(x.shape[1])
        step = np.linalg.solve(information, x.T @ (y - probabilities))
        effects += np.clip(step, -5, 5)
        if np.abs(step).max() < STEP_TOLERANCE:
            break
    log_likelihood = float((y * np.log(probabilities + 1e-300) + (1 - y) * np.log(1 - probabilities + 1e-300)).sum())
    base_rate = y.mean()
    null_log_likelihood = float(len(y) * (base_rate * np.log(base_rate) + (1 - base_rate) * np.log(1 - base_rate)))
    return effects[1:], np.sqrt(np.diag(np.linalg.pinv(information)))[1:], 1 - log_likelihood / null_log_likelihood


def _build_notes(analysis: DriverAnalysis) -> Iterator[str]:
    driver_rows, target_name = analysis.table, analysis.of
    target = formatting.column_label(target_name)
    yield count_message(
        "{target}, {count} customer, {share:.0%} explained; associations, not causes",
        "{target}, {count} customers, {share:.0%} explained; associations, not causes",
        analysis.customers,
        target={
            "odds": message("the odds of {label}", label=target),
            "log": message("the logarithm of {label}", label=target),
            "plain": target,
        }[analysis.transform],
        share=analysis.explained,
    )
    significant_rows = driver_rows[(driver_rows["low"] > 0) | (driver_rows["high"] < 0)].head(5).to_dict("records")
    for driver_row in significant_rows:
        label = formatting.column_label(driver_row["driver"])
        values = {
            "driver": label
            if driver_row["level"] is None
            else message("{label} = {level}", label=label, level=driver_row["level"]),
            "target": target,
            **{name: driver_row[name] for name in ("effect", "low", "high")},
        }
        if driver_row["effect"] > 0:
            yield message(
                "{driver} is associated with higher {target} ({effect:+.2f}, {low:+.2f} to {high:+.2f})", **values
            )
        else:
            yield message(
                "{driver} is associated with lower {target} ({effect:+.2f}, {low:+.2f} to {high:+.2f})", **values
            )
    inflated_drivers = list(dict.fromkeys(driver_rows.loc[driver_rows["vif"] > HIGH_VIF, "driver"]))
    if inflated_drivers:
        yield message(
            "collinear with other drivers (VIF above {limit:.0f}): {names}",
            limit=HIGH_VIF,
            names=join_messages(", ", map(formatting.column_label, inflated_drivers)),
        )
