"""Experience metrics: NPS, CSAT, CES, handling time and coded sentiment, for all customers and for each segment.

Each metric has the number of answers, a 95 % interval and the response rate. Scores of fewer than 30 answers are
hidden; counts below 5 answers are hidden as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.message import count_message, tabulate_messages
from segcli.model import Customers
from segcli.segment import confidence_intervals

AnswerMatrix = npt.NDArray[np.float64]
AnswerMask = npt.NDArray[np.bool_]
ScoreInterval = tuple[float, float, float]  # a score, and the lower and upper end of its interval

MIN_ANSWERS_FOR_SCORE = 30  # minimum number of answers to show a score
MIN_ANSWERS_FOR_COUNT = 5  # minimum number of answers to show their count
ALL_CUSTOMERS = "all"
SENTIMENT_CODES: Mapping[str, float] = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}


@dataclass(frozen=True)
class ExperienceMeasure:
    """A measure of experience: its columns, its check of valid answers, and its score.

    `score_format` formats a score for display.
    """

    name: str
    columns: tuple[str, ...]
    is_valid: Callable[[AnswerMatrix], AnswerMask]
    score_answers: Callable[[AnswerMatrix], ScoreInterval]
    score_format: str


def scale_validator(lowest: int, highest: int) -> Callable[[AnswerMatrix], AnswerMask]:
    """Return a function that marks the answers that are whole numbers on a scale."""

    def is_valid(values: AnswerMatrix) -> AnswerMask:
        with np.errstate(invalid="ignore"):
            is_on_scale = (values >= lowest) & (values <= highest) & (values % 1 == 0)
        valid_rows: AnswerMask = np.asarray(is_on_scale.all(axis=1))
        return valid_rows

    return is_valid


def score_nps(answers: AnswerMatrix) -> ScoreInterval:
    """Return NPS = 100 (p - d), with p the share of promoters (9-10) and d that of detractors (0-6), and its interval.

    The variance is (p + d - (p - d)^2) / n. Reichheld, The one number you need to grow (Harvard Business Review, 2003).
    """
    return _net_score((answers >= 9).mean(), (answers <= 6).mean(), len(answers))  # noqa: PLR2004 - the definition


def _net_score(positive_share: float, negative_share: float, count: int) -> ScoreInterval:
    net_share = float(positive_share - negative_share)
    half_width = confidence_intervals.Z_SCORE_95 * float(
        np.sqrt((positive_share + negative_share - net_share**2) / count)
    )
    return 100 * net_share, 100 * max(net_share - half_width, -1.0), 100 * min(net_share + half_width, 1.0)


def score_csat(answers: AnswerMatrix) -> ScoreInterval:
    """Return the percentage of answers 4 and 5 out of 5, with its Wilson interval."""
    satisfied_count = int((answers >= 4).sum())  # noqa: PLR2004 - the definition
    low, high = confidence_intervals.wilson_interval(satisfied_count, len(answers))
    return 100 * satisfied_count / len(answers), 100 * low, 100 * high


def score_ces(answers: AnswerMatrix) -> ScoreInterval:
    """Return the mean of answers from 1 to 7, with its interval."""
    return float(answers.mean()), *confidence_intervals.mean_interval(answers.ravel())


def score_sentiment(codes: AnswerMatrix) -> ScoreInterval:
    """Return 100 (share positive - share negative), with its interval as for NPS."""
    return _net_score((codes > 0).mean(), (codes < 0).mean(), len(codes))


def score_aht(answers: AnswerMatrix) -> ScoreInterval:
    """Return the average handling time of a contact, (talk + hold + wrap) / contacts in seconds, with its interval."""
    seconds, contacts = answers[:, :-1].sum(axis=1), answers[:, -1]
    return float(seconds.sum() / contacts.sum()), *confidence_intervals.ratio_interval(seconds, contacts)


def _has_contacts(values: AnswerMatrix) -> AnswerMask:
    valid_rows: AnswerMask = (values[:, :-1] >= 0).all(axis=1) & (values[:, -1] > 0)
    return valid_rows


EXPERIENCE_MEASURES = (
    ExperienceMeasure("NPS", (columns.NPS,), scale_validator(0, 10), score_nps, "{:.0f}"),
    ExperienceMeasure("CSAT", (columns.CSAT,), scale_validator(1, 5), score_csat, "{:.0f}%"),
    ExperienceMeasure("CES", (columns.CES,), scale_validator(1, 7), score_ces, "{:.2f}"),
    ExperienceMeasure("sentiment", (columns.SENTIMENT,), scale_validator(-1, 1), score_sentiment, "{:+.0f}"),
    ExperienceMeasure(
        "AHT",
        (columns.TALK_SECONDS, columns.HOLD_SECONDS, columns.WRAP_SECONDS, columns.CONTACTS),
        _has_contacts,
        score_aht,
        "{:.0f} s",
    ),
)


def read_answers(customers: Customers, measure: ExperienceMeasure) -> AnswerMatrix | None:
    """Return a measure's columns, shape (customers, columns), NaN without an answer; None if a column is missing."""
    if not set(measure.columns) <= set(customers.table.columns):
        return None
    answer_matrix = np.column_stack([_to_numbers(customers.table[name]) for name in measure.columns])
    if columns.CONTACTS in measure.columns:
        answer_matrix[answer_matrix[:, -1] == 0] = np.nan  # handling time needs a contact
    return answer_matrix


def _to_numbers(values: pd.Series) -> AnswerMatrix:
    """Convert a column to numbers; sentiment words become -1, 0 and 1."""
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    numeric_codes = values.astype("str").str.strip().str.casefold().map(dict(SENTIMENT_CODES))
    return np.asarray(numeric_codes.to_numpy(dtype=np.float64), dtype=np.float64)


def score_by_segment(
    customers: Customers,
    names: Sequence[str],
    labels: pd.Series,
    measure_name: str | None = None,
    min_answers: int = MIN_ANSWERS_FOR_SCORE,
) -> pd.DataFrame:
    """Score every measure that the table supports, for all customers and for each segment.

    Args:
        customers: customers with the columns of at least one measure.
        names: segment names, in display order.
        labels: the segment of each customer.
        measure_name: the only measure to score; default: all.
        min_answers: minimum number of answers to show a score.

    Returns:
        Columns measure, segment, customers, answers, response_rate, score, low, high (NaN with too few answers), note
        (reason for a hidden score).
    """
    rows = []
    for measure in EXPERIENCE_MEASURES:
        values = read_answers(customers, measure) if measure_name in (None, measure.name) else None
        if values is not None:
            valid_rows = measure.is_valid(values)
            segment_groups = segment_masks(names, labels)
            rows += [
                [measure.name, name, *_score_row(measure, values, group, valid_rows, min_answers)]
                for name, group in segment_groups
            ]
    column_names = [
        "measure",
        columns.SEGMENT_NAME,
        columns.CUSTOMERS,
        "answers",
        "response_rate",
        "score",
        "low",
        "high",
        "note",
    ]
    return tabulate_messages(rows, column_names)


def segment_masks(names: Sequence[str], labels: pd.Series) -> list[tuple[str, AnswerMask]]:
    """Return the masks of all customers, then of each segment, with their names."""
    return [(ALL_CUSTOMERS, np.ones(len(labels), dtype=bool)), *((name, (labels == name).to_numpy()) for name in names)]


def _score_row(
    measure: ExperienceMeasure, values: AnswerMatrix, group: AnswerMask, valid_rows: AnswerMask, min_answers: int
) -> list[object]:
    size, valid_answers = int(group.sum()), values[group & valid_rows]
    count, hidden_scores = len(valid_answers), [np.nan] * 3
    if 0 < count < min(MIN_ANSWERS_FOR_COUNT, min_answers):
        return [
            size,
            np.nan,
            np.nan,
            *hidden_scores,
            count_message("fewer than {count} answer", "fewer than {count} answers", MIN_ANSWERS_FOR_COUNT),
        ]
    rate = count / size if size else np.nan
    if count < min_answers:
        return [
            size,
            count,
            rate,
            *hidden_scores,
            count_message("fewer than {count} answer", "fewer than {count} answers", min_answers),
        ]
    return [size, count, rate, *measure.score_answers(valid_answers), ""]
