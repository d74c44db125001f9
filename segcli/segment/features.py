"""Named features -> a matrix to cluster: transformed, filled, scaled and weighted, with every step recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from segcli.config.cluster import ClusterSettings
from segcli.counting import counted
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.by_default import by_default
from segcli.segment.eligible import eligible
from segcli.segment.feature import LEVEL, RANK, Feature, Matrix, matrix_of, numbers, skewed, texts
from segcli.segment.methods import SWEEP, sampled
from segcli.segment.reduction import Reduction, reduction

ALIKE = 0.95  # correlation from which two features say nearly the same
TAILS = (0.01, 0.99)  # quantiles beyond which `outliers: winsorise` takes values in
MISMATCH = 2.0  # spread of kinds under which two that differ are 1 apart, as are the ends of a range


@dataclass(frozen=True)
class Features:
    """`plain` has shape (customers, features), in the order of `used`; `matrix` is it, or its fewer parts.

    `warnings` name what was dropped and what is noticed.
    """

    plain: Matrix
    matrix: Matrix
    used: tuple[Feature, ...]
    reduction: Reduction | None
    warnings: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Feature names, in the order of `plain`."""
        return [feature.label for feature in self.used]

    @property
    def parts(self) -> list[str]:
        """What the columns of `matrix` are called."""
        return list(self.reduction.parts) if self.reduction else self.names


def features(
    customers: Customers, settings: ClusterSettings, scale: str = "standard", audit_only: Sequence[str] = ()
) -> Features:
    """Build the matrix from the columns or groups that the settings name.

    Args:
        customers: whose features.
        settings: which, and how they are prepared.
        scale: how numbers are scaled where the settings leave it to the method.
        audit_only: columns that are never features.

    Raises:
        ConfigProblems: a feature is not allowed, or too few are there to be reduced.
        UsageProblem: a column does not exist or cannot be a feature.
        InputProblem: no feature is left that differs between customers.
    """
    scale = scale if settings.scale == "auto" else settings.scale
    used: list[Feature] = []
    settings, told = by_default(customers, settings, audit_only)
    warnings = list(told)
    for name, weight in eligible(customers, settings, audit_only).items():
        made, why = _prepared(name, customers.table[name], settings, scale)
        used += [replace(one, spread=one.spread / weight) for one in made]
        warnings += why
    if not used:
        raise InputProblem(
            "no feature differs between customers; there is nothing to cluster on: " + "; ".join(warnings),
            source=customers.readings[0].input.name,
            remedy="Name others with --features",
        )
    plain = matrix_of(customers.table, used)
    fewer = reduction(plain, [one.label for one in used], settings)
    matrix = fewer.of(plain) if fewer else plain
    return Features(plain, matrix, tuple(used), fewer, (*warnings, *_alike(plain, used)))


def _prepared(name: str, values: pd.Series, settings: ClusterSettings, scale: str) -> tuple[list[Feature], list[str]]:
    """The features of a column, and what there is to say: why there is none, or what became of missing values."""
    missing = int(values.isna().sum())
    if missing and settings.missing == "refuse":
        raise InputProblem(
            f"{counted(missing, 'customer has no value', 'customers have no value')} and cluster.missing is refuse",
            column=name,
            remedy="Set it to median or drop, or fill them in",
        )
    if (missing and settings.missing == "drop") or missing == len(values):
        return [], [f"{name}: dropped, {counted(missing, 'value is missing', 'values are missing')}"]
    if name in settings.ordinal:
        return _ranked(name, values, settings, scale)
    if not pd.api.types.is_numeric_dtype(values):
        return _levels(name, values, scale)
    draft = Feature(name, _transform(values, settings.transform), 0.0, missing, 0.0, 1.0)
    return _number(draft, values, settings, scale)


def _number(
    draft: Feature, values: pd.Series, settings: ClusterSettings, scale: str
) -> tuple[list[Feature], list[str]]:
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
    centre, spread = _scale(np.concatenate([taken, np.full(missing, fill)]), scale)
    made = replace(draft, fill=fill, missing=missing, centre=centre, spread=spread)
    return [made], [
        f"{draft.name}: {counted(missing, 'missing value takes the median', 'missing values take the median')}"
    ] * bool(missing)


def _ranked(name: str, values: pd.Series, settings: ClusterSettings, scale: str) -> tuple[list[Feature], list[str]]:
    levels = tuple(settings.ordinal[name])
    odd = sorted(set(texts(values)) - {*levels, ""})
    if odd:
        raise ConfigProblems([f"cluster.ordinal.{name}: the column also has: {', '.join(odd)}; list these as well"])
    return _number(Feature(name, RANK, 0.0, 0, 0.0, 1.0, levels=levels), values, settings, scale)


def _levels(name: str, values: pd.Series, scale: str) -> tuple[list[Feature], list[str]]:
    """A feature for each text, 0 or 1 where nothing is scaled; what is missing is none of them."""
    kinds = texts(values)
    shares = kinds[kinds != ""].value_counts().sort_index() / len(kinds)
    if len(shares) < 2 and not (kinds == "").any():  # noqa: PLR2004 - one kind tells nobody apart
        return [], [f"{name}: dropped, it is the same for every customer"]
    spread = {"none": 1.0, "range": MISMATCH}.get(scale, float(np.sqrt((shares * (1 - shares)).sum())))
    missing = int((kinds == "").sum())
    made = [
        Feature(name, LEVEL, 0.0, missing, 0.0 if scale == "none" else float(share), spread, level=str(level))
        for level, share in shares.items()
    ]
    return made, [
        f"{name}: {counted(missing, 'customer has none of its kinds', 'customers have none of its kinds')}"
    ] * bool(missing)


def _alike(matrix: Matrix, used: Sequence[Feature]) -> Iterator[str]:
    """Pairs of numeric features that say nearly the same, and so count twice."""
    numeric = [place for place, one in enumerate(used) if one.level is None]
    if len(numeric) < 2:  # noqa: PLR2004 - one feature is like no other
        return
    some = sampled(len(matrix), SWEEP, 0)  # to two digits a sample does
    related = np.atleast_2d(np.corrcoef(matrix[some][:, numeric], rowvar=False))
    for one, other in combinations(range(len(numeric)), 2):
        if abs(related[one, other]) > ALIKE:
            names = f"{used[numeric[one]].name} and {used[numeric[other]].name}"
            yield f"{names} say nearly the same (correlation {related[one, other]:.2f}) and count twice; leave one out"


def _transform(values: pd.Series, asked: str) -> str:
    if asked != "auto":
        return asked
    known = numbers(values.dropna())
    if np.isin(known, (0.0, 1.0)).all():
        return "none"  # yes or no stays what it is
    return "log1p" if skewed(known) else "none"


def _scale(values: Matrix, asked: str) -> tuple[float, float]:
    """Centre and spread; a robust spread of zero falls back to the standard deviation."""
    if asked == "none":
        return 0.0, 1.0
    if asked == "range":
        return float(values.min()), float(values.max() - values.min())
    if asked == "robust":
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        if high > low:
            return float(middle), float(high - low)
    return float(values.mean()), float(values.std())
