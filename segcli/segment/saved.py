"""Saved models: JSON with a checksum, without any customer, to treat later data as the first were treated."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from segcli.errors import InputProblem
from segcli.files import read
from segcli.model import Segmentation
from segcli.segment import methods

RFM, CLUSTER = "segcli.rfm-model/1", "segcli.cluster-model/1"
WHAT = {RFM: "RFM", CLUSTER: "cluster"}
_RFM = ("columns", "bins", "cuts")
_CLUSTER = ("name", "k", "verdict", "features", "reduction", "centres", "shape", "reach")


def as_text(result: Segmentation) -> str:
    """The model of an RFM segmentation or of clusters, diffable.

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
    model = {
        **kept,
        "trained_on": {
            "customers": len(result.labels),
            "as_of": result.provenance.as_of.isoformat() if result.provenance.as_of else None,
            "counts": method["counts"],
        },
        "versions": dict(result.provenance.versions),
    }
    return json.dumps({**model, "sha256": _checksum(model)}, indent=1, sort_keys=True) + "\n"


def load(path: str, *schemas: str) -> dict[str, Any]:
    """Read a saved model of one of these kinds back.

    Raises:
        InputProblem: it is no such model, of another version, or was changed by hand.
    """
    try:
        model = json.loads(read.text(path))
    except json.JSONDecodeError as error:
        raise InputProblem(f"is not JSON ({error.msg})", source=path, line=error.lineno) from None
    wanted = schemas or (RFM,)
    if not isinstance(model, dict) or model.get("schema") not in wanted:
        found = model.get("schema") if isinstance(model, dict) else None
        kinds = " or ".join(WHAT[one] for one in wanted)
        raise InputProblem(f"is no saved {kinds} model ({', '.join(wanted)}); its schema is {found}", source=path)
    stated = model.pop("sha256", None)
    if stated != _checksum(model):
        raise InputProblem("was changed after it was saved: its checksum does not fit", source=path)
    return model


def _checksum(model: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
