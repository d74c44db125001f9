"""How customers say they fare: NPS, CSAT, CES, handling time and coded sentiment, for all and for each segment.

Each with the number of answers, a 95 % interval and the response rate. A score of fewer than 30 answers is not shown,
the number of answers below 5 is not told either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.model import Customers
from segcli.segment import intervals

AnswerMatrix = npt.NDArray[np.float64]
AnswerMask = npt.NDArray[np.bool_]
ScoreInterval = tuple[float, float, float]  # a score, and the lower and upper end of its interval

MIN_ANSWERS_FOR_SCORE = 30  # answers from which a score is shown
MIN_ANSWERS_FOR_COUNT = 5  # answers from which their number is told
ALL_CUSTOMERS = "all"
SENTIMENT_CODES: Mapping[str, float] = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}


@dataclass(frozen=True)
class ExperienceMeasure:
    """A measure of experience: the columns it is computed from, the answers among them that count, and its score.

    `score_format` is how a score is written for people.
    """

    name: str
    columns: tuple[str, ...]
    is_valid: Callable[[AnswerMatrix], AnswerMask]
    score_answers: Callable[[AnswerMatrix], ScoreInterval]
    score_format: str


def scale_validator(lowest: int, highest: int) -> Callable[[AnswerMatrix], AnswerMask]:
    """Which answers are whole numbers of a scale."""

    def is_valid(values: AnswerMatrix) -> AnswerMask:
        with np.errstate(invalid="ignore"):
            is_on_scale = (values >= lowest) & (values <= highest) & (values % 1 == 0)
        valid_rows: AnswerMask = np.asarray(is_on_scale.all(axis=1))
        return valid_rows

    return is_valid


def score_nps(answers: AnswerMatrix) -> ScoreInterval:
    """100 (p - d), promoters 9-10 less detractors 0-6, with variance (p + d - (p - d)^2) / n.

    Reichheld, The one number you need to grow (Harvard Business Review, 2003).
    """
    return _net_score((answers >= 9).mean(), (answers <= 6).mean(), len(answers))  # noqa: PLR2004 - the definition


def _net_score(positive_share: float, negative_share: float, count: int) -> ScoreInterval:
    net_share = float(positive_share - negative_share)
    half_width = intervals.Z_SCORE_95 * float(np.sqrt((positive_share + negative_share - net_share**2) / count))
    return 100 * net_share, 100 * max(net_share - half_width, -1.0), 100 * min(net_share + half_width, 1.0)


def score_csat(answers: AnswerMatrix) -> ScoreInterval:
    """Per cent of answers 4 and 5 of 5, with Wilson's interval."""
    satisfied_count = int((answers >= 4).sum())  # noqa: PLR2004 - the definition
    low, high = intervals.wilson_interval(satisfied_count, len(answers))
    return 100 * satisfied_count / len(answers), 100 * low, 100 * high


def score_ces(answers: AnswerMatrix) -> ScoreInterval:
    """Mean of answers from 1 to 7."""
    return float(answers.mean()), *intervals.mean_interval(answers.ravel())


def score_sentiment(codes: AnswerMatrix) -> ScoreInterval:
    """100 (share positive - share negative), as for NPS."""
    return _net_score((codes > 0).mean(), (codes < 0).mean(), len(codes))


def score_aht(answers: AnswerMatrix) -> ScoreInterval:
    """Average handling time of a contact: (talk + hold + wrap) / contacts, in seconds."""
    seconds, contacts = answers[:, :-1].sum(axis=1), answers[:, -1]
    return float(seconds.sum() / contacts.sum()), *intervals.ratio_interval(seconds, contacts)


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
    """The columns of a measure, shape (customers, columns), NaN where there is no answer; nothing if one is missing."""
    if not set(measure.columns) <= set(customers.table.columns):
        return None
    answer_matrix = np.column_stack([_to_numbers(customers.table[name]) for name in measure.columns])
    if columns.CONTACTS in measure.columns:
        answer_matrix[answer_matrix[:, -1] == 0] = np.nan  # without a contact there was nothing to handle
    return answer_matrix


def _to_numbers(values: pd.Series) -> AnswerMatrix:
    """Numbers; coded words of sentiment as -1, 0 and 1."""
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
    """Every measure that the table has, for all customers and for each segment.

    Args:
        customers: with the columns of at least one measure.
        names: of the segments, in the order shown.
        labels: the segment of each customer.
        measure_name: one measure.
        min_answers: answers from which a score is shown.

    Returns:
        measure, segment, customers, answers, response_rate, score, low, high (NaN where too few answered), note (why
        not, if so).
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
    return pd.DataFrame(rows, columns=column_names)


def segment_masks(names: Sequence[str], labels: pd.Series) -> list[tuple[str, AnswerMask]]:
    """All customers, then those of each segment."""
    return [(ALL_CUSTOMERS, np.ones(len(labels), dtype=bool)), *((name, (labels == name).to_numpy()) for name in names)]


def _score_row(
    measure: ExperienceMeasure, values: AnswerMatrix, group: AnswerMask, valid_rows: AnswerMask, min_answers: int
) -> list[object]:
    size, valid_answers = int(group.sum()), values[group & valid_rows]
    count, hidden_scores = len(valid_answers), [np.nan] * 3
    if 0 < count < min(MIN_ANSWERS_FOR_COUNT, min_answers):
        return [size, np.nan, np.nan, *hidden_scores, f"fewer than {MIN_ANSWERS_FOR_COUNT} answers"]
    rate = count / size if size else np.nan
    if count < min_answers:
        return [size, count, rate, *hidden_scores, f"fewer than {min_answers} answers"]
    return [size, count, rate, *measure.score_answers(valid_answers), ""]
