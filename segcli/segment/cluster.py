"""Clusters: segments found in chosen features, numbered canonically and named in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.counting import pluralize
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import identity, methods
from segcli.segment.ages import add_age_column
from segcli.segment.choose import select_k
from segcli.segment.dimensions import require_customers
from segcli.segment.feature import FeatureMatrix
from segcli.segment.features import FeatureSet, build_features
from segcli.segment.methods import SWEEP_ROWS, ClusterFit, ClusteringMethod, Labels
from segcli.segment.names import name_segments
from segcli.segment.provenance import DEFAULT_LIBRARIES, build_provenance
from segcli.segment.solution import NOISE_NAME, ClusterSolution

DISTINCT_SAMPLE_ROWS = 1000  # rows among which there mostly are enough distinct ones


def cluster_customers(
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
    customers = add_age_column(customers, settings.features)
    method = methods.load_method(settings.method)
    feature_set = build_features(customers, settings, getattr(method, "SCALE", "standard"), audit_only)
    k_values = _candidate_k_values(feature_set.matrix, method, settings, customers.input_reports[0].input.name)
    k_selection = select_k(feature_set.matrix, k_values, method, settings, seed)
    order = _order_groups(k_selection.best_candidate.fit, customers)
    names, matching_notes = _name_clusters(
        feature_set, k_selection.best_candidate.fit.reorder_groups(order), customers, settings, previous
    )
    solution = ClusterSolution(customers, settings, feature_set, k_selection, order, names)
    return Segmentation(
        customers=customers,
        column=columns.CLUSTER_SEGMENT,
        labels=solution.labels,
        scores=solution.margin_table,
        profile=solution.profile_table(),
        method=solution.describe_method(),
        provenance=build_provenance(customers, "cluster", settings, seed, (*DEFAULT_LIBRARIES, "scikit-learn")),
        warnings=(*customers.warnings, *feature_set.warnings, *_warn_fewer_groups(settings, solution.fit)),
        notes=(*solution.describe_findings(), *matching_notes),
        tables=solution.finding_tables(),
    )


def _candidate_k_values(
    matrix: FeatureMatrix, method: ClusteringMethod, settings: ClusterSettings, source: str
) -> Sequence[int]:
    """The numbers of segments to try."""
    if getattr(method, "FINDS_K", False):
        if settings.k != "auto":
            raise ConfigProblems([f"cluster.k: {settings.method} finds the number of segments itself; leave k at auto"])
        if len(matrix) > SWEEP_ROWS:
            message = f"{settings.method} labels only customers it is fitted on, and takes {SWEEP_ROWS:,} at most"
            raise InputProblem(message, source=source, remedy="Use another method, such as kmeans or gaussian.")
        return [0]
    smallest, largest = settings.k_range
    distinct_count = len(np.unique(matrix[:DISTINCT_SAMPLE_ROWS], axis=0))
    if distinct_count < largest:
        distinct_count = len(np.unique(matrix, axis=0))
    if smallest > distinct_count:
        raise InputProblem(
            f"k={smallest} > {pluralize(distinct_count, 'distinct customer')}",
            source=source,
            remedy="Ask for fewer segments with -k",
        )
    return range(smallest, min(largest, distinct_count) + 1)


def _warn_fewer_groups(settings: ClusterSettings, fit: ClusterFit) -> tuple[str, ...]:
    requested_k = settings.k
    if not isinstance(requested_k, int) or requested_k == fit.k:
        return ()
    return (f"the customers fall into {fit.k} groups, not {requested_k}: one value dwarfs the others",)


def _name_clusters(
    feature_set: FeatureSet,
    fit: ClusterFit,
    customers: Customers,
    settings: ClusterSettings,
    previous: Mapping[str, Any] | None,
) -> tuple[list[str], list[str]]:
    """The segments' names, noise last, and what became of those of the previous model."""
    names = name_segments(_segment_deviations(feature_set, fit), feature_set.feature_names)
    names, matching_notes = identity.match_previous(names, fit.labels, customers, previous)
    names = identity.apply_name_rules(names, fit.labels, customers, settings.names)
    return [*names[:-1], NOISE_NAME] if fit.has_noise else names, matching_notes


def _order_groups(fit: ClusterFit, customers: Customers) -> Labels:
    """Segments by total revenue, or else by their mean on the first feature, highest first; noise last."""
    if columns.REVENUE in customers.table:
        revenue = customers.table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        group_weights: npt.NDArray[Any] = np.bincount(fit.labels, weights=revenue, minlength=fit.k)
    else:
        group_weights = fit.centres[:, 0]
    is_noise = (np.arange(fit.k) == fit.k - 1) & fit.has_noise
    order: Labels = np.lexsort((*fit.centres.T[::-1], -group_weights, is_noise))
    return order


def _segment_deviations(feature_set: FeatureSet, fit: ClusterFit) -> FeatureMatrix:
    """Segment means in standard deviations from the mean of all customers, whatever the scaling was."""
    means = np.array([feature_set.unreduced_matrix[fit.labels == number].mean(axis=0) for number in range(fit.k)])
    deviations: FeatureMatrix = (means - feature_set.unreduced_matrix.mean(axis=0)) / feature_set.unreduced_matrix.std(
        axis=0
    )
    return deviations
