"""Saved models: JSON with a checksum, without any customer, to treat later data as the first were treated."""

from typing import Any

from segcli.files.sealed import parse_fields, sealed, unsealed
from segcli.model import Segmentation
from segcli.segment import methods, model_shapes
from segcli.segment.model_shapes import ClusterModel, RfmModel

RFM, CLUSTER = "segcli.rfm-model/1", "segcli.cluster-model/1"
WHAT = {RFM: "RFM", CLUSTER: "cluster"}
_RFM = ("columns", "bins", "cuts")
_CLUSTER = ("name", "k", "verdict", "features", "reduction", "centres", "shape", "reach")


def as_text(result: Segmentation) -> str:
    """The model of an RFM segmentation or of clusters, diffable.

    Raises:
        UsageProblem: the clusters are of a method that labels no other customers.
    """
    return sealed(model_of(result))


def model_of(result: Segmentation) -> dict[str, Any]:
    """What labels other customers as these were labelled.

    Raises:
        UsageProblem: the clusters are of a method that labels no other customers.
    """
    method = result.method
    if method["name"] == "rfm":
        kept = {"schema": RFM, "scoring": method["scoring"], **{key: method[key] for key in _RFM}}
    else:
        methods.labelling(method["name"])
        kept = {"schema": CLUSTER, "seed": result.provenance.seed, "segments": list(method["centres"])}
        kept |= {key: method[key] for key in _CLUSTER}
    return {
        **kept,
        "trained_on": {
            "customers": len(result.labels),
            "as_of": result.provenance.as_of.isoformat() if result.provenance.as_of else None,
            "counts": method["counts"],
        },
        "versions": dict(result.provenance.versions),
    }


def load(path: str, *schemas: str) -> dict[str, Any]:
    """Read a saved model of one of these kinds back.

    Raises:
        InputProblem: it is no such model, of another version, or was changed by hand.
    """
    model = unsealed(path, {schema: WHAT[schema] for schema in schemas or (RFM,)})
    if model["schema"] == RFM:
        model = parse_fields(model, RfmModel, path)
        model_shapes.require_scores(model, path)
    else:
        model = parse_fields(model, ClusterModel, path)
        model_shapes.require_centres(model, path)
    return model
