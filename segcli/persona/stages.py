"""In which stage of their life with us the customers of a segment are."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from segcli import columns
from segcli.model import Segmentation

STAGE_COLUMNS = (
    "lifecycle",
    "stage",
    columns.RFM_SEGMENT,
)  # columns that tell the stage of a single customer, the surest first


@dataclass(frozen=True)
class SegmentStage:
    """A stage and how that is known; `share` is of the segment's customers (1 where the segment's name tells it)."""

    name: str
    share: float
    source: str


def assign_stages(segmentation: Segmentation, stage_by_segment: Mapping[str, str]) -> dict[str, SegmentStage]:
    """The stage of each segment: by its name, or else the one that most of its customers are in; none where unknown.

    Args:
        segmentation: the segmentation.
        stage_by_segment: stage by segment name in lower case.
    """
    return {
        segment_name: segment_stage
        for segment_name in segmentation.segments
        if (segment_stage := _find_stage(segmentation, segment_name, stage_by_segment)) is not None
    }


def _find_stage(segmentation: Segmentation, segment: str, stage_by_segment: Mapping[str, str]) -> SegmentStage | None:
    if segment.casefold() in stage_by_segment:
        return SegmentStage(stage_by_segment[segment.casefold()], 1.0, "by its name")
    customer_table = segmentation.customers.table
    stage_column = next(
        (
            column_name
            for column_name in STAGE_COLUMNS
            if column_name in customer_table and column_name != segmentation.column
        ),
        None,
    )
    if stage_column is None:
        return None
    member_labels = (
        customer_table.loc[(segmentation.labels == segment).to_numpy(), stage_column].astype("str").str.casefold()
    )
    stage_shares = _stage_shares(member_labels.map(lambda label: stage_by_segment.get(label, "")))
    return (
        SegmentStage(str(stage_shares.index[0]), float(stage_shares.iloc[0]), f"by {stage_column}")
        if len(stage_shares)
        else None
    )


def _stage_shares(customer_stages: pd.Series) -> pd.Series:
    """Shares of the stages that are known, the largest first; of equals the first in the alphabet."""
    sorted_shares = customer_stages[customer_stages != ""].value_counts(normalize=True, sort=False).sort_index()
    return sorted_shares.sort_values(ascending=False, kind="stable")
