"""What goes together with spend, repeat or satisfaction: regression on what is known of customers. Not why.

Least squares of a number (its logarithm where it is skewed) with White's standard errors (1980, HC1), or logistic
regression of yes or no. Numbers are in standard deviations, kinds against the most frequent one. A variance inflation
factor above 5 says that a column can hardly be told from the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.drivers import DriversSettings
from segcli.counting import counted
from segcli.customers.missing import add_remedy, measures_remedy
from segcli.errors import UsageProblem
from segcli.model import Customers
from segcli.segment.describing import describing
from segcli.segment.feature import log, skewed
from segcli.segment.intervals import Z

REPEAT = "repeat"
FEWEST_A_COLUMN = 10  # customers for each coefficient
INFLATED, MOST_VIF = 5.0, 1000.0  # from where a column is hardly told apart; more is not told: it is one of others
ROUNDS, STILL = 50, 1e-10

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drivers:
    """`table`: driver, level, association (effect), low, high, vif; strongest first.

    `effect` is in standard deviations of what is explained (its logarithm where `transform` says so), or in logarithms
    of odds of yes; `explained` is the share of variance, or McFadden's (1974) of log-likelihood.
    """

    of: str
    transform: str
    customers: int
    explained: float
    table: pd.DataFrame
    notes: tuple[str, ...]


def drivers(customers: Customers, settings: DriversSettings) -> Drivers:
    """Regress.

    Raises:
        UsageProblem: a column does not exist, is no number, or there are too few customers for so many columns.
    """
    target, kind = _target(customers, settings.of)
    known = ~np.isnan(target)
    names, matrix = _design(customers.table[known], _among(customers, settings))
    y = target[known]
    if len(y) < FEWEST_A_COLUMN * (len(names) + 1) or not np.ptp(y):
        raise UsageProblem(
            f"drivers: {counted(len(y), 'customer')} with {settings.of}, too few for {counted(len(names), 'column')}, "
            "or all alike; name fewer with drivers.among"
        )
    effects, errors, explained = _logistic(matrix, y) if kind == "odds" else _least_squares(matrix, y)
    related = np.corrcoef(matrix, rowvar=False).reshape(len(names), len(names))
    vif = np.minimum(np.diag(np.linalg.inv(related + STILL * np.eye(len(names)))), MOST_VIF)
    rows = pd.DataFrame(names, columns=["driver", "level"]).assign(
        effect=effects, low=effects - Z * errors, high=effects + Z * errors, vif=vif
    )
    rows = rows.iloc[np.argsort(-np.abs(effects), kind="stable")].reset_index(drop=True)
    made = Drivers(settings.of, kind, len(y), explained, rows, ())
    return replace(made, notes=tuple(_notes(made)))


def _target(customers: Customers, name: str) -> tuple[Matrix, str]:
    """What is explained, and as what: odds (yes or no), log, or plain."""
    table = customers.table
    if name == REPEAT and c.ORDERS in table:
        return np.asarray(table[c.ORDERS] > 1, dtype=np.float64), "odds"
    known = [str(one) for one in table if pd.api.types.is_numeric_dtype(table[one])]
    if name not in known:
        there = ", ".join([REPEAT, *known] if c.ORDERS in table else known) or "none"
        what = f"drivers.of: '{name}' is no column of numbers; there is {there}"
        raise UsageProblem(add_remedy(what, customers, [name]))
    values = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if set(np.unique(values[~np.isnan(values)])) == {0.0, 1.0}:
        return values, "odds"
    return (log(values), "log") if skewed(values) else (values, "plain")


def _among(customers: Customers, settings: DriversSettings) -> list[str]:
    """The columns asked about; by default what is known of customers besides what they bought."""
    if not settings.among:
        names = [name for name in describing(customers.table) if name not in c.MEASURES and name != settings.of]
    else:
        names = settings.among
    missing = [name for name in names if name not in customers.table]
    if missing or not names:
        remedy = measures_remedy(customers, missing) or "Give a table that has it, or name others"
        raise UsageProblem(f"drivers.among: no column {', '.join(missing) or 'describes customers'}. {remedy}")
    return names


def _design(table: pd.DataFrame, names: Sequence[str]) -> tuple[list[tuple[str, str | None]], Matrix]:
    """Numbers standardised, missing ones as the mean; kinds as 0 or 1, but for the most frequent."""
    told: list[tuple[str, str | None]] = []
    found = []
    for name in names:
        values = table[name]
        if pd.api.types.is_numeric_dtype(values):
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
            numbers = log(numbers) if skewed(numbers) else numbers
            if np.nanstd(numbers) > 0:
                told.append((name, None))
                found.append(np.nan_to_num((numbers - np.nanmean(numbers)) / np.nanstd(numbers)))
            continue
        kinds = values.astype("str").where(values.notna(), "unknown")
        for level in sorted(kinds.unique(), key=lambda one: (one != kinds.mode()[0], one))[1:]:
            told.append((name, str(level)))
            found.append((kinds == level).to_numpy(dtype=np.float64))
    if not found:
        raise UsageProblem("drivers.among: no column differs between customers; name others")
    return told, np.column_stack(found)


def _least_squares(matrix: Matrix, y: Matrix) -> tuple[Matrix, Matrix, float]:
    """Effects, their standard errors, and the share of variance explained; y in standard deviations."""
    y = (y - y.mean()) / y.std()
    x = np.column_stack([np.ones(len(y)), matrix])
    inverse = np.linalg.pinv(x.T @ x)
    effects = inverse @ x.T @ y
    rest = y - x @ effects
    scale = len(y) / (len(y) - x.shape[1])
    variance = inverse @ ((x * rest[:, None] ** 2).T @ x) @ inverse * scale
    return effects[1:], np.sqrt(np.diag(variance))[1:], float(1 - (rest @ rest) / (y @ y))


def _logistic(matrix: Matrix, y: Matrix) -> tuple[Matrix, Matrix, float]:
    """Effects in logarithms of odds, by Newton's steps; a kind that all or none of the buyers have stays finite."""
    x = np.column_stack([np.ones(len(y)), matrix])
    effects = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ effects, -30, 30)))
        information = (x * (p * (1 - p))[:, None]).T @ x + STILL * np.eye(x.shape[1])
        step = np.linalg.solve(information, x.T @ (y - p))
        effects += np.clip(step, -5, 5)
        if np.abs(step).max() < STILL:
            break
    likely = float((y * np.log(p + 1e-300) + (1 - y) * np.log(1 - p + 1e-300)).sum())
    mean = y.mean()
    alone = float(len(y) * (mean * np.log(mean) + (1 - mean) * np.log(1 - mean)))
    return effects[1:], np.sqrt(np.diag(np.linalg.pinv(information)))[1:], 1 - likely / alone


def _notes(made: Drivers) -> Iterator[str]:
    rows, of = made.table, made.of
    what = {"odds": f"the odds of {of}", "log": f"the logarithm of {of}", "plain": of}[made.transform]
    yield f"{what}, {counted(made.customers, 'customer')}, {made.explained:.0%} explained; associations, not causes"
    sure = rows[(rows["low"] > 0) | (rows["high"] < 0)].head(5).to_dict("records")
    for row in sure:
        name = row["driver"] if row["level"] is None else f"{row['driver']} = {row['level']}"
        way = "higher" if row["effect"] > 0 else "lower"
        yield f"{name} is associated with {way} {of} ({row['effect']:+.2f}, {row['low']:+.2f} to {row['high']:+.2f})"
    inflated = list(dict.fromkeys(rows.loc[rows["vif"] > INFLATED, "driver"]))
    if inflated:
        yield f"can hardly be told from the others (VIF above {INFLATED:.0f}): {', '.join(inflated)}"
