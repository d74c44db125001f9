"""Needs: product feature that a customer values more than others do, by importance ratings."""

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column, to_floats

SOURCE = (
    "importance ratings (Martilla and James, Importance-performance analysis, Journal of Marketing, 1977), standardised"
)
NEEDS = "rating columns, named in the options"
ADDS = ("feature_difference",)
NO_FEATURE = "none marked"


class Options(Section):
    """Rating columns of the features, and the minimum rating."""

    ratings: dict[str, str] = Field(default_factory=dict, description="Rating column of each feature.")
    least: float = Field(0.0, ge=0, description="Minimum distance of a rating above the mean, in standard deviations.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the feature rated furthest above its mean, in standard deviations. On ties, the first one wins."""
    if len(options.ratings) < 2:  # noqa: PLR2004 - a comparison needs two features
        raise InputProblem(
            "no rating columns to compare; set at least two",
            source=customers.input_reports[0].input.name,
            remedy="options: {ratings: {FEATURE: COLUMN, ...}}",
        )
    names = list(options.ratings)
    ratings = np.column_stack([to_floats(require_column(customers, name)) for name in options.ratings.values()])
    means, spreads = np.nanmean(ratings, axis=0), np.nanstd(ratings, axis=0)
    standard_scores = (ratings - means) / np.where(spreads > 0, spreads, np.nan)
    is_known = ~np.isnan(standard_scores).all(axis=1)
    filled_scores = np.where(np.isnan(standard_scores), -np.inf, standard_scores)
    best_scores = filled_scores.max(axis=1)
    labels = np.where(
        best_scores > options.least, np.array(names, dtype=object)[filled_scores.argmax(axis=1)], NO_FEATURE
    )
    labels = np.where(is_known, labels, UNKNOWN).astype(object)
    answer_counts = [int((~np.isnan(ratings[:, position])).sum()) for position in range(len(names))]
    importance_table = pd.DataFrame({"feature": names, "answers": answer_counts, "mean": means.round(6)})
    importance_table = importance_table.sort_values(["mean", "feature"], ascending=[False, True], ignore_index=True)
    order = [name for name in (*names, NO_FEATURE) if (labels == name).any()]
    extra_scores = customers.table[[]].assign(feature_difference=np.where(is_known, best_scores, np.nan).round(6))
    return BaseResult(
        labels,
        append_unknown(order, labels),
        scores=extra_scores,
        tables={message("Importance"): importance_table.rename(columns={"feature": columns.SEGMENT_NAME})},
    )
