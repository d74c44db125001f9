"""Saved models: JSON with a checksum and without customer data, to segment later data in the same way."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from segcli.io.model_file import ModelFields, damage_problem, dump_model_file, load_model_file, parse_model_fields
from segcli.model import Segmentation
from segcli.segment import methods
from segcli.segment.clustering.assignment import compute_margins, restore_fit
from segcli.segment.clustering.dimension_reduction import Reduction
from segcli.segment.clustering.feature_encoding import (
    ITEM_TRANSFORM,
    LEVEL_TRANSFORM,
    ORDINAL_TRANSFORM,
    RANK_TRANSFORM,
    Feature,
)

# Fields of saved models and their consistency.
MAX_BINS = 1000
DimensionLetter = Literal["r", "f", "m"]
CustomerCount = Annotated[int, Field(ge=0, le=10**15)]
BinScore = Annotated[int, Field(ge=1, le=MAX_BINS)]
FiniteNumber = Annotated[float, Field(ge=-1e300, le=1e300)]
PositiveNumber = Annotated[float, Field(ge=1e-300, le=1e300)]
NumberRow = list[FiniteNumber]


class BinEdgesModel(ModelFields):
    """The edges of one dimension, ascending, and the scores between them."""

    edges: list[FiniteNumber]
    scores: Annotated[list[BinScore], Field(min_length=1)]
    strict: bool


class RfmTraining(ModelFields):
    """The training data of an RFM model."""

    customers: CustomerCount
    as_of: str | None
    counts: dict[DimensionLetter, list[CustomerCount]]


class RfmModel(ModelFields):
    """A saved RFM model."""

    columns: Annotated[dict[DimensionLetter, str], Field(min_length=1)]
    bins: dict[DimensionLetter, BinScore]
    cuts: dict[DimensionLetter, BinEdgesModel | Annotated[dict[str, BinEdgesModel], Field(min_length=1)]]
    scoring: str
    trained_on: RfmTraining
    versions: dict[str, str]


class FeatureModel(ModelFields):
    """The encoding of a column as a feature."""

    name: str
    transform: Literal["none", "log1p", "level", "rank", "item", "ordinal"]
    fill: FiniteNumber
    missing: CustomerCount
    centre: FiniteNumber
    spread: PositiveNumber
    level: str | None
    levels: list[str]
    low: FiniteNumber | None
    high: FiniteNumber | None


class ReductionModel(ModelFields):
    """The dimension reduction of the features."""

    by: str
    parts: Annotated[list[str], Field(min_length=1)]
    loadings: list[NumberRow]
    weights: list[NumberRow]
    centre: NumberRow
    explained: NumberRow


class ClusterTraining(ModelFields):
    """The training data of a cluster model."""

    customers: CustomerCount
    as_of: str | None
    counts: list[CustomerCount]


class ClusterModel(ModelFields):
    """A saved cluster model."""

    name: str
    k: Annotated[int, Field(ge=1, le=10_000)]
    verdict: str
    features: Annotated[list[FeatureModel], Field(min_length=1)]
    reduction: ReductionModel | None
    centres: dict[str, dict[str, FiniteNumber]]
    shape: dict[str, list[NumberRow]]
    reach: dict[str, Annotated[float, Field(ge=0, le=1e300)]]
    segments: Annotated[list[str], Field(min_length=1)]
    trained_on: ClusterTraining
    versions: dict[str, str]


def validate_rfm_edges(model: Mapping[str, Any], path: str) -> None:
    """Reject an RFM model whose scores do not match its edges.

    Raises:
        InputProblem: a field is wrong; names the field.
    """
    letters = set(model["columns"])
    for field_name in ("bins", "cuts"):
        if set(model[field_name]) != letters:
            raise damage_problem(path, field_name, "must have the dimensions of columns")
    for dimensions_before, letter in enumerate(letter for letter in "rfm" if letter in letters):
        for parent_scores, bin_edges in _edges_by_parent(model["cuts"][letter]):
            field_name = f"cuts.{letter}"
            if len(bin_edges["scores"]) != len(bin_edges["edges"]) + 1 or bin_edges["edges"] != sorted(
                bin_edges["edges"]
            ):
                raise damage_problem(path, field_name, "must have ascending edges, and one score more than edges")
            if max(bin_edges["scores"]) > model["bins"][letter]:
                raise damage_problem(path, field_name, "has a score that is larger than bins allows")
            if parent_scores and not _is_parent_key(parent_scores, dimensions_before):
                raise damage_problem(path, field_name, f"'{parent_scores}' is not a score of each previous dimension")


def _edges_by_parent(saved_edges: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return [("", saved_edges)] if "edges" in saved_edges else list(saved_edges.items())


def _is_parent_key(parent_key: str, dimension_count: int) -> bool:
    return re.fullmatch("-".join(["[0-9]{1,4}"] * dimension_count), parent_key) is not None


def validate_cluster_fields(model: Mapping[str, Any], path: str) -> None:
    """Reject a cluster model whose segments, features and centres do not match.

    Raises:
        InputProblem: a field is wrong; names the field.
    """
    for field, is_consistent in _check_fields(model):
        if not is_consistent:
            raise damage_problem(path, field, "does not fit the other fields")


def _check_fields(model: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each field that depends on others, and whether it matches them."""
    segments, saved_reduction = model["segments"], model["reduction"]
    features = [Feature(**feature) for feature in model["features"]]
    parts = saved_reduction["parts"] if saved_reduction else [feature.label for feature in features]
    yield "name", model["name"] in methods.list_methods()
    yield "segments", len(set(segments)) == len(segments) == model["k"]
    yield "features", all(_is_consistent(feature) for feature in features)
    yield "centres", set(model["centres"]) == set(segments)
    yield "centres", all(set(parts) <= set(centre) for centre in model["centres"].values())
    yield "reach", set(model["reach"]) >= set(segments)
    if saved_reduction:
        yield "reduction.explained", len(saved_reduction["explained"]) == len(parts)
        yield "reduction.loadings", [len(row) for row in saved_reduction["loadings"]] == [len(parts)] * len(features)
    weights = [weight for row in model["shape"].get("weights", []) for weight in row]
    yield "shape.weights", all(0 < weight <= 1 for weight in weights)
    yield "shape.yes", all(0 < probability < 1 for row in model["shape"].get("yes", []) for probability in row)
    yield "shape or reduction", _can_label_row(model)


def _can_label_row(model: Mapping[str, Any]) -> bool:
    """Return whether the model can label a customer at all; its arrays may not fit together."""
    saved_reduction = model["reduction"]
    row = np.zeros((1, len(model["features"])))
    try:
        with np.errstate(all="ignore"):
            fit = restore_fit(model)
            row = Reduction.from_dict(saved_reduction).transform_rows(row) if saved_reduction else row
            methods.load_predictive_method(model["name"]).predict(fit, row)
            compute_margins(model["name"], fit, row, model["segments"])
    except (ValueError, LookupError, ArithmeticError, np.linalg.LinAlgError):
        return False
    return True


def _is_consistent(feature: Feature) -> bool:
    has_level = feature.level is not None
    needs_level = feature.transform == LEVEL_TRANSFORM or (feature.transform == ITEM_TRANSFORM and has_level)
    level_counts = {RANK_TRANSFORM: (1, np.inf), ORDINAL_TRANSFORM: (1, np.inf), ITEM_TRANSFORM: (2, 2)}
    fewest, most = level_counts.get(feature.transform, (0, 0))
    return has_level == needs_level and fewest <= len(feature.levels) <= most


RFM_SCHEMA, CLUSTER_SCHEMA = "segcli.rfm-model/1", "segcli.cluster-model/1"
MODEL_KINDS = {RFM_SCHEMA: "RFM", CLUSTER_SCHEMA: "cluster"}
_RFM_FIELDS = ("columns", "bins", "cuts")
_CLUSTER_FIELDS = ("name", "k", "verdict", "features", "reduction", "centres", "shape", "reach")


def dump_model(result: Segmentation) -> str:
    """Return the model of an RFM or cluster segmentation as diffable text.

    Raises:
        UsageProblem: the clustering method cannot label other customers.
    """
    return dump_model_file(model_fields(result))


def model_fields(result: Segmentation) -> dict[str, Any]:
    """Return the fields of a model, enough to label other customers in the same way.

    Raises:
        UsageProblem: the clustering method cannot label other customers.
    """
    method = result.method
    if method["name"] == "rfm":
        saved_fields = {"schema": RFM_SCHEMA, "scoring": method["scoring"], **{key: method[key] for key in _RFM_FIELDS}}
    else:
        methods.load_predictive_method(method["name"])
        saved_fields = {"schema": CLUSTER_SCHEMA, "seed": result.provenance.seed, "segments": list(method["centres"])}
        saved_fields |= {key: method[key] for key in _CLUSTER_FIELDS}
    return {
        **saved_fields,
        "trained_on": {
            "customers": len(result.labels),
            "as_of": result.provenance.as_of.isoformat() if result.provenance.as_of else None,
            "counts": method["counts"],
        },
        "versions": dict(result.provenance.versions),
    }


def load_model(path: str, *schemas: str) -> dict[str, Any]:
    """Read a saved model of one of these schemas.

    Raises:
        InputProblem: the file is not such a model, has another version, or was edited by hand.
    """
    model = load_model_file(path, {schema: MODEL_KINDS[schema] for schema in schemas or (RFM_SCHEMA,)})
    if model["schema"] == RFM_SCHEMA:
        model = parse_model_fields(model, RfmModel, path)
        validate_rfm_edges(model, path)
    else:
        model = parse_model_fields(model, ClusterModel, path)
        validate_cluster_fields(model, path)
    return model
