"""RFM: score recency, frequency and monetary value, and name each customer's segment."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns as c
from segcli.config.rfm import RfmSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import scores
from segcli.segment.dimensions import Dimension, dimensions
from segcli.segment.maps import SegmentMap, lint
from segcli.segment.profile import profile
from segcli.segment.provenance import provenance
from segcli.segment.scores import Scored
from segcli.segment.sentences import score_notes

SCORE_COLUMNS = {"r": c.R_SCORE, "f": c.F_SCORE, "m": c.M_SCORE}


def segment(
    customers: Customers,
    settings: RfmSettings,
    segment_map: SegmentMap,
    seed: int,
    saved: Mapping[str, Any] | None = None,
) -> Segmentation:
    """Score every customer; the best customer gets the highest score on every dimension.

    Args:
        customers: with recency_days, orders and, if there is money, revenue.
        settings: method, bins, ties, weights.
        segment_map: names for score combinations.
        seed: used by `ties: random` only.
        saved: a saved model; its edges score these customers, and no new ones are cut.

    Raises:
        InputProblem: recency or orders are missing.
        ConfigProblems: the map needs a score that these customers do not have.
    """
    measured = dimensions(customers, settings.monetary)
    if saved:
        measured = _as_trained(measured, saved, customers)
        scored = scores.apply(measured, scores.cuts_from_dict(saved["cuts"]), saved["bins"])
    else:
        scored = scores.score(measured, settings, seed)
    _require_scores(segment_map, scored)
    labels = _labels(*segment_map.name_cells(scored.scores, scored.bins), customers.table.index)
    return Segmentation(
        customers=customers,
        column=c.RFM_SEGMENT,
        labels=labels,
        scores=_score_columns(scored, settings, customers.table.index),
        profile=profile(customers.table, labels),
        method=_method(saved["scoring"] if saved else settings.method, segment_map, scored, measured),
        provenance=provenance(customers, "rfm", settings, seed if settings.ties == "random" else None),
        warnings=tuple(_warnings(customers, settings, measured)),
        notes=(*score_notes(measured, scored), f"map {segment_map.name}: {lint(segment_map)}"),
    )


def _as_trained(measured: Sequence[Dimension], saved: Mapping[str, Any], customers: Customers) -> tuple[Dimension, ...]:
    """The dimensions the model was trained on.

    Raises:
        InputProblem: one of them is missing here, or measures another column.
    """
    here = {d.letter: d for d in measured}
    for letter, column in saved["columns"].items():
        found = here[letter].column if letter in here else "nothing"
        if found != column:
            raise InputProblem(
                f"the model scores {letter} from {column}; here it would be {found}",
                source=customers.readings[0].input.name,
                remedy="Set rfm.monetary as it was when the model was saved",
            )
    return tuple(here[letter] for letter in "rfm" if letter in saved["columns"])


def _require_scores(segment_map: SegmentMap, scored: Scored) -> None:
    missing = [d for d in segment_map.dimensions if d not in scored.scores]
    if missing and any("m" in rule.ranges for rule in segment_map.rules):
        what = f"rfm.segments: the map '{segment_map.name}' needs monetary scores; there is no amount"
        raise ConfigProblems([f"{what}; name one with --map amount=COLUMN, or take the map default"])


def _labels(names: npt.NDArray[np.object_], places: npt.NDArray[np.int64], index: pd.Index) -> pd.Series:
    """The name at each place, as text."""
    texts = pa.array(names, pa.large_string()).take(pa.array(places))
    return pd.Series(texts.to_pandas(), dtype="str").set_axis(index)


def _score_columns(scored: Scored, settings: RfmSettings, index: pd.Index) -> pd.DataFrame:
    table = pd.DataFrame({SCORE_COLUMNS[letter]: values for letter, values in scored.scores.items()}, index=index)
    combined = sum(getattr(settings.weights, letter) * values for letter, values in scored.scores.items())
    whole = bool(np.all(np.asarray(combined) % 1 == 0))
    return table.assign(**{c.RFM_SCORE: np.asarray(combined, dtype=np.int64 if whole else np.float64)})


def _method(
    scoring: str,
    segment_map: SegmentMap,
    scored: Scored,
    measured: Sequence[Dimension],
) -> dict[str, Any]:
    """What the method has to say of itself: cuts and counts per score, and what the map covers."""
    checked = lint(segment_map)
    return {
        "name": "rfm",
        "scoring": scoring,
        "columns": {d.letter: d.column for d in measured},
        "bins": dict(scored.bins),
        "cuts": scores.cuts_as_dict(scored.cuts),
        "counts": {letter: scored.counts(letter) for letter in scored.scores},
        "map": {
            "name": segment_map.name,
            "bins": segment_map.bins,
            "cells": checked.cells,
            "uncovered": list(checked.uncovered),
            "overlapping": list(checked.overlapping),
            "unreachable": list(checked.unreachable),
        },
    }


def _warnings(customers: Customers, settings: RfmSettings, measured: Sequence[Dimension]) -> list[str]:
    warnings = list(customers.warnings)
    if settings.method == "ntile" or settings.ties == "random":
        warnings.append("equal values may have different scores; method quantile with ties same-bin never does that")
    if len(measured) < len(SCORE_COLUMNS):
        warnings.append("no amounts: scored on recency and frequency only")
    same = [d.column for d in measured if d.values.min() == d.values.max()]
    return warnings + [f"every customer has the same {column}: its scores say nothing" for column in same]
