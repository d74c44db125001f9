"""Definitions of segments: sizes beside the expected ones, and changes since an earlier run."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from segcli import columns
from segcli.config.rules import RuleSegment, RulesSettings, count_limit
from segcli.message import count_message, message
from segcli.model import QualityCheck, Segmentation

SEGMENTATION = "segmentation"
SIZE_COLUMNS = (
    *(SEGMENTATION, columns.SEGMENT_NAME, "description", "owner", columns.CUSTOMERS, columns.SHARE),
    *("lowest", "highest", "is_expected"),
)
FLOW_COLUMNS = ("entered_by_data", "left_by_data", "entered_by_definition", "left_by_definition")
CHANGE_COLUMNS = (SEGMENTATION, columns.SEGMENT_NAME, "size_before", *FLOW_COLUMNS, "size_after")

# Segmentation and segment -> ids of its customers
Members = Mapping[tuple[str, str], frozenset[str]]


def measure_sizes(rules_settings: Sequence[RulesSettings], segmentations: Sequence[Segmentation]) -> pd.DataFrame:
    """Return one row per defined segment: its size, and whether the size is between the expected limits.

    Args:
        rules_settings: the definitions.
        segmentations: segmentations, of which those of other definitions are ignored.

    Returns:
        SIZE_COLUMNS; `lowest` and `highest` are numbers of customers, missing if there is no limit.
    """
    labels_by_column = {segmentation.column: segmentation.labels for segmentation in segmentations}
    rows = [
        [settings.segment_column, *_measure_size(segment, labels_by_column[settings.segment_column])]
        for settings in rules_settings
        if settings.segment_column in labels_by_column
        for segment in _list_segments(settings)
    ]
    return pd.DataFrame(rows, columns=list(SIZE_COLUMNS))


def _list_segments(settings: RulesSettings) -> list[RuleSegment]:
    """Return the first definition of each segment; a segment may have several rules."""
    first_definitions: dict[str, RuleSegment] = {}
    for segment in settings.segments:
        first_definitions.setdefault(segment.segment, segment)
    return list(first_definitions.values())


def _measure_size(segment: RuleSegment, labels: pd.Series) -> list[Any]:
    count = int((labels == segment.segment).sum())
    limits = segment.expected_size or [None, None]
    lowest, highest = (None if limit is None else count_limit(limit, len(labels)) for limit in limits)
    is_expected = (lowest is None or count >= lowest) and (highest is None or count <= highest)
    described = [segment.segment, segment.description or "", segment.owner or ""]
    return [*described, count, count / len(labels) if len(labels) else 0.0, lowest, highest, is_expected]


def check_sizes(size_rows: pd.DataFrame) -> Iterator[QualityCheck]:
    """Yield a check of each segment with an expected size, of `measure_sizes`."""
    for row in size_rows[size_rows[["lowest", "highest"]].notna().any(axis=1)].to_dict("records"):
        what = message(
            "segment '{segment}': {customers}, expected {range}",
            segment=row[columns.SEGMENT_NAME],
            customers=count_message("{count} customer", "{count} customers", count=row[columns.CUSTOMERS]),
            range=describe_range(row["lowest"], row["highest"]),
        )
        yield QualityCheck(
            "expected_size", str(row[SEGMENTATION]), bool(row["is_expected"]), "error", what, section="rules"
        )


def describe_range(lowest: float, highest: float) -> str:
    """Return an expected size as text, such as `50 to 400`; blank if there are no limits (both are missing)."""
    if pd.isna(lowest):
        return "" if pd.isna(highest) else message("at most {highest}", highest=f"{highest:,.6g}")
    if pd.isna(highest):
        return message("at least {lowest}", lowest=f"{lowest:,.6g}")
    return message("{lowest} to {highest}", lowest=f"{lowest:,.6g}", highest=f"{highest:,.6g}")


def list_members(rules_settings: Sequence[RulesSettings], labels: Mapping[str, pd.Series]) -> Members:
    """Return the customers of each defined segment.

    Args:
        rules_settings: the definitions.
        labels: segmentation -> segment of each customer, indexed by customer id.
    """
    return {
        (settings.segment_column, segment.segment): frozenset(
            labels[settings.segment_column]
            .index[labels[settings.segment_column].astype("str") == segment.segment]
            .astype("str")
        )
        for settings in rules_settings
        if settings.segment_column in labels
        for segment in _list_segments(settings)
    }


def count_changes(before: Members, old_definition_now: Members, now: Members) -> pd.DataFrame:
    """Count the customers who enter and leave each segment, first by new data and then by a new definition.

    Args:
        before: members by the old definitions in the old data.
        old_definition_now: members by the old definitions in the new data.
        now: members by the new definitions in the new data.

    Returns:
        CHANGE_COLUMNS, one row per segment of either definition; `size_after` is `size_before` plus those who entered,
        minus those who left.
    """
    rows = []
    for key in dict.fromkeys([*now, *before]):
        stages = [members.get(key, frozenset()) for members in (before, old_definition_now, now)]
        flows = [len(part) for old, new in pairwise(stages) for part in (new - old, old - new)]
        rows.append([*key, len(stages[0]), *flows, len(stages[2])])
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
