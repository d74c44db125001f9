"""Scorecard: whether each segment is measurable, accessible, substantial, differentiable, durable and actionable.

All principles except durable follow Kotler and Keller, Marketing management (15th ed., ch. 9). Durable follows Wedel
and Kamakura, Market segmentation (2000, ch. 1), who call it stability.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.arrays import BoolArray, FloatArray
from segcli.config.scorecard import ScorecardSettings
from segcli.evaluation.drift import segment_retention, segment_share_psi
from segcli.message import message
from segcli.model import Segmentation

PASS_VERDICT, WARN_VERDICT, FAIL_VERDICT, UNKNOWN_VERDICT = "pass", "warn", "fail", "not known"
MEASURE_COLUMNS = (
    columns.RECENCY_DAYS,
    columns.ORDERS,
    columns.REVENUE,
    columns.AVERAGE_ORDER_VALUE,
    columns.ITEMS,
    columns.DISCOUNT_SHARE,
    *columns.RESPONSE_COLUMNS,
)
DESCRIPTOR_COLUMNS = (
    *(
        columns.BIRTH_DATE,
        columns.BIRTH_YEAR,
        columns.AGE,
        columns.GENDER,
        columns.INCOME,
        columns.EDUCATION,
        columns.OCCUPATION,
        columns.MARITAL_STATUS,
        columns.CHILDREN,
    ),
    *(columns.HOUSEHOLD_SIZE, columns.CITY, columns.REGION, columns.COUNTRY, columns.POSTCODE),
)

Scorecard = tuple[pd.DataFrame, list[str]]  # rows of `scorecard`, and `notes` on all segments together


@dataclass(frozen=True)
class SegmentActions:
    """Segments with an action of their own in the playbook, and segments with an action for one of their traits."""

    own_action: frozenset[str]
    trait_action: frozenset[str]


def score_segments(
    segmentation: Segmentation,
    settings: ScorecardSettings,
    actions: SegmentActions,
    earlier_segmentation: Segmentation | None = None,
) -> pd.DataFrame:
    """Score each segment by six principles.

    Args:
        segmentation: the segmentation.
        settings: the thresholds for pass and warn.
        actions: available actions by segment.
        earlier_segmentation: the same segmentation at an earlier day, for durable; without it, durable is not known.

    Returns:
        segment, principle, value (missing if not known), verdict (pass, warn, fail, not known), why.
    """
    verdict_rows = [
        [
            segment_name,
            principle,
            principle_value,
            _grade_value(principle_value, getattr(settings, principle, (2.0, 1.0))),
            reason_text,
        ]
        for segment_name in segmentation.segments
        for principle, principle_value, reason_text in _apply_principles(
            segmentation, segment_name, settings, actions, earlier_segmentation
        )
    ]
    return pd.DataFrame(verdict_rows, columns=[columns.SEGMENT_NAME, "principle", "value", "verdict", "why"])


def build_scorecard_notes(segmentation: Segmentation, earlier_segmentation: Segmentation | None) -> Iterator[str]:
    """Yield notes on all segments together: how much they explain, and the drift of their shares."""
    effects = {
        measure_name: epsilon_squared(measure_values, segmentation.labels)
        for measure_name, measure_values in _read_measures(segmentation)
    }
    known_effects = {measure_name: effect for measure_name, effect in effects.items() if not np.isnan(effect)}
    if known_effects:
        strongest_measure = max(known_effects, key=lambda name: known_effects[name])
        yield (
            message(
                "the segments explain most of {label}: epsilon squared {effect:.2f} (0.06 is medium, 0.14 large)",
                label=formatting.column_label(strongest_measure),
                effect=known_effects[strongest_measure],
            )
        )
    if earlier_segmentation is not None:
        share_psi = segment_share_psi(earlier_segmentation, segmentation)
        yield message(
            "shares of segments since {day}: PSI {psi:.2f} ({drift})",
            day=earlier_segmentation.customers.as_of,
            psi=share_psi,
            drift=_grade_drift(share_psi),
        )


def _grade_drift(share_psi: float) -> str:
    """Return the usual grade of a population stability index."""
    if share_psi < 0.1:  # noqa: PLR2004 - the usual bands
        return message("stable")
    return message("noticeable") if share_psi < 0.25 else message("major")  # noqa: PLR2004 - the usual bands


def _grade_value(principle_value: float, thresholds: Sequence[float]) -> str:
    if np.isnan(principle_value):
        return UNKNOWN_VERDICT
    return (
        PASS_VERDICT
        if principle_value >= thresholds[0]
        else WARN_VERDICT
        if principle_value >= thresholds[1]
        else FAIL_VERDICT
    )


def _apply_principles(
    segmentation: Segmentation,
    segment_name: str,
    settings: ScorecardSettings,
    actions: SegmentActions,
    earlier_segmentation: Segmentation | None,
) -> Iterator[tuple[str, float, str]]:
    in_segment = (segmentation.labels == segment_name).to_numpy()
    yield "measurable", *_score_measurable(segmentation.customers.table[in_segment])
    yield "accessible", *_score_accessible(segmentation.customers.table[in_segment], settings.consent)
    yield "substantial", float(in_segment.sum()), _describe_size(segmentation, segment_name)
    yield "differentiable", *_score_differentiable(segmentation, in_segment)
    yield "durable", *_score_durable(segmentation, segment_name, earlier_segmentation)
    if segment_name in actions.own_action:
        yield "actionable", 2.0, "own action"
    else:
        yield (
            "actionable",
            float(segment_name in actions.trait_action),
            "action by trait" if segment_name in actions.trait_action else "no action",
        )


def _score_measurable(member_table: pd.DataFrame) -> tuple[float, str]:
    """Return the share of known values over all members and descriptors."""
    present_columns = [column_name for column_name in DESCRIPTOR_COLUMNS if column_name in member_table]
    if not present_columns:
        return np.nan, "no descriptive column"
    is_known = member_table[present_columns].notna() & (member_table[present_columns].astype("str") != "")
    return float(is_known.to_numpy().mean()), f"known, {len(present_columns)} descriptors"


def _score_accessible(member_table: pd.DataFrame, consent_words: Sequence[str]) -> tuple[float, str]:
    if columns.EMAIL_CONSENT not in member_table:
        return np.nan, f"no column {columns.EMAIL_CONSENT}"
    consent_answers = member_table[columns.EMAIL_CONSENT].astype("str").fillna("").str.strip().str.casefold()
    return float(
        consent_answers.isin([consent_word.casefold() for consent_word in consent_words]).mean()
    ), "with consent"


def _describe_size(segmentation: Segmentation, segment_name: str) -> str:
    profile_row = segmentation.profile[segmentation.profile[columns.SEGMENT_NAME] == segment_name].iloc[0]
    revenue_text = (
        f", {profile_row[columns.REVENUE_SHARE]:.0%} of revenue" if columns.REVENUE_SHARE in profile_row else ""
    )
    return f"{profile_row[columns.SHARE]:.0%} of customers{revenue_text}"


def _read_measures(segmentation: Segmentation) -> Iterator[tuple[str, FloatArray]]:
    """Yield measures in which segments may differ: purchases and answers."""
    for measure_name in MEASURE_COLUMNS:
        if measure_name in segmentation.customers.table and pd.api.types.is_numeric_dtype(
            segmentation.customers.table[measure_name]
        ):
            measure_values = segmentation.customers.table[measure_name].astype("Float64")
            yield measure_name, np.asarray(measure_values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _score_differentiable(segmentation: Segmentation, in_segment: BoolArray) -> tuple[float, str]:
    """Return the largest absolute delta of any measure, and that measure."""
    deltas = {
        measure_name: cliffs_delta(measure_values, in_segment)
        for measure_name, measure_values in _read_measures(segmentation)
    }
    known_deltas = {measure_name: delta for measure_name, delta in deltas.items() if not np.isnan(delta)}
    if not known_deltas:
        return np.nan, "no measures"
    largest_measure = max(known_deltas, key=lambda name: abs(known_deltas[name]))
    return abs(
        known_deltas[largest_measure]
    ), f"{'more' if known_deltas[largest_measure] > 0 else 'less'} {largest_measure}"


def _score_durable(
    segmentation: Segmentation, segment_name: str, earlier_segmentation: Segmentation | None
) -> tuple[float, str]:
    if earlier_segmentation is None:
        return np.nan, "needs an order export, and rules or scores that can be computed for an earlier day"
    (retention_row,) = (
        retention_row
        for retention_row in segment_retention(earlier_segmentation, segmentation).to_dict("records")
        if retention_row[columns.SEGMENT_NAME] == segment_name
    )
    return float(
        retention_row["stayed"]
    ), f"of {retention_row['before']:,.0f} since {earlier_segmentation.customers.as_of}"


def average_ranks(values: FloatArray) -> FloatArray:
    """Return ranks from 1; equal values get the mean of their ranks."""
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def cliffs_delta(values: FloatArray, in_segment: BoolArray) -> float:
    """Return P(a member's value is higher) - P(it is lower), against non-members (Cliff 1993); NaN if either is empty.

    Its square is epsilon squared of the two groups over the maximum for groups of their sizes, so that small and large
    segments are judged alike.

    >>> cliffs_delta(np.array([1.0, 2, 3, 4]), np.array([False, True, False, True]))
    0.5
    """
    is_known = ~np.isnan(values)
    is_member = in_segment[is_known]
    member_count, other_count = int(is_member.sum()), int((~is_member).sum())
    if not member_count or not other_count:
        return float("nan")
    ranks = average_ranks(values[is_known])
    return float(
        2 * (ranks[is_member].sum() - member_count * (member_count + 1) / 2) / (member_count * other_count) - 1
    )


def epsilon_squared(values: FloatArray, labels: pd.Series) -> float:
    """Return Kruskal and Wallis's H / (n - 1), corrected for ties (Tomczak and Tomczak 2014); NaN if nothing varies."""
    is_known = ~np.isnan(values)
    ranks = average_ranks(values[is_known])
    rank_groups = pd.Series(ranks).groupby(labels[is_known].to_numpy())
    total_squares = float(((ranks - ranks.mean()) ** 2).sum())
    if len(rank_groups) < 2 or not total_squares:  # noqa: PLR2004 - a single group cannot differ
        return float("nan")
    mean_deviations = rank_groups.mean().to_numpy(dtype=np.float64) - float(ranks.mean())
    return float((rank_groups.size().to_numpy() * mean_deviations**2).sum()) / total_squares
