"""Scores of every customer on every dimension, and the cuts behind them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcli.config.rfm import RfmSettings
from segcli.segment import scoring
from segcli.segment.cuts import Cuts
from segcli.segment.dimensions import Dimension
from segcli.segment.scoring import Request, Scores

WHOLE = ""  # the parent of a dimension that is cut over all customers at once

# dimension letter -> parent -> cuts; nested scoring has one parent per score of the dimensions before it ("3-1").
CutTables = Mapping[str, Mapping[str, Cuts]]


@dataclass(frozen=True)
class Scored:
    """`scores` by dimension letter, each shape (n,) and from 1 to `bins`; `cuts` as they were applied."""

    scores: Mapping[str, Scores]
    cuts: CutTables
    bins: Mapping[str, int]

    def counts(self, letter: str) -> list[int]:
        """Customers per score, worst first."""
        bins = self.bins[letter]
        counted: list[int] = np.bincount(self.scores[letter], minlength=bins + 1)[1 : bins + 1].tolist()
        return counted


def score(dimensions: Sequence[Dimension], settings: RfmSettings, seed: int) -> Scored:
    """Cut new scores from the values.

    Nested scoring compares customers of one parent; where a parent has fewer customers than there are scores, they
    are compared with everybody, so that the best customer still has the highest scores.
    """
    order = _tie_order(len(dimensions[0].values), settings, seed)
    bins = {dimension.letter: settings.scores[dimension.letter] for dimension in dimensions}
    scores: dict[str, Scores] = {}
    cuts: dict[str, dict[str, Cuts]] = {}
    for dimension in dimensions:
        parents = dict(scores) if settings.method == "nested" else {}
        scores[dimension.letter] = np.zeros(len(order), dtype=np.int64)
        cuts[dimension.letter] = {}
        for parent, inside in _families(parents, len(order)):
            few = inside.sum() < bins[dimension.letter]  # too few to be compared with each other alone
            among = np.ones_like(inside) if few else inside
            request = _request(dimension, settings, order[among], among)
            found = scoring.load("quantile" if settings.method == "nested" else settings.method).score(request)
            scores[dimension.letter][inside] = found[inside[among]]
            cuts[dimension.letter][parent] = _cuts(request, found, settings.method)
    return Scored(scores, cuts, bins)


def apply(dimensions: Sequence[Dimension], cuts: CutTables, bins: Mapping[str, int]) -> Scored:
    """Score by saved cuts, of so many scores; a nested parent never seen takes the nearest one that was."""
    scores: dict[str, Scores] = {}
    for dimension in dimensions:
        table = cuts[dimension.letter]
        found = np.zeros(len(dimension.values), dtype=np.int64)
        for parent, inside in _families({} if WHOLE in table else scores, len(found)):
            found[inside] = table[_nearest(parent, table)].apply(dimension.values[inside])
        scores[dimension.letter] = found
    return Scored(scores, cuts, bins)


def cuts_as_dict(cuts: CutTables) -> Mapping[str, Any]:
    """Plain values for JSON; not nested, a dimension is one object instead of a table of parents."""
    return {
        letter: table[WHOLE].as_dict() if WHOLE in table else {p: cut.as_dict() for p, cut in table.items()}
        for letter, table in cuts.items()
    }


def cuts_from_dict(saved: Mapping[str, Any]) -> CutTables:
    """The inverse of `cuts_as_dict`."""
    return {
        letter: {WHOLE: Cuts.from_dict(table)}
        if "edges" in table
        else {parent: Cuts.from_dict(cut) for parent, cut in table.items()}
        for letter, table in saved.items()
    }


def _tie_order(size: int, settings: RfmSettings, seed: int) -> npt.NDArray[np.int64]:
    """Customers are sorted by id, so positions are an order that the file's row order does not change."""
    if settings.ties == "random":
        return np.random.default_rng(seed).permutation(size)
    return np.arange(size)


def _families(scores: Mapping[str, Scores], size: int) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Each parent with its customers: WHOLE for recency, such as `3` for frequency, `3-1` for monetary value."""
    if not scores:
        yield WHOLE, np.ones(size, dtype=bool)
        return
    parents, *others = (values.astype(str) for values in scores.values())
    for text in others:
        parents = np.char.add(np.char.add(parents, "-"), text)
    for parent in np.unique(parents):
        yield str(parent), parents == parent


def _request(
    dimension: Dimension,
    settings: RfmSettings,
    order: npt.NDArray[np.int64],
    inside: npt.NDArray[np.bool_],
) -> Request:
    edges = tuple(getattr(settings.edges, dimension.name) or ())
    return Request(
        values=dimension.values[inside],
        low_is_best=dimension.low_is_best,
        bins=settings.scores[dimension.letter],
        order=order,
        ties=settings.ties,
        edges=edges,
    )


def _cuts(request: Request, scores: Scores, method: str) -> Cuts:
    """The edges as the method defines them, or as observed."""
    if method not in {"edges", "fixed"}:
        return Cuts.between(request.values, scores, low_is_best=request.low_is_best)
    edges = request.edges if method == "fixed" else tuple(_cut_points(request))
    ascending = tuple(range(1, len(edges) + 2))
    return Cuts(edges, ascending[::-1] if request.low_is_best else ascending, strict=method == "edges")


def _cut_points(request: Request) -> list[float]:
    from segcli.segment.scoring.edges import cut_points

    points: list[float] = cut_points(request.values, request.bins).tolist()
    return points


def _nearest(parent: str, table: Mapping[str, Cuts]) -> str:
    if parent in table:
        return parent
    wanted = [int(score) for score in parent.split("-")]
    distance = {known: sum(abs(a - int(b)) for a, b in zip(wanted, known.split("-"), strict=True)) for known in table}
    return min(distance, key=lambda known: (distance[known], known))
