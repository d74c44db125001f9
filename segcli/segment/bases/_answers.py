"""Answers on a scale: valid answers, their score for all customers, and scores by segment."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli.config.section import Section
from segcli.formatting import FormattedNumber
from segcli.message import CustomerCount, count_message, message
from segcli.model import Customers
from segcli.segment import experience_metrics
from segcli.segment.bases import UNKNOWN, require_column
from segcli.segment.experience_metrics import ExperienceMeasure


class Options(Section):
    """Minimum number of answers, and segmentations for scores by segment."""

    minimum: int = Field(
        experience_metrics.MIN_ANSWERS_FOR_SCORE,
        ge=1,
        description="Minimum number of answers for a score. Fewer answers show no score.",
    )
    by: list[str] = Field(
        default_factory=list, description="Segmentations for scores by segment, for example [rfm_segment]."
    )


def find_measure(name: str) -> ExperienceMeasure:
    """Return a measure of experience by its name."""
    return next(candidate for candidate in experience_metrics.EXPERIENCE_MEASURES if candidate.name == name)


def read_valid_answers(customers: Customers, name: str) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return the valid answers, shape (customers, columns), NaN for others, and a warning about invalid ones."""
    answer_measure = find_measure(name)
    for column_name in answer_measure.columns:
        require_column(customers, column_name)
    values = experience_metrics.read_answers(customers, answer_measure)
    assert values is not None, "its columns are there"
    is_valid = answer_measure.is_valid(values)
    invalid_count = int((~np.isnan(values).all(axis=1) & ~is_valid).sum())
    warning = message(
        "invalid answers for {name}: {count}; counted as {label}",
        name=name,
        count=CustomerCount(invalid_count),
        label=UNKNOWN,
    )
    return np.where(is_valid[:, None], values, np.nan), (warning,) * bool(invalid_count)


def report_score(customers: Customers, name: str, options: Options) -> tuple[tuple[str, ...], dict[str, pd.DataFrame]]:
    """Return the score of all customers as a note, and a table of scores for each segmentation in `options.by`."""
    min_answers = options.minimum
    tables: dict[str, pd.DataFrame] = {
        message("{name} by {column}", name=name, column=segmentation_column): _score_segments(
            customers, name, require_column(customers, segmentation_column), min_answers
        )
        for segmentation_column in options.by
    }
    blank_labels = pd.Series("", index=customers.table.index, dtype="str")
    (overall_score,) = experience_metrics.score_by_segment(customers, [], blank_labels, name, min_answers).to_dict(
        "records"
    )
    return (_format_sentence(name, overall_score),), tables


def _score_segments(customers: Customers, name: str, labels: pd.Series, min_answers: int) -> pd.DataFrame:
    known_labels = labels.astype("str").fillna(UNKNOWN)
    return experience_metrics.score_by_segment(
        customers, sorted(known_labels.unique()), known_labels, name, min_answers
    ).drop(columns="measure")


def _format_sentence(name: str, row: Mapping[Hashable, Any]) -> str:
    if row["note"]:
        return message("{name}: {note}, too few for a score", name=name, note=row["note"])
    score, low, high = (
        FormattedNumber(find_measure(name).score_format.format(row[key]), row[key]) for key in ("score", "low", "high")
    )
    return count_message(
        "{name} {score} (95% interval {low} to {high}) from {count} answer; {share:.0%} answered",
        "{name} {score} (95% interval {low} to {high}) from {count} answers; {share:.0%} answered",
        row["answers"],
        name=name,
        score=score,
        low=low,
        high=high,
        share=row["response_rate"],
    )
