"""Answers on a scale: which count, what is said of them, and their scores for the segments of others."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli.config.section import Section
from segcli.counting import counted
from segcli.model import Customers
from segcli.segment import experience
from segcli.segment.bases import UNKNOWN, column
from segcli.segment.experience import Measure


class Options(Section):
    """For whom the score is told."""

    minimum: int = Field(
        experience.FEWEST, ge=1, description="Fewest answers of which a score is shown; of fewer it says little."
    )
    by: list[str] = Field(
        default_factory=list, description="Segmentations, such as [rfm_segment], for whose segments the score is told."
    )


def measure(name: str) -> Measure:
    """A measure of experience by its name."""
    return next(one for one in experience.MEASURES if one.name == name)


def answered(customers: Customers, name: str) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """The answers that count, shape (customers, columns), NaN for others, and a warning with the count of odd ones."""
    of = measure(name)
    for one in of.columns:
        column(customers, one)
    values = experience.answers(customers, of)
    assert values is not None, "its columns are there"
    counted = of.valid(values)
    odd = int((~np.isnan(values).all(axis=1) & ~counted).sum())
    warning = f"answers that cannot be, for {name}: {odd:,}; they count as {UNKNOWN}"
    return np.where(counted[:, None], values, np.nan), (warning,) * bool(odd)


def told(customers: Customers, name: str, options: Options) -> tuple[tuple[str, ...], dict[str, pd.DataFrame]]:
    """The score of all as a note, and a table for each segmentation in `by`."""
    few = options.minimum
    tables = {f"{name} by {by}": _scores(customers, name, column(customers, by), few) for by in options.by}
    nobody = pd.Series("", index=customers.table.index, dtype="str")
    (overall,) = experience.by_segment(customers, [], nobody, name, few).to_dict("records")
    return (_sentence(name, overall),), tables


def _scores(customers: Customers, name: str, labels: pd.Series, few: int) -> pd.DataFrame:
    known = labels.astype("str").fillna(UNKNOWN)
    return experience.by_segment(customers, sorted(known.unique()), known, name, few).drop(columns="measure")


def _sentence(name: str, row: Mapping[Hashable, Any]) -> str:
    if row["note"]:
        return f"{name}: {row['note']}, which are too few for a score"
    score, low, high = (measure(name).shown.format(row[key]) for key in ("score", "low", "high"))
    interval = f"95% interval {low} to {high}"
    return f"{name} {score} ({interval}) of {counted(row['answers'], 'answer')}; {row['response_rate']:.0%} answered"
