"""A saved cluster model and customers -> the segment of each, without scikit-learn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.section import Section
from segcli.counting import counted
from segcli.customers.missing import measures_remedy
from segcli.errors import InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import methods
from segcli.segment.ages import aged
from segcli.segment.dimensions import require_customers
from segcli.segment.feature import Feature, matrix_of
from segcli.segment.methods import Fit, Labels, Matrix
from segcli.segment.profile import profile
from segcli.segment.provenance import provenance
from segcli.segment.reduction import Reduction

MARGIN_DIGITS = 4
TOLERANCE = 1e-9  # of a distance: sums in another order differ in their last bits
OUTSIDE, INSIDE = "yes", "no"


def assign(customers: Customers, model: Mapping[str, Any]) -> Segmentation:
    """The segment that each customer is in by the model; whoever is further from its centre than any was is flagged.

    Raises:
        InputProblem: a feature of the model is not a column of numbers here.
    """
    require_customers(customers)
    customers = aged(customers, [feature["name"] for feature in model["features"]])
    names = model["segments"]
    matrix, warnings = _matrix(customers, model)
    fit = fitted(model)
    method = methods.labelling(model["name"])
    (labels,) = methods.in_parts(matrix, lambda rows: (method.assign(fit, matrix[rows]),))
    named = pd.Series(np.array(names, dtype=object)[labels], index=customers.table.index, dtype="str")
    reach = np.array([model["reach"][name] for name in names])[labels]
    outside_it = away(fit, matrix, labels) > reach * (1 + TOLERANCE)
    scores = margins(model["name"], fit, matrix, names).set_index(customers.table.index)
    scores[c.CLUSTER_OUTSIDE] = np.where(outside_it, OUTSIDE, INSIDE).astype(str)
    outside = int(outside_it.sum())
    far = f"customers further from their segment than any it was found on: {outside:,}; they may be of no segment"
    return Segmentation(
        customers=customers,
        column=c.CLUSTER_SEGMENT,
        labels=named,
        scores=scores,
        profile=profile(customers.table, named),
        method={**model, "counts": np.bincount(labels, minlength=fit.k).tolist()},
        provenance=provenance(customers, "assign", Section(), None),
        warnings=(*customers.warnings, *warnings, *[far] * bool(outside)),
        notes=(f"{model['name']} model of {counted(model['trained_on']['customers'], 'customer')}, k = {fit.k}",),
    )


def fitted(model: Mapping[str, Any]) -> Fit:
    """The fit that a model describes, without its rows."""
    fewer = model.get("reduction")
    parts = fewer["parts"] if fewer else [Feature(**one).label for one in model["features"]]
    centres = np.array([[model["centres"][name][part] for part in parts] for name in model["segments"]])
    shape = {name: np.array(values, dtype=np.float64) for name, values in model["shape"].items()}
    return Fit(np.empty(0, dtype=np.int64), centres, 0.0, shape)


def _matrix(customers: Customers, model: Mapping[str, Any]) -> tuple[Matrix, list[str]]:
    """The features of the model as it was trained on them; a missing value takes what it took there."""
    used = [Feature(**saved) for saved in model["features"]]
    missing = list(dict.fromkeys(one.name for one in used if one.name not in customers.table))
    source = customers.readings[0].input.name
    if missing:
        raise InputProblem(
            f"the model needs columns that are not here: {', '.join(missing)}",
            source=source,
            remedy=measures_remedy(customers, missing) or "Give the export, or a table that has them",
        )
    for one in used:
        if not one.levels and one.level is None and not pd.api.types.is_numeric_dtype(customers.table[one.name]):
            raise InputProblem(
                "the model needs numbers here",
                source=source,
                column=one.name,
                remedy="Say how they are written with --decimal",
            )
    matrix = matrix_of(customers.table, used)
    fewer = model.get("reduction")
    return Reduction.saved(fewer).of(matrix) if fewer else matrix, list(_noticed(customers.table, used))


def _noticed(table: pd.DataFrame, used: Sequence[Feature]) -> Iterator[str]:
    """Values that are missing, and texts that the model has not seen."""
    for name in dict.fromkeys(one.name for one in used):
        unknown = int(table[name].isna().sum())
        if unknown:
            took = counted(unknown, "missing value takes what it took", "missing values take what they took")
            yield f"{name}: {took} in the model"
        seen = {text for one in used if one.name == name for text in (one.level, *one.levels) if text is not None}
        if seen:
            new = sorted(set(table[name].dropna().astype("str").str.strip()) - seen)
            if new:
                yield f"{name}: not seen by the model: {', '.join(new[:5])}; they count as none of its kinds"


def margins(method: str, fit: Fit, matrix: Matrix, names: Sequence[str]) -> pd.DataFrame:
    """How surely each customer is in the segment, and the segment that comes second."""
    if fit.k == 1:
        return pd.DataFrame({c.CLUSTER_MARGIN: np.ones(len(matrix)), c.CLUSTER_SECOND: names[0]})
    known = methods.load(method)
    if methods.labels_others(known):
        margin, second = methods.in_parts(matrix, lambda rows: known.margins(fit, matrix[rows]))
    else:
        margin, second = known.margins(fit, matrix)
    named = pd.Series(np.array(names, dtype=object)[second], dtype="str")
    return pd.DataFrame({c.CLUSTER_MARGIN: np.round(margin, MARGIN_DIGITS), c.CLUSTER_SECOND: named})


def away(fit: Fit, matrix: Matrix, labels: Labels) -> Matrix:
    """How far each customer is from the centre of their own segment."""
    (squares,) = methods.in_parts(matrix, lambda rows: (((matrix[rows] - fit.centres[labels[rows]]) ** 2).sum(axis=1),))
    found: Matrix = np.sqrt(squares)
    return found
