"""The fields of saved models, and how they belong together."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from segcli.files.sealed import SavedFields, damage_problem
from segcli.segment import methods
from segcli.segment.assign import fitted, margins
from segcli.segment.feature import LEVEL, RANK, Feature
from segcli.segment.reduction import Reduction

MOST_SCORES = 1000
Letter = Literal["r", "f", "m"]
Count = Annotated[int, Field(ge=0, le=10**15)]
Score = Annotated[int, Field(ge=1, le=MOST_SCORES)]
Number = Annotated[float, Field(ge=-1e300, le=1e300)]
Positive = Annotated[float, Field(ge=1e-300, le=1e300)]
Row = list[Number]


class CutsModel(SavedFields):
    """The edges of one dimension, in ascending order, and the scores between them."""

    edges: list[Number]
    scores: Annotated[list[Score], Field(min_length=1)]
    strict: bool


class RfmTraining(SavedFields):
    """The customers that an RFM model was made from."""

    customers: Count
    as_of: str | None
    counts: dict[Letter, list[Count]]


class RfmModel(SavedFields):
    """A saved RFM model."""

    columns: Annotated[dict[Letter, str], Field(min_length=1)]
    bins: dict[Letter, Score]
    cuts: dict[Letter, CutsModel | Annotated[dict[str, CutsModel], Field(min_length=1)]]
    scoring: str
    trained_on: RfmTraining
    versions: dict[str, str]


class FeatureModel(SavedFields):
    """How a column becomes a feature."""

    name: str
    transform: Literal["none", "log1p", "level", "rank"]
    fill: Number
    missing: Count
    centre: Number
    spread: Positive
    level: str | None
    levels: list[str]
    low: Number | None
    high: Number | None


class ReductionModel(SavedFields):
    """How features become fewer."""

    by: str
    parts: Annotated[list[str], Field(min_length=1)]
    loadings: list[Row]
    weights: list[Row]
    centre: Row
    explained: Row


class ClusterTraining(SavedFields):
    """The customers that a cluster model was made from."""

    customers: Count
    as_of: str | None
    counts: list[Count]


class ClusterModel(SavedFields):
    """A saved cluster model."""

    name: str
    k: Annotated[int, Field(ge=1, le=10_000)]
    verdict: str
    features: Annotated[list[FeatureModel], Field(min_length=1)]
    reduction: ReductionModel | None
    centres: dict[str, dict[str, Number]]
    shape: dict[str, list[Row]]
    reach: dict[str, Annotated[float, Field(ge=0, le=1e300)]]
    segments: Annotated[list[str], Field(min_length=1)]
    trained_on: ClusterTraining
    versions: dict[str, str]


def require_scores(model: Mapping[str, Any], path: str) -> None:
    """Refuse an RFM model whose scores do not belong to its edges.

    Raises:
        InputProblem: with the field that is wrong.
    """
    letters = set(model["columns"])
    for name in ("bins", "cuts"):
        if set(model[name]) != letters:
            raise damage_problem(path, name, "must have the dimensions of columns")
    for before, letter in enumerate(letter for letter in "rfm" if letter in letters):
        for parent, cuts in _tables(model["cuts"][letter]):
            name = f"cuts.{letter}"
            if len(cuts["scores"]) != len(cuts["edges"]) + 1 or cuts["edges"] != sorted(cuts["edges"]):
                raise damage_problem(path, name, "must have ascending edges, and one score more than edges")
            if max(cuts["scores"]) > model["bins"][letter]:
                raise damage_problem(path, name, "has a score that is larger than bins allows")
            if parent and not _is_parent(parent, before):
                raise damage_problem(path, name, f"'{parent}' is not a score of each dimension before it")


def _tables(cuts: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return [("", cuts)] if "edges" in cuts else list(cuts.items())


def _is_parent(text: str, dimensions: int) -> bool:
    return re.fullmatch("-".join(["[0-9]{1,4}"] * dimensions), text) is not None


def require_centres(model: Mapping[str, Any], path: str) -> None:
    """Refuse a cluster model whose segments, features and centres do not belong together.

    Raises:
        InputProblem: with the field that is wrong.
    """
    for field, is_sound in _checks(model):
        if not is_sound:
            raise damage_problem(path, field, "does not fit the other fields")


def _checks(model: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each field that depends on others, with whether it fits them."""
    segments, fewer = model["segments"], model["reduction"]
    features = [Feature(**one) for one in model["features"]]
    parts = fewer["parts"] if fewer else [one.label for one in features]
    yield "name", model["name"] in methods.names()
    yield "segments", len(set(segments)) == len(segments) == model["k"]
    yield "features", all(_is_sound(one) for one in features)
    yield "centres", set(model["centres"]) == set(segments)
    yield "centres", all(set(parts) <= set(centre) for centre in model["centres"].values())
    yield "reach", set(model["reach"]) >= set(segments)
    if fewer:
        yield "reduction.explained", len(fewer["explained"]) == len(parts)
        yield "reduction.loadings", [len(row) for row in fewer["loadings"]] == [len(parts)] * len(features)
    weights = [weight for row in model["shape"].get("weights", []) for weight in row]
    yield "shape.weights", all(0 < weight <= 1 for weight in weights)
    yield "shape.yes", all(0 < chance < 1 for row in model["shape"].get("yes", []) for chance in row)
    yield "shape or reduction", _labels_a_row(model)


def _labels_a_row(model: Mapping[str, Any]) -> bool:
    """Tell whether the model can label a customer at all: its arrays may not fit each other."""
    fewer = model["reduction"]
    row = np.zeros((1, len(model["features"])))
    try:
        with np.errstate(all="ignore"):
            fit = fitted(model)
            row = Reduction.saved(fewer).of(row) if fewer else row
            methods.labelling(model["name"]).assign(fit, row)
            margins(model["name"], fit, row, model["segments"])
    except (ValueError, LookupError, ArithmeticError, np.linalg.LinAlgError):
        return False
    return True


def _is_sound(feature: Feature) -> bool:
    has_level = feature.level is not None
    return has_level == (feature.transform == LEVEL) and bool(feature.levels) == (feature.transform == RANK)
