"""Clusters: segments found in chosen features, numbered canonically and named in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.counting import counted
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import identity, methods
from segcli.segment.ages import aged
from segcli.segment.choose import choose
from segcli.segment.dimensions import require_customers
from segcli.segment.feature import Matrix
from segcli.segment.features import Features, features
from segcli.segment.methods import SWEEP, Fit, Labels, Method
from segcli.segment.names import name_all
from segcli.segment.provenance import LIBRARIES, provenance
from segcli.segment.solution import NOISE, Solution

ENOUGH = 1000  # rows among which there mostly are enough distinct ones


def segment(
    customers: Customers,
    settings: ClusterSettings,
    seed: int,
    previous: Mapping[str, Any] | None = None,
    *,
    audit_only: Sequence[str] = (),
) -> Segmentation:
    """Group customers by the features the settings name.

    Args:
        customers: at least two of whom differ.
        settings: which features, how many segments.
        seed: of everything that involves chance.
        previous: a saved model, whose names are kept for the segments that are still there.
        audit_only: columns that are never features.

    Raises:
        InputProblem: there are fewer distinct customers than segments, or no usable feature.
        UsageProblem: a feature is not a numeric column.
    """
    require_customers(customers)
    customers = aged(customers, settings.features)
    method = methods.load(settings.method)
    prepared = features(customers, settings, getattr(method, "SCALE", "standard"), audit_only)
    ks = _tried(prepared.matrix, method, settings, customers.readings[0].input.name)
    choice = choose(prepared.matrix, ks, method, settings, seed)
    order = _order(choice.chosen.fit, customers)
    names, kept = _names(prepared, choice.chosen.fit.renumbered(order), customers, settings, previous)
    made = Solution(customers, settings, prepared, choice, order, names)
    return Segmentation(
        customers=customers,
        column=c.CLUSTER_SEGMENT,
        labels=made.labels,
        scores=made.scores,
        profile=made.profile(),
        method=made.method(),
        provenance=provenance(customers, "cluster", settings, seed, (*LIBRARIES, "scikit-learn")),
        warnings=(*customers.warnings, *prepared.warnings, *_fewer(settings, made.fit)),
        notes=(*made.notes(), *kept),
        tables=made.tables(),
    )


def _tried(matrix: Matrix, method: Method, settings: ClusterSettings, source: str) -> Sequence[int]:
    """The numbers of segments to try."""
    if getattr(method, "FINDS_K", False):
        if settings.k != "auto":
            raise ConfigProblems([f"cluster.k: {settings.method} finds the number of segments itself; leave k at auto"])
        if len(matrix) > SWEEP:
            what = f"{settings.method} labels only customers it is fitted on, and takes {SWEEP:,} at most"
            raise InputProblem(what, source=source, remedy="Use another method, such as kmeans or gaussian.")
        return [0]
    smallest, largest = settings.sizes
    distinct = len(np.unique(matrix[:ENOUGH], axis=0))
    if distinct < largest:
        distinct = len(np.unique(matrix, axis=0))
    if smallest > distinct:
        raise InputProblem(
            f"k={smallest} > {counted(distinct, 'distinct customer')}",
            source=source,
            remedy="Ask for fewer segments with -k",
        )
    return range(smallest, min(largest, distinct) + 1)


def _fewer(settings: ClusterSettings, fit: Fit) -> tuple[str, ...]:
    asked = settings.k
    if not isinstance(asked, int) or asked == fit.k:
        return ()
    return (f"the customers fall into {fit.k} groups, not {asked}: one value dwarfs the others",)


def _names(
    prepared: Features, fit: Fit, customers: Customers, settings: ClusterSettings, previous: Mapping[str, Any] | None
) -> tuple[list[str], list[str]]:
    """The segments' names, noise last, and what became of those of the previous model."""
    names = name_all(_deviations(prepared, fit), prepared.names)
    names, kept = identity.kept(names, fit.labels, customers, previous)
    names = identity.overridden(names, fit.labels, customers, settings.names)
    return [*names[:-1], NOISE] if fit.noise else names, kept


def _order(fit: Fit, customers: Customers) -> Labels:
    """Segments by total revenue, or else by their mean on the first feature, highest first; noise last."""
    if c.REVENUE in customers.table:
        revenue = customers.table[c.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        weight: npt.NDArray[Any] = np.bincount(fit.labels, weights=revenue, minlength=fit.k)
    else:
        weight = fit.centres[:, 0]
    is_noise = (np.arange(fit.k) == fit.k - 1) & fit.noise
    order: Labels = np.lexsort((*fit.centres.T[::-1], -weight, is_noise))
    return order


def _deviations(prepared: Features, fit: Fit) -> Matrix:
    """Segment means in standard deviations from the mean of all customers, whatever the scaling was."""
    means = np.array([prepared.plain[fit.labels == number].mean(axis=0) for number in range(fit.k)])
    deviations: Matrix = (means - prepared.plain.mean(axis=0)) / prepared.plain.std(axis=0)
    return deviations
