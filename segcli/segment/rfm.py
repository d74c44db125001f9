"""RFM: score recency, frequency and monetary value, and name each customer's segment."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.config.rfm import RfmSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import scores
from segcli.segment.dimensions import RfmDimension, read_dimensions
from segcli.segment.maps import SegmentMap, measure_coverage
from segcli.segment.profile import build_profile
from segcli.segment.provenance import build_provenance
from segcli.segment.scores import RfmScores
from segcli.segment.sentences import describe_scores

SCORE_COLUMNS = {"r": columns.R_SCORE, "f": columns.F_SCORE, "m": columns.M_SCORE}


def segment_by_rfm(
    customers: Customers,
    settings: RfmSettings,
    segment_map: SegmentMap,
    seed: int,
    saved_model: Mapping[str, Any] | None = None,
) -> Segmentation:
    """Score every customer; the best customer gets the highest score on every dimension.

    Args:
        customers: with recency_days, orders and, if there is money, revenue.
        settings: method, bins, ties, weights.
        segment_map: names for score combinations.
        seed: used by `ties: random` only.
        saved_model: a saved model; its edges score these customers, and no new ones are cut.

    Raises:
        InputProblem: recency or orders are missing.
        ConfigProblems: the map needs a score that these customers do not have.
    """
    dimensions = read_dimensions(customers, settings.monetary)
    if saved_model:
        dimensions = _select_trained(dimensions, saved_model, customers)
        customer_scores = scores.apply_edges(
            dimensions, scores.edges_from_dict(saved_model["cuts"]), saved_model["bins"]
        )
    else:
        customer_scores = scores.score_dimensions(dimensions, settings, seed)
    _require_map_scores(segment_map, customer_scores)
    labels = _label_customers(
        *segment_map.name_score_cells(customer_scores.scores, customer_scores.bins), customers.table.index
    )
    return Segmentation(
        customers=customers,
        column=columns.RFM_SEGMENT,
        labels=labels,
        scores=_score_table(customer_scores, settings, customers.table.index),
        profile=build_profile(customers.table, labels),
        method=_describe_method(
            saved_model["scoring"] if saved_model else settings.method, segment_map, customer_scores, dimensions
        ),
        provenance=build_provenance(customers, "rfm", settings, seed if settings.ties == "random" else None),
        warnings=tuple(_find_warnings(customers, settings, dimensions)),
        notes=(
            *describe_scores(dimensions, customer_scores),
            f"map {segment_map.name}: {measure_coverage(segment_map)}",
        ),
    )


def _select_trained(
    dimensions: Sequence[RfmDimension], saved_model: Mapping[str, Any], customers: Customers
) -> tuple[RfmDimension, ...]:
    """The dimensions the model was trained on.

    Raises:
        InputProblem: one of them is missing here, or measures another column.
    """
    dimensions_by_letter = {dimension.letter: dimension for dimension in dimensions}
    for letter, column in saved_model["columns"].items():
        present_column = dimensions_by_letter[letter].column if letter in dimensions_by_letter else "nothing"
        if present_column != column:
            raise InputProblem(
                f"the model scores {letter} from {column}; here it would be {present_column}",
                source=customers.input_reports[0].input.name,
                remedy="Set rfm.monetary as it was when the model was saved",
            )
    return tuple(dimensions_by_letter[letter] for letter in "rfm" if letter in saved_model["columns"])


def _require_map_scores(segment_map: SegmentMap, customer_scores: RfmScores) -> None:
    missing_letters = [letter for letter in segment_map.dimensions if letter not in customer_scores.scores]
    if missing_letters and any("m" in rule.ranges for rule in segment_map.rules):
        message = f"rfm.segments: the map '{segment_map.name}' needs monetary scores; there is no amount"
        raise ConfigProblems([f"{message}; name one with --map amount=COLUMN, or take the map default"])


def _label_customers(names: npt.NDArray[np.object_], cell_numbers: npt.NDArray[np.int64], index: pd.Index) -> pd.Series:
    """The name at each place, as text."""
    texts = pa.array(names, pa.large_string()).take(pa.array(cell_numbers))
    return pd.Series(texts.to_pandas(), dtype="str").set_axis(index)


def _score_table(customer_scores: RfmScores, settings: RfmSettings, index: pd.Index) -> pd.DataFrame:
    score_table = pd.DataFrame(
        {SCORE_COLUMNS[letter]: letter_scores for letter, letter_scores in customer_scores.scores.items()}, index=index
    )
    weighted_sum = sum(
        getattr(settings.weights, letter) * letter_scores for letter, letter_scores in customer_scores.scores.items()
    )
    is_integer = bool(np.all(np.asarray(weighted_sum) % 1 == 0))
    return score_table.assign(
        **{columns.RFM_SCORE: np.asarray(weighted_sum, dtype=np.int64 if is_integer else np.float64)}
    )


def _describe_method(
    scoring: str,
    segment_map: SegmentMap,
    customer_scores: RfmScores,
    dimensions: Sequence[RfmDimension],
) -> dict[str, Any]:
    """What the method has to say of itself: cuts and counts per score, and what the map covers."""
    map_coverage = measure_coverage(segment_map)
    return {
        "name": "rfm",
        "scoring": scoring,
        "columns": {dimension.letter: dimension.column for dimension in dimensions},
        "bins": dict(customer_scores.bins),
        "cuts": scores.edges_to_dict(customer_scores.cuts),
        "counts": {letter: customer_scores.count_scores(letter) for letter in customer_scores.scores},
        "map": {
            "name": segment_map.name,
            "bins": segment_map.bins,
            "cells": map_coverage.cell_count,
            "uncovered": list(map_coverage.uncovered),
            "overlapping": list(map_coverage.overlapping),
            "unreachable": list(map_coverage.unreachable),
        },
    }


def _find_warnings(customers: Customers, settings: RfmSettings, dimensions: Sequence[RfmDimension]) -> list[str]:
    warnings = list(customers.warnings)
    if settings.method == "ntile" or settings.ties == "random":
        warnings.append("equal values may have different scores; method quantile with ties same-bin never does that")
    if len(dimensions) < len(SCORE_COLUMNS):
        warnings.append("no amounts: scored on recency and frequency only")
    constant_columns = [
        dimension.column for dimension in dimensions if dimension.values.min() == dimension.values.max()
    ]
    return warnings + [f"every customer has the same {column}: its scores say nothing" for column in constant_columns]
