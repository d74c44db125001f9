"""Named features -> a matrix to cluster: transformed, filled, scaled and weighted, with every step recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.errors import ConfigProblems, InputProblem, UsageProblem
from segcli.ingest.special import special
from segcli.model import Customers

Matrix = npt.NDArray[np.float64]
SKEWED = 1.0  # moment skewness from which `transform: auto` takes logarithms
ALIKE = 0.95  # correlation from which two features say nearly the same
MOST_LEVELS = 30  # a text column with more names people or places, and no kinds
TAILS = (0.01, 0.99)  # quantiles beyond which `outliers: winsorise` takes values in
LEVEL, RANK = "level", "rank"


@dataclass(frozen=True)
class Feature:
    """How a column became a column of the matrix: transform, take outliers in, fill, then (x - centre) / spread.

    A column of text becomes one feature for each `level` (is it this one?); their spread is such that together they
    have the variance of one numeric feature. One with ordered `levels` becomes their rank.
    """

    name: str
    transform: str
    fill: float
    missing: int
    centre: float
    spread: float
    level: str | None = None
    levels: Sequence[str] = ()
    low: float | None = None
    high: float | None = None

    @property
    def label(self) -> str:
        """The feature's name, with its level."""
        return self.name if self.level is None else f"{self.name} = {self.level}"

    def of(self, values: pd.Series) -> Matrix:
        """The feature's values in the matrix, shape (n,), for the column it is made of."""
        moved = self.moved(values)
        if self.low is not None and self.high is not None:
            moved = np.clip(moved, self.low, self.high)
        return (np.where(np.isnan(moved), self.fill, moved) - self.centre) / self.spread

    def moved(self, values: pd.Series) -> Matrix:
        """The column transformed, NaN where missing."""
        if self.transform == LEVEL:
            return np.asarray(_texts(values) == self.level, dtype=np.float64)
        if self.transform == RANK:
            ranks = {level: float(rank) for rank, level in enumerate(self.levels)}
            return np.asarray(_texts(values).map(ranks), dtype=np.float64)
        numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        return log(numbers) if self.transform == "log1p" else numbers

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Features:
    """`matrix` has shape (customers, features), in the order of `used`; `warnings` name what was dropped."""

    matrix: Matrix
    used: tuple[Feature, ...]
    warnings: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Feature names, in the order of the matrix."""
        return [feature.label for feature in self.used]


def log(values: Matrix) -> Matrix:
    """Logarithm of 1 + x, mirrored below zero so that net refunds stay below zero."""
    return np.sign(values) * np.log1p(np.abs(values))


def features(customers: Customers, settings: ClusterSettings) -> Features:
    """Build the matrix from the columns or groups that the settings name.

    Raises:
        ConfigProblems: a feature is of a special category of data, and nobody said why.
        UsageProblem: a column does not exist or cannot be a feature.
        InputProblem: no feature is left that differs between customers.
    """
    named = resolve(customers, settings.features)
    _refuse_special(named, settings)
    used: list[Feature] = []
    warnings: list[str] = []
    for name in named:
        made, why = _prepared(name, customers.table[name], settings)
        weight = settings.weights.get(name, 1.0)
        used += [replace(one, spread=one.spread / weight) for one in made]
        warnings += why
    if not used:
        raise InputProblem(
            "no feature differs between customers; there is nothing to cluster on: " + "; ".join(warnings),
            source=customers.readings[0].input.name,
        )
    matrix = np.column_stack([one.of(customers.table[one.name]) for one in used])
    return Features(matrix, tuple(used), (*warnings, *_alike(matrix, used)))


def resolve(customers: Customers, asked: Sequence[str]) -> list[str]:
    """Column names for features and groups, by standard name or by the name in the file."""
    table = customers.table
    theirs = {name: standard for reading in customers.readings for standard, name in reading.columns.items()}
    resolved: list[str] = []
    for name in asked:
        group = [column for column in c.FEATURE_GROUPS.get(name, ()) if column in table]
        resolved += group or [name if name in table else theirs.get(name, name)]
    for name in resolved:
        why = _why_not(table, name)
        if why:
            usable = [n for n in table.columns if not _why_not(table, n)]
            raise UsageProblem(f"cluster.features: '{name}' {why}; there is: {', '.join(usable) or 'no column'}")
    return list(dict.fromkeys(resolved))


def _why_not(table: pd.DataFrame, name: str) -> str:
    """Why a column cannot be a feature; blank where it can."""
    if name not in table:
        return "is not a column or group of features"
    if c.kind(name) is c.Kind.ID or name == c.CUSTOMER_ID:
        return "identifies customers"
    if pd.api.types.is_numeric_dtype(table[name]):
        return ""
    if pd.api.types.is_datetime64_any_dtype(table[name]):
        return "is a date"
    count = table[name].nunique()
    return f"has {count:,} different texts (at most {MOST_LEVELS})" if count > MOST_LEVELS else ""


def _refuse_special(named: Sequence[str], settings: ClusterSettings) -> None:
    found = special(named)
    if found and not settings.special_reason:
        what = f"cluster.features: special categories of personal data: {', '.join(found)}"
        raise ConfigProblems([f"{what}; leave them out, or say why with cluster.special_reason (it is recorded)"])


def _prepared(name: str, values: pd.Series, settings: ClusterSettings) -> tuple[list[Feature], list[str]]:
    """The features of a column, and what there is to say: why there is none, or what became of missing values."""
    missing = int(values.isna().sum())
    if missing and settings.missing == "refuse":
        raise InputProblem(f"{missing:,} customers have no value and cluster.missing is refuse", column=name)
    if (missing and settings.missing == "drop") or missing == len(values):
        return [], [f"{name}: dropped, {missing:,} values are missing"]
    if name in settings.ordinal:
        return _ranked(name, values, settings)
    if not pd.api.types.is_numeric_dtype(values):
        return _levels(name, values)
    return _number(Feature(name, _transform(values, settings.transform), 0.0, missing, 0.0, 1.0), values, settings)


def _number(draft: Feature, values: pd.Series, settings: ClusterSettings) -> tuple[list[Feature], list[str]]:
    """A feature of numbers or ranks, filled with the median and scaled."""
    moved = draft.moved(values)
    known = moved[~np.isnan(moved)]
    if settings.outliers == "winsorise":
        low, high = (float(bound) for bound in np.quantile(known, TAILS))
        draft = replace(draft, low=low, high=high)
    taken = known if draft.low is None else np.clip(known, draft.low, draft.high)
    if taken.min() == taken.max():
        return [], [f"{draft.name}: dropped, it is the same for every customer"]
    fill = float(np.median(taken))
    missing = len(moved) - len(known)
    centre, spread = _scale(np.concatenate([taken, np.full(missing, fill)]), settings.scale)
    made = replace(draft, fill=fill, missing=missing, centre=centre, spread=spread)
    return [made], [f"{draft.name}: {missing:,} missing values take the median"] * bool(missing)


def _ranked(name: str, values: pd.Series, settings: ClusterSettings) -> tuple[list[Feature], list[str]]:
    levels = tuple(settings.ordinal[name])
    odd = sorted(set(_texts(values)) - {*levels, ""})
    if odd:
        raise ConfigProblems([f"cluster.ordinal.{name}: the column also has: {', '.join(odd)}"])
    return _number(Feature(name, RANK, 0.0, 0, 0.0, 1.0, levels=levels), values, settings)


def _levels(name: str, values: pd.Series) -> tuple[list[Feature], list[str]]:
    """A feature for each text; what is missing is none of them."""
    texts = _texts(values)
    shares = texts[texts != ""].value_counts().sort_index() / len(texts)
    if len(shares) < 2 and not (texts == "").any():  # noqa: PLR2004 - one kind tells nobody apart
        return [], [f"{name}: dropped, it is the same for every customer"]
    spread = float(np.sqrt((shares * (1 - shares)).sum()))
    missing = int((texts == "").sum())
    made = [
        Feature(name, LEVEL, 0.0, missing, float(share), spread, level=str(level)) for level, share in shares.items()
    ]
    return made, [f"{name}: {missing:,} customers have none of its kinds"] * bool(missing)


def _texts(values: pd.Series) -> pd.Series:
    return values.astype("str").fillna("").str.strip()


def _alike(matrix: Matrix, used: Sequence[Feature]) -> Iterator[str]:
    """Pairs of numeric features that say nearly the same, and so count twice."""
    numeric = [place for place, one in enumerate(used) if one.level is None]
    if len(numeric) < 2:  # noqa: PLR2004 - one feature is like no other
        return
    related = np.atleast_2d(np.corrcoef(matrix[:, numeric], rowvar=False))
    for one, other in combinations(range(len(numeric)), 2):
        if abs(related[one, other]) > ALIKE:
            names = f"{used[numeric[one]].name} and {used[numeric[other]].name}"
            yield f"{names} say nearly the same (correlation {related[one, other]:.2f}) and count twice; leave one out"


def _transform(values: pd.Series, asked: str) -> str:
    if asked != "auto":
        return asked
    known = values.dropna().to_numpy(dtype=np.float64)
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
