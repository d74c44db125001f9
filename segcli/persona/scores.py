"""How the customers of segments fare: satisfaction where they were asked, repeat purchase and retention."""

import pandas as pd

from segcli import columns
from segcli.model import Segmentation, SurveyScore
from segcli.segment.experience import ALL_CUSTOMERS, score_by_segment
from segcli.segment.rates import compute_rates


def collect_scores(segmentation: Segmentation) -> dict[str, tuple[SurveyScore, ...]]:
    """By segment, what can be told: NPS, CSAT, CES and the like from 30 answers on, and rates, as parts of 100."""
    experience_rows = score_by_segment(segmentation.customers, segmentation.segments, segmentation.labels)
    rate_rows = compute_rates(segmentation.customers, segmentation.segments, segmentation.labels)
    scores_by_segment: dict[str, list[SurveyScore]] = {segment_name: [] for segment_name in segmentation.segments}
    _append_scores(
        scores_by_segment, experience_rows[experience_rows["score"].notna()], ("score", "low", "high", "answers"), 1
    )
    _append_scores(
        scores_by_segment,
        rate_rows[rate_rows["rate"].notna()],
        ("rate", "low_rate", "high_rate", columns.CUSTOMERS),
        100,
    )
    return {segment_name: tuple(segment_scores) for segment_name, segment_scores in scores_by_segment.items()}


def _append_scores(
    scores_by_segment: dict[str, list[SurveyScore]],
    score_rows: pd.DataFrame,
    score_columns: tuple[str, str, str, str],
    factor: float,
) -> None:
    score_column, low_column, high_column, count_column = score_columns
    for score_row in score_rows[score_rows[columns.SEGMENT_NAME] != ALL_CUSTOMERS].to_dict("records"):
        score_value, low_value, high_value = (
            float(score_row[column_name]) * factor for column_name in (score_column, low_column, high_column)
        )
        scores_by_segment[str(score_row[columns.SEGMENT_NAME])].append(
            SurveyScore(str(score_row["measure"]), score_value, low_value, high_value, int(score_row[count_column]))
        )
