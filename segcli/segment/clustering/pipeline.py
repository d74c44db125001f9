"""Cluster customers: select features, fit the clusters, order them canonically and name them in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.formatting import pluralize
from segcli.message import CustomerCount, count_message, detail_message, join_messages, message
from segcli.model import Customers, Segmentation
from segcli.segment import methods
from segcli.segment.ages import add_age_column
from segcli.segment.clustering import cluster_names
from segcli.segment.clustering.assignment import compute_margins, distances_to_centres
from segcli.segment.clustering.cluster_names import list_feature_words, name_segments
from segcli.segment.clustering.feature_encoding import Feature, FeatureMatrix
from segcli.segment.clustering.features import FeatureSet, build_features
from segcli.segment.clustering.k_candidates import KCandidate
from segcli.segment.clustering.k_selection import KSelection, select_k
from segcli.segment.clustering.stability import describe_jaccard
from segcli.segment.methods import SWEEP_ROWS, ClusterFit, ClusteringMethod, Labels
from segcli.segment.profiles import build_profile
from segcli.segment.rfm_dimensions import require_customers
from segcli.segment.segmentation import DEFAULT_LIBRARIES, build_provenance

# Solution: the chosen clusters in canonical order with their names, tables and notes.
LOADINGS_TITLE = message("Loadings")
NOISE_NAME = "Of no segment"
BORDER_MARGIN = 0.1  # customers with a smaller margin are borderline
VERDICT_TEXTS = {
    "natural": message("natural: every segment is stable under resampling and well separated"),
    "reproducible": message("reproducible: the segments are stable under resampling but not clearly separated"),
    "constructive": message(
        "constructive: the segments are not stable under resampling; "
        "treat them as a useful partition, not natural groups"
    ),
}


@dataclass(frozen=True, eq=False)
class ClusterSolution:
    """The chosen clusters; `order` lists the groups in display order, `names` their names in that order, noise last."""

    customers: Customers
    settings: ClusterSettings
    feature_set: FeatureSet
    k_selection: KSelection
    order: Labels
    names: Sequence[str]

    @cached_property
    def fit(self) -> ClusterFit:
        """Chosen fit, with groups in display order."""
        return self.k_selection.best_candidate.fit.reorder_groups(self.order)

    @cached_property
    def labels(self) -> pd.Series:
        """Segment name of each customer."""
        index = self.customers.table.index
        return pd.Series(np.array(self.names, dtype=object)[self.fit.labels], index=index, dtype="str")

    @cached_property
    def margin_table(self) -> pd.DataFrame:
        """Margin of each customer's assignment, and the second-best segment."""
        margin_rows = compute_margins(self.settings.method, self.fit, self.feature_set.matrix, self.names)
        return margin_rows.set_index(self.customers.table.index)

    @cached_property
    def noise_count(self) -> int:
        """Number of customers in no segment."""
        return int(self.fit.noise_mask.sum())

    @cached_property
    def return_rates(self) -> Mapping[str, float]:
        """Stability of each segment (SLSW, 0 to 1), without noise; empty if stability was not measured."""
        stability_result = self.k_selection.best_candidate.stability
        if stability_result is None:
            return {}
        real_segments = slice(self.k_selection.best_candidate.k)
        return dict(
            zip(
                self.names[real_segments],
                stability_result.slsw_by_segment[self.order][real_segments].tolist(),
                strict=True,
            )
        )

    def profile_table(self) -> pd.DataFrame:
        """Return the profile of each segment, with its Jaccard index if stability was measured."""
        rows = build_profile(self.customers.table, self.labels)
        if not self.return_rates:
            return rows
        stability_words = {name: describe_jaccard(value) for name, value in self.return_rates.items()}
        return rows.assign(
            jaccard=rows[columns.SEGMENT_NAME].map(dict(self.return_rates)).round(4),
            stability=rows[columns.SEGMENT_NAME].map(stability_words),
        )

    def finding_tables(self) -> dict[str, pd.DataFrame]:
        """Return further tables by title: customers between segments, and the loadings of a reduction."""
        fitted_reduction = self.feature_set.reduction
        loadings: dict[str, pd.DataFrame] = (
            {LOADINGS_TITLE: fitted_reduction.loadings_table(self.feature_set.feature_names)}
            if fitted_reduction
            else {}
        )
        return {message("Between segments"): _border_table(self.labels, self.margin_table), **loadings}

    def describe_method(self) -> dict[str, Any]:
        """Return the record of the method: how k was chosen, and everything needed to label other customers."""
        best_candidate, fit = self.k_selection.best_candidate, self.fit
        fitted_reduction = self.feature_set.reduction
        return {
            "name": self.settings.method,
            "k": best_candidate.k,
            "noise": self.noise_count,
            "reason": self.k_selection.reason,
            "verdict": self.k_selection.verdict,
            "inertia": fit.inertia,
            "silhouette": best_candidate.silhouette,
            "samples": self.k_selection.samples,
            "stability": dict(_stability_by_k(self.k_selection)),
            "bootstrap_starts": methods.count_bootstrap_starts(methods.load_method(self.settings.method)),
            "candidates": [_candidate_fields(candidate) for candidate in self.k_selection.candidates],
            "features": [dict(feature.to_dict()) for feature in self.feature_set.features],
            "left_out": dict(self.feature_set.left_out),
            "reduction": dict(fitted_reduction.to_dict()) if fitted_reduction else None,
            "centres": {
                name: dict(zip(self.feature_set.matrix_columns, centre.tolist(), strict=True))
                for name, centre in zip(self.names, fit.centres, strict=True)
            },
            "shape": {name: values.tolist() for name, values in fit.shape_arrays.items()},
            **self._extreme_customers(),
            "counts": np.bincount(fit.labels, minlength=fit.k).tolist(),
        }

    def _extreme_customers(self) -> dict[str, Any]:
        """Return the largest distance to each centre, and the features of the nearest customer, without ids."""
        own_distances = distances_to_centres(self.fit, self.feature_set.matrix, self.fit.labels)
        names = list(dict.fromkeys(encoded_feature.name for encoded_feature in self.feature_set.features))
        reach, examples = {}, {}
        for number, segment in enumerate(self.names):
            member_rows = np.flatnonzero(self.fit.labels == number)
            reach[segment] = float(own_distances[member_rows].max())
            row = self.customers.table.iloc[member_rows[own_distances[member_rows].argmin()]]
            examples[segment] = {name: None if pd.isna(row[name]) else row[name] for name in names}
        return {"reach": reach, "examples": examples}

    def describe_findings(self) -> Iterator[str]:
        """Yield the findings in words, most important first."""
        customers, best_candidate = len(self.labels), self.k_selection.best_candidate
        yield self.k_selection.reason
        if self.k_selection.verdict:
            yield VERDICT_TEXTS[self.k_selection.verdict]
        if self.noise_count:
            yield count_message(
                "of no segment: {count} customer ({share:.0%}) outside any dense region",
                "of no segment: {count} customers ({share:.0%}) outside any dense region",
                CustomerCount(self.noise_count),
                share=self.noise_count / customers,
            )
        yield from self._describe_stability()
        sample = self.k_selection.samples["silhouette"]
        border_count = (
            int((self.margin_table[columns.CLUSTER_MARGIN] < BORDER_MARGIN).sum()) - self.noise_count
        )  # noise customers have no margin
        values = {
            "silhouette": best_candidate.silhouette,
            "inertia": best_candidate.fit.inertia,
            "share": border_count / customers,
        }
        if sample < customers:
            yield detail_message(
                "silhouette {silhouette:.4f} on {sample} customers, inertia {inertia:.2f}, "
                "{share:.0%} of customers are borderline (near two segments)",
                sample=sample,
                **values,
            )
        else:
            yield detail_message(
                "silhouette {silhouette:.4f}, inertia {inertia:.2f}, "
                "{share:.0%} of customers are borderline (near two segments)",
                **values,
            )
        yield detail_message("features: {features}", features=", ".join(_describe_features(self.feature_set.features)))
        yield from self.feature_set.notes
        if self.feature_set.reduction:
            yield self.feature_set.reduction.description

    def _describe_stability(self) -> Iterator[str]:
        """Yield one sentence on the stability of each segment."""
        stability_result = self.k_selection.best_candidate.stability
        if stability_result:
            segment_returns = [
                message(
                    "{name} {jaccard:.2f} ({stability})", name=name, jaccard=value, stability=describe_jaccard(value)
                )
                for name, value in self.return_rates.items()
            ]
            sample = self.k_selection.samples["stability"]
            yield (
                message(
                    "Jaccard over {pairs} pairs of bootstrap samples of {sample} customers: {segments}",
                    pairs=len(stability_result.ari),
                    sample=sample,
                    segments=join_messages("; ", segment_returns),
                )
            )


def _describe_features(features: Sequence[Feature]) -> Iterator[str]:
    """Yield each column with its transform and whether extreme values were clipped."""
    for name, feature in {feature.name: feature for feature in features}.items():
        steps = [feature.transform] * (feature.transform != "none") + ["clipped"] * (feature.low is not None)
        yield f"{name} ({', '.join(steps)})" if steps else name


def _border_table(labels: pd.Series, margin_rows: pd.DataFrame) -> pd.DataFrame:
    """Return the number of borderline customers by segment and second-best segment."""
    is_border = (margin_rows[columns.CLUSTER_MARGIN] < BORDER_MARGIN) & (labels != NOISE_NAME)
    counts = pd.DataFrame(
        {columns.SEGMENT_NAME: labels[is_border], "nearly": margin_rows.loc[is_border, columns.CLUSTER_SECOND]}
    ).value_counts()
    rows = counts.rename(columns.CUSTOMERS).reset_index()
    sizes_of = labels.value_counts()
    rows[columns.SHARE] = rows[columns.CUSTOMERS] / rows[columns.SEGMENT_NAME].map(sizes_of).astype("float64")
    return rows.sort_values(
        [columns.CUSTOMERS, columns.SEGMENT_NAME, "nearly"], ascending=[False, True, True], ignore_index=True
    )


def _stability_by_k(choice: KSelection) -> Iterator[tuple[str, dict[str, Any]]]:
    for candidate in choice.candidates:
        if candidate.stability:
            stability_result = candidate.stability
            yield (
                str(candidate.k),
                {
                    "ari_median": stability_result.ari_median,
                    "ari_quartiles": list(stability_result.ari_quartiles),
                    "ari_iqr": stability_result.ari_iqr,
                    "pairs": len(stability_result.ari),
                    "smallest_jaccard": candidate.smallest_jaccard,
                },
            )


def _candidate_fields(candidate: KCandidate) -> dict[str, Any]:
    """Return the quality measures of one k."""
    return {
        "k": candidate.k,
        "inertia": candidate.fit.inertia,
        "silhouette": candidate.silhouette,
        "calinski_harabasz": candidate.calinski_harabasz,
        "davies_bouldin": candidate.davies_bouldin,
        "smallest_share": candidate.smallest_share,
        "ari_median": candidate.stability.ari_median if candidate.stability else None,
        "gap": candidate.gap.gap if candidate.gap else None,
        "gap_error": candidate.gap.error if candidate.gap else None,
        "bic": candidate.fit.bic,
        "slsa": None if candidate.slsa is None else candidate.slsa.round(4).tolist(),
    }


DISTINCT_SAMPLE_ROWS = 1000  # these first rows usually hold enough distinct ones
ROWS_PER_SEGMENT = 5  # with fewer distinct rows per segment, segments are the cells of a cross table


def cluster_customers(
    customers: Customers,
    settings: ClusterSettings,
    seed: int,
    previous: Mapping[str, Any] | None = None,
    *,
    audit_only: Sequence[str] = (),
) -> Segmentation:
    """Cluster customers by the features that the settings name.

    Args:
        customers: customers, at least two of them different.
        settings: features, number of segments and method.
        seed: random seed.
        previous: a saved model; segments that persist keep its names.
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
        warnings=(
            *customers.warnings,
            *feature_set.warnings,
            *_warn_fewer_groups(settings, solution.fit),
            *_warn_cross_table(feature_set.matrix, solution.fit.k),
        ),
        notes=(*solution.describe_findings(), *matching_notes),
        tables=solution.finding_tables(),
    )


def _candidate_k_values(
    matrix: FeatureMatrix, method: ClusteringMethod, settings: ClusterSettings, source: str
) -> Sequence[int]:
    """Return the numbers of segments to try."""
    if getattr(method, "FINDS_K", False):
        if settings.k != "auto":
            raise ConfigProblems([f"cluster.k: {settings.method} finds the number of segments itself; keep k at auto"])
        if len(matrix) > SWEEP_ROWS:
            problem = f"{settings.method} labels only the customers it is fitted on, at most {SWEEP_ROWS:,}"
            raise InputProblem(problem, source=source, remedy="use another method, such as kmeans or gaussian")
        return [0]
    smallest, largest = settings.k_range
    distinct_count = len(np.unique(matrix[:DISTINCT_SAMPLE_ROWS], axis=0))
    if distinct_count < largest * ROWS_PER_SEGMENT:
        distinct_count = len(np.unique(matrix, axis=0))
    if smallest > distinct_count:
        raise InputProblem(
            f"k={smallest} > {pluralize(distinct_count, 'distinct customer')}",
            source=source,
            remedy="set a smaller k with -k",
        )
    if settings.k == "auto":
        largest = min(largest, max(distinct_count // ROWS_PER_SEGMENT, smallest))
    return range(smallest, min(largest, distinct_count) + 1)


def _warn_fewer_groups(settings: ClusterSettings, fit: ClusterFit) -> tuple[str, ...]:
    requested_k = settings.k
    if not isinstance(requested_k, int) or requested_k == fit.k:
        return ()
    return (
        message(
            "the customers fall into {groups} groups, not {requested}: one extreme value dominates",
            groups=fit.k,
            requested=requested_k,
        ),
    )


def _warn_cross_table(matrix: FeatureMatrix, k: int) -> tuple[str, ...]:
    """Warn if there are hardly more distinct rows than segments."""
    distinct_count = len(np.unique(matrix[:DISTINCT_SAMPLE_ROWS], axis=0))
    if distinct_count <= 2 * k:
        distinct_count = len(np.unique(matrix, axis=0))
    if distinct_count > 2 * k:
        return ()
    return (
        message(
            "{k} segments of only {count} different customers are a cross table, not clusters; add features",
            k=k,
            count=distinct_count,
        ),
    )


def _name_clusters(
    feature_set: FeatureSet,
    fit: ClusterFit,
    customers: Customers,
    settings: ClusterSettings,
    previous: Mapping[str, Any] | None,
) -> tuple[list[str], list[str]]:
    """Return the names of the segments, noise last, and notes on the match with the previous model."""
    feature_words = list_feature_words(feature_set.features, settings.labels)
    names = name_segments(_segment_deviations(feature_set, fit), feature_words)
    names, matching_notes = cluster_names.match_previous(names, fit.labels, customers, previous)
    names = cluster_names.apply_name_rules(names, fit.labels, customers, settings.names)
    return [*names[:-1], NOISE_NAME] if fit.has_noise else names, matching_notes


def _order_groups(fit: ClusterFit, customers: Customers) -> Labels:
    """Order the groups by total revenue, else by mean on the first feature, highest first; noise is last."""
    if columns.REVENUE in customers.table:
        revenue = customers.table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        group_weights: npt.NDArray[Any] = np.bincount(fit.labels, weights=revenue, minlength=fit.k)
    else:
        group_weights = fit.centres[:, 0]
    is_noise = (np.arange(fit.k) == fit.k - 1) & fit.has_noise
    order: Labels = np.lexsort((*fit.centres.T[::-1], -group_weights, is_noise))
    return order


def _segment_deviations(feature_set: FeatureSet, fit: ClusterFit) -> FeatureMatrix:
    """Return the segment means in standard deviations from the mean of all customers, whatever the scaling."""
    means = np.array([feature_set.unreduced_matrix[fit.labels == number].mean(axis=0) for number in range(fit.k)])
    deviations: FeatureMatrix = (means - feature_set.unreduced_matrix.mean(axis=0)) / feature_set.unreduced_matrix.std(
        axis=0
    )
    return deviations
