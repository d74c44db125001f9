"""Who moved between segments since an earlier result, as a report's readers may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from segcli import columns
from segcli.config.privacy import PrivacySettings
from segcli.evidence.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT
from segcli.evidence.movement import segment_share_psi
from segcli.model import Segmentation
from segcli.reports import cells
from segcli.reports.shield import build_guard


@dataclass(frozen=True, eq=False)
class SegmentTransitions:
    """`flows`: from, to, customers, with blank names for all that are withheld.

    `psi` is that of the shares of segments, which are a new picture from `major_psi` on.

    `segments_before` and `segments_after` are the names in `flows`, in the order shown.
    """

    name: str
    segments_before: Sequence[str]
    segments_after: Sequence[str]
    flows: pd.DataFrame
    psi: float
    major_psi: float


def compute_transitions(
    old_segmentation: Segmentation, new_segmentation: Segmentation, privacy_settings: PrivacySettings, major_psi: float
) -> SegmentTransitions:
    """The flows between two segmentations of much the same customers.

    Args:
        old_segmentation: the earlier one.
        new_segmentation: the later one, without what is withheld of it.
        privacy_settings: how small a group may be that is told of.
        major_psi: PSI from which segments should be made anew.
    """
    crosstab_segmentations = cells.crosstab_transitions(old_segmentation, new_segmentation)
    guard = build_guard(crosstab_segmentations, privacy_settings)
    cell_profile = cells.split_cell_names(guard.merge_withheld(crosstab_segmentations)[-1])
    for end in (
        FROM_SEGMENT,
        TO_SEGMENT,
    ):  # of a segment that is too small by itself nothing is told, even where its parts add up
        cell_profile.loc[cell_profile[end].isin(list(guard.withheld_names[end])), [FROM_SEGMENT, TO_SEGMENT]] = ""
    flows = cell_profile.groupby([FROM_SEGMENT, TO_SEGMENT], sort=True)[columns.CUSTOMERS].sum().reset_index()
    segment_names = [
        *map(cells.escape_separator, (*new_segmentation.segments, *old_segmentation.segments)),
        ENTERED_LABEL,
        LEFT_LABEL,
    ]
    ordered_names = list(dict.fromkeys(segment_names))  # alike on both sides, so that few bands cross
    segments_before, segments_after = (
        [name for name in ordered_names if name in set(flows[end])] for end in (FROM_SEGMENT, TO_SEGMENT)
    )
    return SegmentTransitions(
        new_segmentation.name,
        segments_before,
        segments_after,
        flows,
        segment_share_psi(old_segmentation, new_segmentation),
        major_psi,
    )
