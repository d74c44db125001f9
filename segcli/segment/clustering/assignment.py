"""Assign customers to the segments of a saved cluster model, without scikit-learn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.section import Section
from segcli.customers.missing_measures import measures_remedy
from segcli.errors import InputProblem
from segcli.ingest.multiple_choice import add_model_choices
from segcli.message import CustomerCount, count_message, message
from segcli.model import Customers, Segmentation
from segcli.segment import methods
from segcli.segment.ages import add_age_column
from segcli.segment.clustering.answer_types import BLANK
from segcli.segment.clustering.dimension_reduction import Reduction
from segcli.segment.clustering.feature_encoding import ANSWER_TRANSFORMS, Feature, build_feature_matrix
from segcli.segment.methods import ClusterFit, Labels, Matrix
from segcli.segment.profiles import build_profile
from segcli.segment.rfm_dimensions import require_customers
from segcli.segment.segmentation import build_provenance

MARGIN_DIGITS = 4
DISTANCE_TOLERANCE = 1e-9  # relative to a distance: the last bits of a sum depend on its order
OUTSIDE_FLAG, INSIDE_FLAG = "yes", "no"


def assign_to_clusters(customers: Customers, model: Mapping[str, Any]) -> Segmentation:
    """Return the segment of each customer under a saved model.

    Customers further from their centre than any training customer are flagged.

    Raises:
        InputProblem: a feature of the model is not a numeric column of this table.
    """
    require_customers(customers)
    customers = add_age_column(customers, [feature["name"] for feature in model["features"]])
    names = model["segments"]
    matrix, warnings = _build_matrix(customers, model)
    fit = restore_fit(model)
    method = methods.load_predictive_method(model["name"])
    (group_numbers,) = methods.apply_in_chunks(matrix, lambda rows: (method.predict(fit, matrix[rows]),))
    segment_labels = pd.Series(np.array(names, dtype=object)[group_numbers], index=customers.table.index, dtype="str")
    reach = np.array([model["reach"][name] for name in names])[group_numbers]
    is_outside = distances_to_centres(fit, matrix, group_numbers) > reach * (1 + DISTANCE_TOLERANCE)
    scores = compute_margins(model["name"], fit, matrix, names).set_index(customers.table.index)
    scores[columns.CLUSTER_OUTSIDE] = np.where(is_outside, OUTSIDE_FLAG, INSIDE_FLAG).astype(str)
    outside_count = int(is_outside.sum())
    outside_warning = message(
        "customers farther from their segment than any training customer: {count}; they may belong to no segment",
        count=CustomerCount(outside_count),
    )
    return Segmentation(
        customers=customers,
        column=columns.CLUSTER_SEGMENT,
        labels=segment_labels,
        scores=scores,
        profile=build_profile(customers.table, segment_labels),
        method={**model, "counts": np.bincount(group_numbers, minlength=fit.k).tolist()},
        provenance=build_provenance(customers, "assign", Section(), None),
        warnings=(*customers.warnings, *warnings, *[outside_warning] * bool(outside_count)),
        notes=(
            count_message(
                "{model} model of {count} customer, k = {k}",
                "{model} model of {count} customers, k = {k}",
                model["trained_on"]["customers"],
                model=model["name"],
                k=fit.k,
            ),
        ),
    )


def restore_fit(model: Mapping[str, Any]) -> ClusterFit:
    """Return the fit that a saved model describes, without its rows."""
    saved_reduction = model.get("reduction")
    parts = (
        saved_reduction["parts"]
        if saved_reduction
        else [Feature(**saved_feature).label for saved_feature in model["features"]]
    )
    centres = np.array([[model["centres"][name][part] for part in parts] for name in model["segments"]])
    shape_arrays = {name: np.array(values, dtype=np.float64) for name, values in model["shape"].items()}
    return ClusterFit(np.empty(0, dtype=np.int64), centres, 0.0, shape_arrays)


def _build_matrix(customers: Customers, model: Mapping[str, Any]) -> tuple[Matrix, list[str]]:
    """Return the features of the model, encoded as in training, and warnings.

    A missing value takes the fill value of the training data.
    """
    features = [Feature(**saved_feature) for saved_feature in model["features"]]
    customers = replace(customers, table=add_model_choices(customers.table, [feature.name for feature in features]))
    missing_columns = list(dict.fromkeys(feature.name for feature in features if feature.name not in customers.table))
    source = customers.input_reports[0].input.name
    if missing_columns:
        raise InputProblem(
            f"columns missing for the model: {', '.join(missing_columns)}",
            source=source,
            remedy=measures_remedy(customers, missing_columns) or "Pass the export, or a table with them",
        )
    for feature in features:
        if (
            not feature.levels
            and feature.level is None
            and not pd.api.types.is_numeric_dtype(customers.table[feature.name])
        ):
            raise InputProblem(
                "must be numeric, as in the model",
                source=source,
                column=feature.name,
                remedy="set the decimal separator with --decimal",
            )
    matrix = build_feature_matrix(customers.table, features)
    saved_reduction = model.get("reduction")
    return Reduction.from_dict(saved_reduction).transform_rows(matrix) if saved_reduction else matrix, list(
        _describe_unseen_values(customers.table, features)
    )


def _describe_unseen_values(table: pd.DataFrame, features: Sequence[Feature]) -> Iterator[str]:
    """Yield warnings about missing values and about texts that the model has not seen."""
    features_by_name: dict[str, list[Feature]] = {}
    for feature in features:
        features_by_name.setdefault(feature.name, []).append(feature)
    for name, own_features in features_by_name.items():
        missing_count = 0 if BLANK in own_features[0].levels else int(table[name].isna().sum())
        if missing_count:
            yield count_message(
                "{name}: {count} missing value filled as in the model",
                "{name}: {count} missing values filled as in the model",
                missing_count,
                name=name,
            )
        new_texts = _find_unseen_texts(table[name], own_features)
        if new_texts:
            yield message(
                "{name}: unknown to the model: {levels}; no category assigned",
                name=name,
                levels=", ".join(new_texts[:5]),
            )


def _find_unseen_texts(values: pd.Series, features: Sequence[Feature]) -> list[str]:
    """Return the texts of a column that none of its features knows; empty for numbers."""
    if features[0].transform in ANSWER_TRANSFORMS:
        is_unseen = np.isnan(features[0].transform_column(values)) & values.notna().to_numpy()
        return sorted(set(values[is_unseen].astype("str").str.strip()))
    seen_texts = {text for feature in features for text in (feature.level, *feature.levels) if text is not None}
    return sorted(set(values.dropna().astype("str").str.strip()) - seen_texts) if seen_texts else []


def compute_margins(method_name: str, fit: ClusterFit, matrix: Matrix, names: Sequence[str]) -> pd.DataFrame:
    """Return the margin of each customer's assignment, and the second-best segment."""
    if fit.k == 1:
        return pd.DataFrame({columns.CLUSTER_MARGIN: np.ones(len(matrix)), columns.CLUSTER_SECOND: names[0]})
    loaded_method = methods.load_method(method_name)
    if methods.can_predict(loaded_method):
        margin, second = methods.apply_in_chunks(matrix, lambda rows: loaded_method.margins(fit, matrix[rows]))
    else:
        margin, second = loaded_method.margins(fit, matrix)
    second_names = pd.Series(np.array(names, dtype=object)[second], dtype="str")
    return pd.DataFrame({columns.CLUSTER_MARGIN: np.round(margin, MARGIN_DIGITS), columns.CLUSTER_SECOND: second_names})


def distances_to_centres(fit: ClusterFit, matrix: Matrix, labels: Labels) -> Matrix:
    """Return the distance of each customer to the centre of the own segment, shape (n,)."""
    (squares,) = methods.apply_in_chunks(
        matrix, lambda rows: (((matrix[rows] - fit.centres[labels[rows]]) ** 2).sum(axis=1),)
    )
    distances: Matrix = np.sqrt(squares)
    return distances
