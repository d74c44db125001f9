"""Scores of every customer on every RFM dimension, and the edges behind them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcli.config.rfm import RfmSettings
from segcli.segment import scoring
from segcli.segment.rfm_dimensions import RfmDimension
from segcli.segment.scoring import BinScores, ScoreRequest, ScoreValues, quantile_edges


# Edges of scores: shown with every result, saved, and used to score later data.
@dataclass(frozen=True)
class BinEdges:
    """The edges between scores on one dimension.

    The bin of a value is the number of edges that it exceeds (`is_strict`) or reaches; `scores[bin]` is its score.
    Values beyond the outer edges take the end scores.
    """

    edges: tuple[float, ...]
    scores: tuple[int, ...]
    is_strict: bool

    def score_values(self, values: ScoreValues) -> BinScores:
        """Score any values, shape (n,)."""
        bin_numbers = np.searchsorted(self.edges, values, side="left" if self.is_strict else "right")
        return np.asarray(self.scores, dtype=np.int64)[bin_numbers]

    @classmethod
    def from_scores(cls, values: ScoreValues, scores: BinScores, *, low_is_best: bool) -> "BinEdges":
        """Derive the observed edges of a scoring: for recency the largest value of each score, else the smallest."""
        present_scores = np.flatnonzero(np.bincount(scores))
        if low_is_best:
            upper_ends = [float(values[scores == score].max()) for score in present_scores[::-1]]
            return cls(tuple(upper_ends[:-1]), tuple(int(score) for score in present_scores[::-1]), is_strict=True)
        lower_ends = [float(values[scores == score].min()) for score in present_scores]
        return cls(tuple(lower_ends[1:]), tuple(int(score) for score in present_scores), is_strict=False)

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain values for JSON."""
        return {"edges": list(self.edges), "scores": list(self.scores), "strict": self.is_strict}

    @classmethod
    def from_dict(cls, saved_fields: Mapping[str, Any]) -> "BinEdges":
        """Restore edges from `to_dict`."""
        return cls(
            tuple(map(float, saved_fields["edges"])),
            tuple(map(int, saved_fields["scores"])),
            bool(saved_fields["strict"]),
        )


ALL_CUSTOMERS_PARENT = ""  # the parent of a dimension that is scored over all customers at once

# dimension letter -> parent -> edges; nested scoring has one parent per score of the earlier dimensions ("3-1").
EdgeTables = Mapping[str, Mapping[str, BinEdges]]


@dataclass(frozen=True)
class RfmScores:
    """Scores with their edges; `scores` by dimension letter have shape (n,) and range from 1 to `bins`.

    `cuts` are the applied edges.
    """

    scores: Mapping[str, BinScores]
    cuts: EdgeTables
    bins: Mapping[str, int]

    def count_scores(self, letter: str) -> list[int]:
        """Return the number of customers per score, worst first."""
        bins = self.bins[letter]
        score_counts: list[int] = np.bincount(self.scores[letter], minlength=bins + 1)[1 : bins + 1].tolist()
        return score_counts


def score_dimensions(dimensions: Sequence[RfmDimension], settings: RfmSettings, seed: int) -> RfmScores:
    """Compute new edges from the values and score by them.

    Nested scoring compares customers with the same parent scores. A parent with fewer customers than scores is compared
    with all customers, so that the best customer still has the highest scores.
    """
    order = _tie_break_order(len(dimensions[0].values), settings, seed)
    bins = {dimension.letter: settings.scores_per_dimension[dimension.letter] for dimension in dimensions}
    scores: dict[str, BinScores] = {}
    cuts: dict[str, dict[str, BinEdges]] = {}
    for dimension in dimensions:
        parents = dict(scores) if settings.method == "nested" else {}
        scores[dimension.letter] = np.zeros(len(order), dtype=np.int64)
        cuts[dimension.letter] = {}
        for parent_key, in_parent in _group_by_parent(parents, len(order)):
            is_too_small = in_parent.sum() < bins[dimension.letter]  # too few to compare only with each other
            compared = np.ones_like(in_parent) if is_too_small else in_parent
            request = _build_request(dimension, settings, order[compared], compared)
            bin_scores = scoring.load_scoring_method(
                "quantile" if settings.method == "nested" else settings.method
            ).score_values(request)
            scores[dimension.letter][in_parent] = bin_scores[in_parent[compared]]
            cuts[dimension.letter][parent_key] = _find_bin_edges(request, bin_scores, settings.method)
    return RfmScores(scores, cuts, bins)


def apply_edges(dimensions: Sequence[RfmDimension], cuts: EdgeTables, bins: Mapping[str, int]) -> RfmScores:
    """Score by saved edges; a nested parent absent from training takes the edges of the nearest known parent."""
    scores: dict[str, BinScores] = {}
    for dimension in dimensions:
        edges_by_parent = cuts[dimension.letter]
        bin_scores = np.zeros(len(dimension.values), dtype=np.int64)
        for parent_key, in_parent in _group_by_parent(
            {} if ALL_CUSTOMERS_PARENT in edges_by_parent else scores, len(bin_scores)
        ):
            bin_scores[in_parent] = edges_by_parent[_nearest_parent(parent_key, edges_by_parent)].score_values(
                dimension.values[in_parent]
            )
        scores[dimension.letter] = bin_scores
    return RfmScores(scores, cuts, bins)


def edges_to_dict(cuts: EdgeTables) -> Mapping[str, Any]:
    """Return plain values for JSON; without nesting, a dimension is one object instead of a table of parents."""
    return {
        letter: edges_by_parent[ALL_CUSTOMERS_PARENT].to_dict()
        if ALL_CUSTOMERS_PARENT in edges_by_parent
        else {parent_key: bin_edges.to_dict() for parent_key, bin_edges in edges_by_parent.items()}
        for letter, edges_by_parent in cuts.items()
    }


def edges_from_dict(saved_edges: Mapping[str, Any]) -> EdgeTables:
    """Restore edges from `edges_to_dict`."""
    return {
        letter: {ALL_CUSTOMERS_PARENT: BinEdges.from_dict(edges_by_parent)}
        if "edges" in edges_by_parent
        else {parent_key: BinEdges.from_dict(bin_edges) for parent_key, bin_edges in edges_by_parent.items()}
        for letter, edges_by_parent in saved_edges.items()
    }


def _tie_break_order(size: int, settings: RfmSettings, seed: int) -> npt.NDArray[np.int64]:
    """Return the order that breaks ties: positions, or a seeded shuffle.

    Customers are sorted by id, so positions do not depend on the row order of the file.
    """
    if settings.ties == "random":
        return np.random.default_rng(seed).permutation(size)
    return np.arange(size)


def _group_by_parent(scores: Mapping[str, BinScores], size: int) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Yield each parent with the mask of its customers.

    The parent is ALL_CUSTOMERS_PARENT for recency, such as `3` for frequency, and `3-1` for monetary value.
    """
    if not scores:
        yield ALL_CUSTOMERS_PARENT, np.ones(size, dtype=bool)
        return
    parent_keys, *lower_scores = (values.astype(str) for values in scores.values())
    for score_texts in lower_scores:
        parent_keys = np.char.add(np.char.add(parent_keys, "-"), score_texts)
    for parent_key in np.unique(parent_keys):
        yield str(parent_key), parent_keys == parent_key


def _build_request(
    dimension: RfmDimension,
    settings: RfmSettings,
    order: npt.NDArray[np.int64],
    in_parent: npt.NDArray[np.bool_],
) -> ScoreRequest:
    edges = tuple(getattr(settings.edges, dimension.name) or ())
    return ScoreRequest(
        values=_limit_money(dimension, settings.method)[in_parent],
        low_is_best=dimension.low_is_best,
        bins=settings.scores_per_dimension[dimension.letter],
        tie_order=order,
        ties=settings.ties,
        edges=edges,
    )


OUTLIER_QUANTILE = 0.995  # money above it would be a natural class of its own


def _limit_money(dimension: RfmDimension, method: str) -> ScoreValues:
    """Return the values to score: money of 0 or less counts as 0, and for natural breaks, outliers as the quantile."""
    if dimension.letter != "m" or method == "fixed":
        return dimension.values
    values = np.maximum(dimension.values, 0.0)
    return np.minimum(values, np.quantile(values, OUTLIER_QUANTILE, method="lower")) if method == "jenks" else values


def _find_bin_edges(request: ScoreRequest, scores: BinScores, scoring_name: str) -> BinEdges:
    """Return the edges that the method defines, or the observed edges."""
    if scoring_name not in {"edges", "fixed"}:
        return BinEdges.from_scores(request.values, scores, low_is_best=request.low_is_best)
    edges = request.edges if scoring_name == "fixed" else tuple(_quantile_edges(request))
    ascending_scores = tuple(range(1, len(edges) + 2))
    return BinEdges(
        edges, ascending_scores[::-1] if request.low_is_best else ascending_scores, is_strict=scoring_name == "edges"
    )


def _quantile_edges(request: ScoreRequest) -> list[float]:
    points: list[float] = quantile_edges(request.values, request.bins).tolist()
    return points


def _nearest_parent(parent_key: str, edges_by_parent: Mapping[str, BinEdges]) -> str:
    if parent_key in edges_by_parent:
        return parent_key
    wanted_scores = [int(score) for score in parent_key.split("-")]
    distance = {
        known_parent: sum(
            abs(wanted_score - int(known_score))
            for wanted_score, known_score in zip(wanted_scores, known_parent.split("-"), strict=True)
        )
        for known_parent in edges_by_parent
    }
    return min(distance, key=lambda name: (distance[name], name))
