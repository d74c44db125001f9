"""Clusters: segments found in chosen features, numbered canonically and named in words."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.errors import InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import methods
from segcli.segment.choose import Choice, choose, sizes
from segcli.segment.dimensions import require_customers
from segcli.segment.features import Features, Matrix, features
from segcli.segment.methods import Fit, Labels
from segcli.segment.names import name_all
from segcli.segment.profile import profile
from segcli.segment.provenance import LIBRARIES, provenance

MARGIN_DIGITS = 4
BETWEEN = 0.1  # margin below which a customer is said to lie between two segments


def segment(customers: Customers, settings: ClusterSettings, seed: int) -> Segmentation:
    """Group customers by the features the settings name.

    Raises:
        InputProblem: there are fewer distinct customers than segments, or no usable feature.
        UsageProblem: a feature is not a numeric column.
    """
    require_customers(customers)
    method = methods.load(settings.method)
    prepared = features(customers, settings)
    distinct = len(np.unique(prepared.matrix, axis=0))
    smallest, largest = sizes(settings.k)
    if smallest > distinct:
        raise InputProblem(f"k={smallest} > {distinct} distinct customers", source=customers.readings[0].input.name)
    choice = choose(prepared.matrix, range(smallest, min(largest, distinct) + 1), method, settings, seed)
    fit = _canonical(choice.chosen.fit, customers)
    names = name_all(_deviations(prepared, fit), prepared.names)
    labels = pd.Series(np.array(names, dtype=object)[fit.labels], index=customers.table.index, dtype="str")
    margin = pd.DataFrame({c.CLUSTER_MARGIN: _margin(prepared.matrix, fit)}, index=customers.table.index)
    return Segmentation(
        customers=customers,
        column=c.CLUSTER_SEGMENT,
        labels=labels,
        scores=margin,
        profile=profile(customers.table, labels),
        method=_method(settings, prepared, choice, fit, names),
        provenance=provenance(customers, "cluster", settings, seed, (*LIBRARIES, "scikit-learn")),
        warnings=(*customers.warnings, *prepared.warnings, *_fewer(settings, fit)),
        notes=tuple(_notes(choice, prepared, margin[c.CLUSTER_MARGIN])),
    )


def _fewer(settings: ClusterSettings, fit: Fit) -> tuple[str, ...]:
    asked = settings.k
    if not isinstance(asked, int) or asked == fit.k:
        return ()
    return (f"the customers fall into {fit.k} groups, not {asked}: one value dwarfs the others",)


def _canonical(fit: Fit, customers: Customers) -> Fit:
    """Number segments by total revenue, or else by their mean on the first feature, highest first."""
    if c.REVENUE in customers.table:
        revenue = customers.table[c.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        weight: npt.NDArray[Any] = np.bincount(fit.labels, weights=revenue, minlength=fit.k)
    else:
        weight = fit.centres[:, 0]
    order = np.lexsort((*fit.centres.T[::-1], -weight))
    number = np.empty(fit.k, dtype=np.int64)
    number[order] = np.arange(fit.k)
    return Fit(number[fit.labels], fit.centres[order], fit.inertia)


def _deviations(prepared: Features, fit: Fit) -> Matrix:
    """Segment means in standard deviations from the mean of all customers, whatever the scaling was."""
    means = np.array([prepared.matrix[fit.labels == number].mean(axis=0) for number in range(fit.k)])
    deviations: Matrix = (means - prepared.matrix.mean(axis=0)) / prepared.matrix.std(axis=0)
    return deviations


def _margin(matrix: Matrix, fit: Fit) -> Matrix:
    """(d2 - d1) / d2 of the two nearest centres: 1 at a centre, 0 half-way between two."""
    distances = np.column_stack([np.sqrt(((matrix - centre) ** 2).sum(axis=1)) for centre in fit.centres])
    nearest = np.sort(distances, axis=1)[:, :2]
    with np.errstate(invalid="ignore", divide="ignore"):
        margin = (nearest[:, 1] - nearest[:, 0]) / nearest[:, 1]
    rounded: Matrix = np.round(np.nan_to_num(margin), MARGIN_DIGITS)
    return rounded


def _method(
    settings: ClusterSettings, prepared: Features, choice: Choice, fit: Fit, names: list[str]
) -> dict[str, Any]:
    labels: Labels = fit.labels
    return {
        "name": settings.method,
        "k": fit.k,
        "reason": choice.reason,
        "inertia": fit.inertia,
        "silhouette": choice.chosen.silhouette,
        "silhouette_sample": choice.sample,
        "candidates": [
            {
                "k": candidate.k,
                "inertia": candidate.fit.inertia,
                "silhouette": candidate.silhouette,
                "smallest_share": candidate.smallest_share,
            }
            for candidate in choice.candidates
        ],
        "features": [dict(feature.as_dict()) for feature in prepared.used],
        "centres": {
            name: dict(zip(prepared.names, centre.tolist(), strict=True))
            for name, centre in zip(names, fit.centres, strict=True)
        },
        "counts": np.bincount(labels, minlength=fit.k).tolist(),
    }


def _notes(choice: Choice, prepared: Features, margin: pd.Series) -> list[str]:
    sampled = f" on {choice.sample:,} customers" if choice.sample < len(margin) else ""
    between = f"{(margin < BETWEEN).mean():.0%} of customers lie between two segments"
    silhouette, inertia = choice.chosen.silhouette, choice.chosen.fit.inertia
    named = ", ".join(f"{f.name} (log1p)" if f.transform == "log1p" else f.name for f in prepared.used)
    return [
        choice.reason,
        f"silhouette {silhouette:.4f}{sampled}, inertia {inertia:.2f}, {between}",
        f"features: {named}",
    ]
