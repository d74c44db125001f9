"""Named features -> a matrix to cluster: transformed, filled and scaled, with every step recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.errors import InputProblem, UsageProblem
from segcli.model import Customers

Matrix = npt.NDArray[np.float64]
SKEWED = 1.0  # moment skewness from which `transform: auto` takes logarithms


@dataclass(frozen=True)
class Feature:
    """How one column became one column of the matrix: transform, then fill, then (x - centre) / spread."""

    name: str
    transform: str
    fill: float
    missing: int
    centre: float
    spread: float

    def apply(self, values: Matrix) -> Matrix:
        """The feature's values in the matrix, shape (n,)."""
        moved = log(values) if self.transform == "log1p" else values
        return (np.where(np.isnan(moved), self.fill, moved) - self.centre) / self.spread

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class Features:
    """`matrix` has shape (customers, features), in the order of `used`; `warnings` name what was dropped."""

    matrix: Matrix
    used: tuple[Feature, ...]
    warnings: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Feature names, in the order of the matrix."""
        return [feature.name for feature in self.used]


def log(values: Matrix) -> Matrix:
    """Logarithm of 1 + x, mirrored below zero so that net refunds stay below zero."""
    return np.sign(values) * np.log1p(np.abs(values))


def features(customers: Customers, settings: ClusterSettings) -> Features:
    """Build the matrix from the columns or groups that the settings name.

    Raises:
        UsageProblem: a column does not exist or is not numeric.
        InputProblem: no feature is left that differs between customers.
    """
    used, columns, warnings = [], [], []
    for name in resolve(customers, settings.features):
        values = customers.table[name].to_numpy(dtype=np.float64, na_value=np.nan)
        feature, why_not = _prepared(name, values, settings)
        if feature is None:
            warnings.append(why_not)
            continue
        used.append(feature)
        columns.append(feature.apply(values))
        if feature.missing:
            warnings.append(f"{name}: {feature.missing:,} missing values take the median")
    if not used:
        raise InputProblem(
            "no feature differs between customers; there is nothing to cluster on: " + "; ".join(warnings),
            source=customers.readings[0].input.name,
        )
    return Features(np.column_stack(columns), tuple(used), tuple(warnings))


def resolve(customers: Customers, asked: Sequence[str]) -> list[str]:
    """Column names for features and groups, by standard name or by the name in the file."""
    table = customers.table
    theirs = {name: standard for reading in customers.readings for standard, name in reading.columns.items()}
    resolved: list[str] = []
    for name in asked:
        group = [column for column in c.FEATURE_GROUPS.get(name, ()) if column in table]
        resolved += group or [name if name in table else theirs.get(name, name)]
    numeric = [n for n in table.columns if n != c.CUSTOMER_ID and pd.api.types.is_numeric_dtype(table[n])]
    for name in resolved:
        if name not in numeric:
            why = "is not a column of numbers" if name in table else "is not a column or group of features"
            raise UsageProblem(f"cluster.features: '{name}' {why}; numbers are in: {', '.join(numeric) or 'no column'}")
    return list(dict.fromkeys(resolved))


def _prepared(name: str, values: Matrix, settings: ClusterSettings) -> tuple[Feature | None, str]:
    missing = int(np.isnan(values).sum())
    if missing and settings.missing == "refuse":
        raise InputProblem(f"{missing:,} customers have no value and cluster.missing is refuse", column=name)
    if (missing and settings.missing == "drop") or missing == len(values):
        return None, f"{name}: dropped, {missing:,} values are missing"
    known = values[~np.isnan(values)]
    transform = _transform(known, settings.transform)
    moved = log(known) if transform == "log1p" else known
    if moved.min() == moved.max():
        return None, f"{name}: dropped, it is the same for every customer"
    fill = float(np.median(moved))
    centre, spread = _scale(np.concatenate([moved, np.full(missing, fill)]), settings.scale)
    return Feature(name, transform, fill, missing, centre, spread), ""


def _transform(known: Matrix, asked: str) -> str:
    if asked != "auto":
        return asked
    deviation = known.std()
    skewness = float((((known - known.mean()) / deviation) ** 3).mean()) if deviation else 0.0
    return "log1p" if skewness > SKEWED else "none"


def _scale(values: Matrix, asked: str) -> tuple[float, float]:
    """Centre and spread; a robust spread of zero falls back to the standard deviation."""
    if asked == "none":
        return 0.0, 1.0
    if asked == "robust":
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        if high > low:
            return float(middle), float(high - low)
    return float(values.mean()), float(values.std())
