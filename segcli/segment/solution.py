"""A solution: chosen clusters in their canonical order, under their names, and all that is said of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.counting import pluralize
from segcli.model import Customers
from segcli.segment.assign import compute_margins, distances_to_centres
from segcli.segment.choose import KCandidate, KSelection
from segcli.segment.features import FeatureSet
from segcli.segment.methods import ClusterFit, Labels
from segcli.segment.profile import build_profile
from segcli.segment.stability import describe_jaccard

LOADINGS_TITLE = "Loadings"
NOISE_NAME = "Of no segment"
BORDER_MARGIN = 0.1  # margin below which a customer is said to lie between two segments
VERDICT_TEXTS = {
    "natural": "natural: the same segments return from other samples, each of them, and stand apart",
    "reproducible": "reproducible: much the same segments return from other samples, but they blend into each other",
    "constructive": "constructive: other samples would give other segments; these are a choice for use",
}


@dataclass(frozen=True, eq=False)
class ClusterSolution:
    """`order` lists the groups of the chosen fit as they are shown, `names` name them in that order, noise last."""

    customers: Customers
    settings: ClusterSettings
    feature_set: FeatureSet
    k_selection: KSelection
    order: Labels
    names: Sequence[str]

    @cached_property
    def fit(self) -> ClusterFit:
        """The chosen fit, groups in the order shown."""
        return self.k_selection.best_candidate.fit.reorder_groups(self.order)

    @cached_property
    def labels(self) -> pd.Series:
        """The name of each customer's segment."""
        index = self.customers.table.index
        return pd.Series(np.array(self.names, dtype=object)[self.fit.labels], index=index, dtype="str")

    @cached_property
    def margin_table(self) -> pd.DataFrame:
        """How surely each customer is in the segment, and the segment that comes second."""
        margin_rows = compute_margins(self.settings.method, self.fit, self.feature_set.matrix, self.names)
        return margin_rows.set_index(self.customers.table.index)

    @cached_property
    def noise_count(self) -> int:
        """Customers in no segment."""
        return int(self.fit.noise_mask.sum())

    @cached_property
    def return_rates(self) -> Mapping[str, float]:
        """How much of each segment returns (SLSW), where that was judged; noise is no segment."""
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
        """The profile of each segment, with the Jaccard index of its return where stability was judged."""
        rows = build_profile(self.customers.table, self.labels)
        if not self.return_rates:
            return rows
        stability_words = {name: describe_jaccard(value) for name, value in self.return_rates.items()}
        return rows.assign(
            jaccard=rows[columns.SEGMENT_NAME].map(dict(self.return_rates)).round(4),
            stability=rows[columns.SEGMENT_NAME].map(stability_words),
        )

    def finding_tables(self) -> dict[str, pd.DataFrame]:
        """What is found besides: who lies between segments, and of which features the parts are made."""
        fitted_reduction = self.feature_set.reduction
        loadings = (
            {LOADINGS_TITLE: fitted_reduction.loadings_table(self.feature_set.feature_names)}
            if fitted_reduction
            else {}
        )
        return {"Between segments": _border_table(self.labels, self.margin_table), **loadings}

    def describe_method(self) -> dict[str, Any]:
        """What the method has to say of itself: how k was chosen, and all that labels other customers."""
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
            "candidates": [_candidate_fields(candidate) for candidate in self.k_selection.candidates],
            "features": [dict(feature.to_dict()) for feature in self.feature_set.features],
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
        """How far from its centre the furthest customer of each segment is, and the features of the nearest, no id."""
        own_distances = distances_to_centres(self.fit, self.feature_set.matrix, self.fit.labels)
        columns = list(dict.fromkeys(encoded_feature.name for encoded_feature in self.feature_set.features))
        reach, examples = {}, {}
        for number, name in enumerate(self.names):
            member_rows = np.flatnonzero(self.fit.labels == number)
            reach[name] = float(own_distances[member_rows].max())
            row = self.customers.table.iloc[member_rows[own_distances[member_rows].argmin()]]
            examples[name] = {column: None if pd.isna(row[column]) else row[column] for column in columns}
        return {"reach": reach, "examples": examples}

    def describe_findings(self) -> Iterator[str]:
        """What people should know of it, most important first."""
        customers, best_candidate = len(self.labels), self.k_selection.best_candidate
        yield self.k_selection.reason
        if self.k_selection.verdict:
            yield VERDICT_TEXTS[self.k_selection.verdict]
        if self.noise_count:
            yield (
                f"{NOISE_NAME.lower()}: "
                f"{pluralize(self.noise_count, 'customer')} ({self.noise_count / customers:.0%}) in no dense place"
            )
        yield from self._describe_stability()
        sample = self.k_selection.samples["silhouette"]
        sample_note = f" on {sample:,} customers" if sample < customers else ""
        border_count = (
            int((self.margin_table[columns.CLUSTER_MARGIN] < BORDER_MARGIN).sum()) - self.noise_count
        )  # noise has no margin
        border_note = f"{border_count / customers:.0%} of customers lie between two segments"
        yield (
            f"silhouette {best_candidate.silhouette:.4f}{sample_note}, "
            f"inertia {best_candidate.fit.inertia:.2f}, {border_note}"
        )
        transforms = {feature.name: feature.transform for feature in self.feature_set.features}
        yield "features: " + ", ".join(
            name if transform_name == "none" else f"{name} ({transform_name})"
            for name, transform_name in transforms.items()
        )
        if self.feature_set.reduction:
            yield self.feature_set.reduction.description

    def _describe_stability(self) -> Iterator[str]:
        """How much of each segment returns, in one sentence."""
        stability_result = self.k_selection.best_candidate.stability
        if stability_result:
            segment_returns = "; ".join(
                f"{name} {value:.2f} ({describe_jaccard(value)})" for name, value in self.return_rates.items()
            )
            sample = self.k_selection.samples["stability"]
            yield (
                f"Jaccard over {len(stability_result.ari):,} pairs of "
                f"bootstrap samples of {sample:,} customers: {segment_returns}"
            )


def _border_table(labels: pd.Series, margin_rows: pd.DataFrame) -> pd.DataFrame:
    """Customers between two segments: how many of each segment are nearly in which other."""
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
                },
            )


def _candidate_fields(candidate: KCandidate) -> dict[str, Any]:
    """What was measured of one k."""
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
