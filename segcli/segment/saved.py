"""Saved models: JSON with a checksum, without any customer, to treat later data as the first were treated."""

from typing import Any

from segcli.files.sealed import dump_model_file, load_model_file, parse_model_fields
from segcli.model import Segmentation
from segcli.segment import methods, model_shapes
from segcli.segment.model_shapes import ClusterModel, RfmModel

RFM_SCHEMA, CLUSTER_SCHEMA = "segcli.rfm-model/1", "segcli.cluster-model/1"
MODEL_KINDS = {RFM_SCHEMA: "RFM", CLUSTER_SCHEMA: "cluster"}
_RFM_FIELDS = ("columns", "bins", "cuts")
_CLUSTER_FIELDS = ("name", "k", "verdict", "features", "reduction", "centres", "shape", "reach")


def dump_model(result: Segmentation) -> str:
    """The model of an RFM segmentation or of clusters, diffable.

    Raises:
        UsageProblem: the clusters are of a method that labels no other customers.
    """
    return dump_model_file(model_fields(result))


def model_fields(result: Segmentation) -> dict[str, Any]:
    """What labels other customers as these were labelled.

    Raises:
        UsageProblem: the clusters are of a method that labels no other customers.
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
    """Read a saved model of one of these kinds back.

    Raises:
        InputProblem: it is no such model, of another version, or was changed by hand.
    """
    model = load_model_file(path, {schema: MODEL_KINDS[schema] for schema in schemas or (RFM_SCHEMA,)})
    if model["schema"] == RFM_SCHEMA:
        model = parse_model_fields(model, RfmModel, path)
        model_shapes.validate_rfm_edges(model, path)
    else:
        model = parse_model_fields(model, ClusterModel, path)
        model_shapes.validate_cluster_fields(model, path)
    return model
