"""Clusters: segments found in chosen features, numbered canonically and named in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import identity, methods
from segcli.segment.assign import away, margins
from segcli.segment.choose import SWEEP, Candidate, Choice, choose, sizes
from segcli.segment.dimensions import require_customers
from segcli.segment.feature import Matrix
from segcli.segment.features import Features, features
from segcli.segment.methods import Fit, Labels, Method
from segcli.segment.names import name_all
from segcli.segment.profile import profile
from segcli.segment.provenance import LIBRARIES, provenance
from segcli.segment.reduction import Reduction
from segcli.segment.stability import label

LOADINGS = "Loadings"
NOISE = "Of no segment"
BETWEEN = 0.1  # margin below which a customer is said to lie between two segments
VERDICTS = {
    "natural": "natural: the same segments return from other samples, each of them, and stand apart",
    "reproducible": "reproducible: much the same segments return from other samples, but they blend into each other",
    "constructive": "constructive: other samples would give other segments; these are a choice for use",
}


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
    method = methods.load(settings.method)
    prepared = features(customers, settings, getattr(method, "SCALE", "standard"), audit_only)
    ks = _tried(prepared.matrix, method, settings, customers.readings[0].input.name)
    choice = choose(prepared.matrix, ks, method, settings, seed)
    order = _order(choice.chosen.fit, customers)
    fit = choice.chosen.fit.renumbered(order)
    names, kept = _names(prepared, fit, customers, settings, previous)
    labels = pd.Series(np.array(names, dtype=object)[fit.labels], index=customers.table.index, dtype="str")
    scores = margins(settings.method, fit, prepared.matrix, names).set_index(customers.table.index)
    return Segmentation(
        customers=customers,
        column=c.CLUSTER_SEGMENT,
        labels=labels,
        scores=scores,
        profile=_profile(customers, labels, choice, order, names),
        method=_method(settings, prepared, choice, fit, names),
        provenance=provenance(customers, "cluster", settings, seed, (*LIBRARIES, "scikit-learn")),
        warnings=(*customers.warnings, *prepared.warnings, *_fewer(settings, fit)),
        notes=(*_notes(choice, prepared, scores[c.CLUSTER_MARGIN], order, names), *kept),
        tables=_tables(prepared, labels, scores),
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
    distinct = len(np.unique(matrix, axis=0))
    smallest, largest = sizes(settings.k)
    if smallest > distinct:
        raise InputProblem(f"k={smallest} > {distinct} distinct customers", source=source)
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


def _tables(prepared: Features, labels: pd.Series, scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What is found besides: who lies between segments, and of which features the parts are made."""
    loadings = {LOADINGS: prepared.reduction.table(prepared.names)} if prepared.reduction else {}
    return {"Between segments": _blended(labels, scores), **loadings}


def _blended(labels: pd.Series, scores: pd.DataFrame) -> pd.DataFrame:
    """Customers between two segments: how many of each segment are nearly in which other."""
    near = (scores[c.CLUSTER_MARGIN] < BETWEEN) & (labels != NOISE)
    counts = pd.DataFrame({c.NAME: labels[near], "nearly": scores.loc[near, c.CLUSTER_SECOND]}).value_counts()
    rows = counts.rename(c.CUSTOMERS).reset_index()
    sizes_of = labels.value_counts()
    rows[c.SHARE] = rows[c.CUSTOMERS] / rows[c.NAME].map(sizes_of).astype("float64")
    return rows.sort_values([c.CUSTOMERS, c.NAME, "nearly"], ascending=[False, True, True], ignore_index=True)


def _profile(customers: Customers, labels: pd.Series, choice: Choice, order: Labels, names: list[str]) -> pd.DataFrame:
    """The profile of each segment, with the Jaccard index of its return where stability was judged."""
    rows = profile(customers.table, labels)
    if choice.chosen.stability is None:
        return rows
    jaccard = dict(_return_of(choice, order, names))
    stability = {name: label(value) for name, value in jaccard.items()}
    return rows.assign(jaccard=rows[c.NAME].map(jaccard).round(4), stability=rows[c.NAME].map(stability))


def _return_of(choice: Choice, order: Labels, names: list[str]) -> Iterator[tuple[str, float]]:
    """How much of each segment returns; noise is none."""
    if choice.chosen.stability:
        values = choice.chosen.stability.slsw[order].tolist()
        yield from zip(names[: choice.chosen.k], values[: choice.chosen.k], strict=True)


def _method(
    settings: ClusterSettings, prepared: Features, choice: Choice, fit: Fit, names: list[str]
) -> dict[str, Any]:
    labels: Labels = fit.labels
    chosen = choice.chosen
    judged = [one for one in choice.candidates if one.stability is not None]
    return {
        "name": settings.method,
        "k": chosen.k,
        "noise": int(fit.is_noise.sum()),
        "reason": choice.reason,
        "verdict": choice.verdict,
        "inertia": fit.inertia,
        "silhouette": chosen.silhouette,
        "samples": choice.samples,
        "stability": {
            str(one.k): {
                "ari_median": one.stability.ari_median,
                "ari_iqr": one.stability.ari_iqr,
                "pairs": len(one.stability.ari),
            }
            for one in judged
            if one.stability
        },
        "candidates": [_candidate(one) for one in choice.candidates],
        "features": [dict(feature.as_dict()) for feature in prepared.used],
        "reduction": dict(prepared.reduction.as_dict()) if prepared.reduction else None,
        "centres": {
            name: dict(zip(prepared.parts, centre.tolist(), strict=True))
            for name, centre in zip(names, fit.centres, strict=True)
        },
        "shape": {name: values.tolist() for name, values in fit.shape.items()},
        "reach": dict(zip(names, _reach(prepared.matrix, fit), strict=True)),
        "counts": np.bincount(labels, minlength=fit.k).tolist(),
    }


def _reach(matrix: Matrix, fit: Fit) -> list[float]:
    """How far from its centre the furthest customer of each segment is."""
    far = away(fit, matrix, fit.labels)
    return [float(far[fit.labels == number].max()) for number in range(fit.k)]


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


def _notes(choice: Choice, prepared: Features, margin: pd.Series, order: Labels, names: list[str]) -> list[str]:
    sampled = f" on {choice.samples['silhouette']:,} customers" if choice.samples["silhouette"] < len(margin) else ""
    noise = int(choice.chosen.fit.is_noise.sum())
    near = int((margin < BETWEEN).sum()) - noise  # noise has no margin
    between = f"{near / len(margin):.0%} of customers lie between two segments"
    silhouette, inertia = choice.chosen.silhouette, choice.chosen.fit.inertia
    used = {f.name: f.transform for f in prepared.used}
    named = ", ".join(name if how == "none" else f"{name} ({how})" for name, how in used.items())
    return [
        choice.reason,
        *([VERDICTS[choice.verdict]] if choice.verdict else []),
        *[f"{NOISE.lower()}: {noise:,} customers ({noise / len(margin):.0%}) lie in no dense place"] * bool(noise),
        *_returning(choice, order, names),
        f"silhouette {silhouette:.4f}{sampled}, inertia {inertia:.2f}, {between}",
        f"features: {named}",
        *([_reduced(prepared.reduction)] if prepared.reduction else []),
    ]


def _reduced(fewer: Reduction) -> str:
    parts = "; ".join(f"{name} ({share:.0%})" for name, share in zip(fewer.parts, fewer.explained, strict=True))
    return f"by {fewer.by} to {len(fewer.parts)} with {fewer.explained.sum():.0%} of their variance: {parts}"


def _returning(choice: Choice, order: Labels, names: list[str]) -> list[str]:
    """How much of each segment returns, in one sentence."""
    found = choice.chosen.stability
    if found is None:
        return []
    told = [f"{name} {value:.2f} ({label(value)})" for name, value in _return_of(choice, order, names)]
    of = f"Jaccard over {len(found.ari):,} pairs of bootstrap samples of {choice.samples['stability']:,} customers"
    return [f"{of}: {'; '.join(told)}"]
