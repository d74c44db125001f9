"""A solution: chosen clusters in their canonical order, under their names, and all that is said of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.counting import counted
from segcli.model import Customers
from segcli.segment.assign import away, margins
from segcli.segment.choose import Candidate, Choice
from segcli.segment.features import Features
from segcli.segment.methods import Fit, Labels
from segcli.segment.profile import profile
from segcli.segment.stability import label

LOADINGS = "Loadings"
NOISE = "Of no segment"
BETWEEN = 0.1  # margin below which a customer is said to lie between two segments
VERDICTS = {
    "natural": "natural: the same segments return from other samples, each of them, and stand apart",
    "reproducible": "reproducible: much the same segments return from other samples, but they blend into each other",
    "constructive": "constructive: other samples would give other segments; these are a choice for use",
}


@dataclass(frozen=True, eq=False)
class Solution:
    """`order` lists the groups of the chosen fit as they are shown, `names` name them in that order, noise last."""

    customers: Customers
    settings: ClusterSettings
    prepared: Features
    choice: Choice
    order: Labels
    names: Sequence[str]

    @cached_property
    def fit(self) -> Fit:
        """The chosen fit, groups in the order shown."""
        return self.choice.chosen.fit.renumbered(self.order)

    @cached_property
    def labels(self) -> pd.Series:
        """The name of each customer's segment."""
        index = self.customers.table.index
        return pd.Series(np.array(self.names, dtype=object)[self.fit.labels], index=index, dtype="str")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """How surely each customer is in the segment, and the segment that comes second."""
        found = margins(self.settings.method, self.fit, self.prepared.matrix, self.names)
        return found.set_index(self.customers.table.index)

    @cached_property
    def noise(self) -> int:
        """Customers in no segment."""
        return int(self.fit.is_noise.sum())

    @cached_property
    def returns(self) -> Mapping[str, float]:
        """How much of each segment returns (SLSW), where that was judged; noise is no segment."""
        found = self.choice.chosen.stability
        if found is None:
            return {}
        several = slice(self.choice.chosen.k)
        return dict(zip(self.names[several], found.slsw[self.order][several].tolist(), strict=True))

    def profile(self) -> pd.DataFrame:
        """The profile of each segment, with the Jaccard index of its return where stability was judged."""
        rows = profile(self.customers.table, self.labels)
        if not self.returns:
            return rows
        told = {name: label(value) for name, value in self.returns.items()}
        return rows.assign(jaccard=rows[c.NAME].map(dict(self.returns)).round(4), stability=rows[c.NAME].map(told))

    def tables(self) -> dict[str, pd.DataFrame]:
        """What is found besides: who lies between segments, and of which features the parts are made."""
        fewer = self.prepared.reduction
        loadings = {LOADINGS: fewer.table(self.prepared.names)} if fewer else {}
        return {"Between segments": _blended(self.labels, self.scores), **loadings}

    def method(self) -> dict[str, Any]:
        """What the method has to say of itself: how k was chosen, and all that labels other customers."""
        chosen, fit = self.choice.chosen, self.fit
        fewer = self.prepared.reduction
        return {
            "name": self.settings.method,
            "k": chosen.k,
            "noise": self.noise,
            "reason": self.choice.reason,
            "verdict": self.choice.verdict,
            "inertia": fit.inertia,
            "silhouette": chosen.silhouette,
            "samples": self.choice.samples,
            "stability": dict(_stability(self.choice)),
            "candidates": [_candidate(one) for one in self.choice.candidates],
            "features": [dict(feature.as_dict()) for feature in self.prepared.used],
            "reduction": dict(fewer.as_dict()) if fewer else None,
            "centres": {
                name: dict(zip(self.prepared.parts, centre.tolist(), strict=True))
                for name, centre in zip(self.names, fit.centres, strict=True)
            },
            "shape": {name: values.tolist() for name, values in fit.shape.items()},
            **self._nearest_and_furthest(),
            "counts": np.bincount(fit.labels, minlength=fit.k).tolist(),
        }

    def _nearest_and_furthest(self) -> dict[str, Any]:
        """How far from its centre the furthest customer of each segment is, and the features of the nearest, no id."""
        far = away(self.fit, self.prepared.matrix, self.fit.labels)
        columns = list(dict.fromkeys(one.name for one in self.prepared.used))
        reach, examples = {}, {}
        for number, name in enumerate(self.names):
            inside = np.flatnonzero(self.fit.labels == number)
            reach[name] = float(far[inside].max())
            row = self.customers.table.iloc[inside[far[inside].argmin()]]
            examples[name] = {column: None if pd.isna(row[column]) else row[column] for column in columns}
        return {"reach": reach, "examples": examples}

    def notes(self) -> Iterator[str]:
        """What people should know of it, most important first."""
        customers, chosen = len(self.labels), self.choice.chosen
        yield self.choice.reason
        if self.choice.verdict:
            yield VERDICTS[self.choice.verdict]
        if self.noise:
            yield f"{NOISE.lower()}: {counted(self.noise, 'customer')} ({self.noise / customers:.0%}) in no dense place"
        yield from self._returning()
        sample = self.choice.samples["silhouette"]
        sampled = f" on {sample:,} customers" if sample < customers else ""
        near = int((self.scores[c.CLUSTER_MARGIN] < BETWEEN).sum()) - self.noise  # noise has no margin
        between = f"{near / customers:.0%} of customers lie between two segments"
        yield f"silhouette {chosen.silhouette:.4f}{sampled}, inertia {chosen.fit.inertia:.2f}, {between}"
        used = {one.name: one.transform for one in self.prepared.used}
        yield "features: " + ", ".join(name if how == "none" else f"{name} ({how})" for name, how in used.items())
        if self.prepared.reduction:
            yield self.prepared.reduction.told

    def _returning(self) -> Iterator[str]:
        """How much of each segment returns, in one sentence."""
        found = self.choice.chosen.stability
        if found:
            told = "; ".join(f"{name} {value:.2f} ({label(value)})" for name, value in self.returns.items())
            sample = self.choice.samples["stability"]
            yield f"Jaccard over {len(found.ari):,} pairs of bootstrap samples of {sample:,} customers: {told}"


def _blended(labels: pd.Series, scores: pd.DataFrame) -> pd.DataFrame:
    """Customers between two segments: how many of each segment are nearly in which other."""
    near = (scores[c.CLUSTER_MARGIN] < BETWEEN) & (labels != NOISE)
    counts = pd.DataFrame({c.NAME: labels[near], "nearly": scores.loc[near, c.CLUSTER_SECOND]}).value_counts()
    rows = counts.rename(c.CUSTOMERS).reset_index()
    sizes_of = labels.value_counts()
    rows[c.SHARE] = rows[c.CUSTOMERS] / rows[c.NAME].map(sizes_of).astype("float64")
    return rows.sort_values([c.CUSTOMERS, c.NAME, "nearly"], ascending=[False, True, True], ignore_index=True)


def _stability(choice: Choice) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in choice.candidates:
        if one.stability:
            found = one.stability
            yield (
                str(one.k),
                {
                    "ari_median": found.ari_median,
                    "ari_quartiles": list(found.ari_quartiles),
                    "ari_iqr": found.ari_iqr,
                    "pairs": len(found.ari),
                },
            )


def _candidate(one: Candidate) -> dict[str, Any]:
    """What was measured of one k."""
    return {
        "k": one.k,
        "inertia": one.fit.inertia,
        "silhouette": one.silhouette,
        "calinski_harabasz": one.calinski_harabasz,
        "davies_bouldin": one.davies_bouldin,
        "smallest_share": one.smallest_share,
        "ari_median": one.stability.ari_median if one.stability else None,
        "gap": one.gap.gap if one.gap else None,
        "gap_error": one.gap.error if one.gap else None,
        "bic": one.fit.bic,
        "slsa": None if one.slsa is None else one.slsa.round(4).tolist(),
    }
