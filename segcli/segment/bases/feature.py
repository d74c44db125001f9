"""Needs: the product feature a customer values above what others do, by ratings of importance."""

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers, with_unknown

SOURCE = (
    "importance ratings (Martilla and James, Importance-performance analysis, Journal of Marketing, 1977), standardised"
)
NEEDS = "columns of ratings, named in the options"
ADDS = ("feature_difference",)
NONE = "none marked"


class Options(Section):
    """Which columns rate which feature."""

    ratings: dict[str, str] = Field(default_factory=dict, description="Column with the rating of each feature.")
    least: float = Field(0.0, ge=0, description="Standard deviations above the mean from which a rating is marked.")


def decide(customers: Customers, options: Options) -> Decided:
    """The feature each customer rates furthest above its mean, in standard deviations; the first named of equals."""
    if len(options.ratings) < 2:  # noqa: PLR2004 - one feature has no rival
        raise InputProblem(
            "there is no column of ratings to compare; name at least two",
            source=customers.readings[0].input.name,
            remedy="options: {ratings: {FEATURE: COLUMN, ...}}",
        )
    names = list(options.ratings)
    ratings = np.column_stack([numbers(column(customers, name)) for name in options.ratings.values()])
    means, spreads = np.nanmean(ratings, axis=0), np.nanstd(ratings, axis=0)
    away = (ratings - means) / np.where(spreads > 0, spreads, np.nan)
    known = ~np.isnan(away).all(axis=1)
    filled = np.where(np.isnan(away), -np.inf, away)
    best = filled.max(axis=1)
    labels = np.where(best > options.least, np.array(names, dtype=object)[filled.argmax(axis=1)], NONE)
    labels = np.where(known, labels, UNKNOWN).astype(object)
    counted = [int((~np.isnan(ratings[:, place])).sum()) for place in range(len(names))]
    means_told = pd.DataFrame({"feature": names, "answers": counted, "mean": means.round(6)})
    means_told = means_told.sort_values(["mean", "feature"], ascending=[False, True], ignore_index=True)
    order = [name for name in (*names, NONE) if (labels == name).any()]
    added = customers.table[[]].assign(feature_difference=np.where(known, best, np.nan).round(6))
    return Decided(
        labels,
        with_unknown(order, labels),
        scores=added,
        tables={"Importance": means_told.rename(columns={"feature": c.NAME})},
    )
