"""RFM: score recency, frequency and monetary value, and name each customer's segment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns, formatting
from segcli.config.rfm import RfmSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.message import CustomerCount, count_message, detail_message, join_messages, message
from segcli.model import Customers, Segmentation
from segcli.segment import rfm_scores
from segcli.segment.maps import SegmentMap, measure_coverage
from segcli.segment.profiles import build_profile
from segcli.segment.rfm_dimensions import RfmDimension, read_dimensions
from segcli.segment.rfm_scores import ALL_CUSTOMERS_PARENT, RfmScores
from segcli.segment.segmentation import build_provenance

# Description of scores in words: edges and empty scores.
DIMENSION_LABELS = {"r": message("recency"), "f": message("frequency"), "m": message("monetary")}


def describe_scores(dimensions: Sequence[RfmDimension], customer_scores: RfmScores) -> Iterator[str]:
    """Yield the edges, the customers per score, and the reason for empty scores of each dimension."""
    edges = [
        _format_edges(dimension, customer_scores)
        for dimension in dimensions
        if ALL_CUSTOMERS_PARENT in customer_scores.cuts[dimension.letter]
    ]
    if len(edges) == len(dimensions):
        yield detail_message("scores: {edges}", edges=join_messages(", ", edges))
    else:
        yield detail_message("scores: {edges}; nested inside the score before", edges=join_messages(", ", edges))
    counts_by_dimension = [
        message(
            "{dimension} {counts}",
            dimension=DIMENSION_LABELS[dimension.letter],
            counts=join_messages("|", [message("{count}", count=CustomerCount(count)) for count in counts]),
        )
        for dimension in dimensions
        for counts in [customer_scores.count_scores(dimension.letter)]
    ]
    yield detail_message("customers per score, lowest first: {counts}", counts=join_messages(", ", counts_by_dimension))
    for dimension in dimensions:
        counts = customer_scores.count_scores(dimension.letter)
        empty_scores = [str(score) for score, count in enumerate(counts, 1) if count == 0]
        if empty_scores and ALL_CUSTOMERS_PARENT in customer_scores.cuts[dimension.letter]:
            yield _describe_empty_scores(dimension, empty_scores)


def _describe_empty_scores(dimension: RfmDimension, empty_scores: Sequence[str]) -> str:
    values = {
        "scores": ", ".join(empty_scores),
        "dimension": DIMENSION_LABELS[dimension.letter],
        "reason": _describe_commonest(dimension),
    }
    if len(empty_scores) == 1:
        return message("score {scores} of {dimension} is empty: {reason}", **values)
    return message("scores {scores} of {dimension} are empty: {reason}", **values)


LARGE_REVENUE_SHARE = 0.1  # of all revenue: from here on, one customer determines the means of a segment
MANY_CUSTOMERS = 100  # of fewer customers, one usually has a large share


def describe_money_extremes(table: pd.DataFrame, dimensions: Sequence[RfmDimension]) -> Iterator[str]:
    """Yield notes on customers with net revenue of 0 or less, and on a customer with a large part of all revenue."""
    money = next((dimension for dimension in dimensions if dimension.letter == "m"), None)
    if money is None:
        return
    unprofitable_count = int((money.values <= 0).sum())
    if unprofitable_count:
        yield count_message(
            "{count} customer has {label} of 0 or less after returns, which counts as 0",
            "{count} customers have {label} of 0 or less after returns, which counts as 0",
            CustomerCount(unprofitable_count),
            label=formatting.column_label(money.column),
        )
    revenue = table[columns.REVENUE].to_numpy(dtype=np.float64) if columns.REVENUE in table else money.values
    largest_share = float(revenue.max() / revenue.sum()) if revenue.sum() > 0 else 0.0
    if len(revenue) >= MANY_CUSTOMERS and largest_share >= LARGE_REVENUE_SHARE:
        yield message(
            "{count} customer has {share:.0%} of all revenue: the scores do not depend on it, but the means of its "
            "segment describe mostly this customer",
            count=CustomerCount(1),
            share=largest_share,
        )


def _format_edges(dimension: RfmDimension, customer_scores: RfmScores) -> str:
    bin_edges = customer_scores.cuts[dimension.letter][ALL_CUSTOMERS_PARENT]
    label = DIMENSION_LABELS[dimension.letter]
    if not bin_edges.edges:
        return message("{dimension} no edges", dimension=label)
    edges = "|".join(_format_short(edge) for edge in bin_edges.edges)
    if dimension.low_is_best:
        return message("{dimension} edges {edges} d", dimension=label, edges=edges)
    return message("{dimension} edges {edges}", dimension=label, edges=edges)


def _describe_commonest(dimension: RfmDimension) -> str:
    """Describe the value that most customers share, which is what leaves scores empty."""
    values, counts = np.unique(dimension.values, return_counts=True)
    commonest = int(counts.argmax())
    share, common_value = counts[commonest] / counts.sum(), float(values[commonest])
    if dimension.letter != "f":
        return message(
            "{share:.0%} have the same {dimension} ({value})",
            share=share,
            dimension=DIMENSION_LABELS[dimension.letter],
            value=_format_short(common_value),
        )
    if common_value == 1:
        return message("{share:.0%} bought once", share=share)
    return count_message(
        "{share:.0%} have {count} order", "{share:.0%} have {count} orders", _format_short(common_value), share=share
    )


def _format_short(value: float) -> formatting.FormattedNumber:
    is_whole = abs(value) >= 100 or value == round(value)  # noqa: PLR2004 - display
    return formatting.FormattedNumber(f"{value:.0f}" if is_whole else f"{value:.4g}", value)


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
        customers: customers with recency_days, orders and, if there is money, revenue.
        settings: method, bins, ties, weights.
        segment_map: names of score combinations.
        seed: random seed, used by `ties: random` only.
        saved_model: a saved model; if given, its edges score these customers, and no new edges are computed.

    Raises:
        InputProblem: recency or orders are missing.
        ConfigProblems: the map needs a score that these customers do not have.
    """
    dimensions = read_dimensions(customers, settings.monetary)
    if saved_model:
        dimensions = _select_trained(dimensions, saved_model, customers)
        customer_scores = rfm_scores.apply_edges(
            dimensions, rfm_scores.edges_from_dict(saved_model["cuts"]), saved_model["bins"]
        )
    else:
        customer_scores = rfm_scores.score_dimensions(dimensions, settings, seed)
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
            *describe_money_extremes(customers.table, dimensions),
            _describe_map(segment_map),
            *describe_scores(dimensions, customer_scores),
        ),
    )


def _describe_map(segment_map: SegmentMap) -> str:
    """Describe the coverage of a map; complete coverage is a detail."""
    coverage = measure_coverage(segment_map)
    if coverage.has_gaps:
        return message("map {name}: {coverage}", name=segment_map.name, coverage=coverage.describe())
    return detail_message("map {name}: {coverage}", name=segment_map.name, coverage=coverage.describe())


def _select_trained(
    dimensions: Sequence[RfmDimension], saved_model: Mapping[str, Any], customers: Customers
) -> tuple[RfmDimension, ...]:
    """Return the dimensions that the model was trained on.

    Raises:
        InputProblem: a dimension is missing here, or measures another column.
    """
    dimensions_by_letter = {dimension.letter: dimension for dimension in dimensions}
    for letter, column in saved_model["columns"].items():
        present_column = dimensions_by_letter[letter].column if letter in dimensions_by_letter else "nothing"
        if present_column != column:
            raise InputProblem(
                f"the model scores {letter} from {column}; here it would be {present_column}",
                source=customers.input_reports[0].input.name,
                remedy="set rfm.monetary to its value when the model was saved",
            )
    return tuple(dimensions_by_letter[letter] for letter in "rfm" if letter in saved_model["columns"])


def _require_map_scores(segment_map: SegmentMap, customer_scores: RfmScores) -> None:
    missing_letters = [letter for letter in segment_map.dimensions if letter not in customer_scores.scores]
    if missing_letters and any("m" in rule.ranges for rule in segment_map.rules):
        problem = f"rfm.segments: the map '{segment_map.name}' needs monetary scores, and there are no amounts"
        raise ConfigProblems([f"{problem}; set their column with --map amount=COLUMN, or use the map default"])


def _label_customers(names: npt.NDArray[np.object_], cell_numbers: npt.NDArray[np.int64], index: pd.Index) -> pd.Series:
    """Return the name of each customer's cell, as text."""
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
    """Return the record of the method: edges, counts per score, and the coverage of the map."""
    map_coverage = measure_coverage(segment_map)
    return {
        "name": "rfm",
        "scoring": scoring,
        "columns": {dimension.letter: dimension.column for dimension in dimensions},
        "bins": dict(customer_scores.bins),
        "cuts": rfm_scores.edges_to_dict(customer_scores.cuts),
        "counts": {letter: customer_scores.count_scores(letter) for letter in customer_scores.scores},
        "map": {
            "name": segment_map.name,
            "bins": segment_map.bins,
            "cells": map_coverage.cell_count,
            "uncovered": list(map_coverage.uncovered),
            "overlapping": list(map_coverage.overlapping),
            "unreachable": list(map_coverage.unreachable),
        },
        "claims": {segment: dict(claims) for segment, claims in segment_map.claims.items()},
    }


def _find_warnings(customers: Customers, settings: RfmSettings, dimensions: Sequence[RfmDimension]) -> list[str]:
    warnings = list(customers.warnings)
    if settings.method == "ntile" or settings.ties == "random":
        warnings.append(message("equal values may have different scores; method quantile with ties mid avoids this"))
    if len(dimensions) < len(SCORE_COLUMNS):
        warnings.append(message("no amounts: scored on recency and frequency only"))
    constant_columns = [
        dimension.column for dimension in dimensions if dimension.values.min() == dimension.values.max()
    ]
    return warnings + [
        message(
            "every customer has the same {column}: its scores carry no information",
            column=column,
        )
        for column in constant_columns
    ]
