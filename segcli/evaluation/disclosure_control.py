"""Statistical disclosure control: choose the segments of published tables to suppress, and merge them into one row.

Primary suppression affects segments with few customers (threshold rule) and segments in which one customer has nearly
all revenue (dominance rule). Complementary suppression affects further segments, so that the primary ones cannot be
derived from totals and linked tables (Hundepool et al., Statistical disclosure control, 2012, ch. 4). All tables share
one recoding (global recoding; Willenborg and de Waal, Elements of statistical disclosure control, 2001), so that they
stay consistent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from segcli import columns
from segcli.evaluation.joint_counts import (
    JointCells,
    SegmentCell,
    complementary_suppression,
    count_joint_cells,
    group_linked,
)
from segcli.segment.profiles import build_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from segcli.model import Segmentation


DOMINANCE_LIMIT = 0.85  # of a segment's revenue
WITHHELD_LABEL = "(withheld)"
LARGEST_REVENUE = "top"  # the highest revenue of one customer


def is_small_count(count: int, min_cell_size: int) -> bool:
    """Return whether a count is too small to publish; zero is not.

    >>> [is_small_count(count, 5) for count in (0, 1, 4, 5)]
    [False, True, True, False]
    """
    return 0 < count < min_cell_size


def find_suppressed_segments(
    segmentations: Sequence[Segmentation], min_cell_size: int, dominance: float = DOMINANCE_LIMIT
) -> dict[str, tuple[str, ...]]:
    """Return the segments to suppress, by column, in display order; none if no segment is small or dominated.

    The suppressed segments of a segmentation become one row that is neither small nor dominated, unless it contains all
    customers. No count of a suppressed segment can be derived from all published rows together (see
    `complementary_suppression`), unless the total and the names alone determine it, as for a single segment, or for as
    many segments as customers.

    Args:
        segmentations: segmentations of the same customers, each to be published with one row per segment.
        min_cell_size: minimum number of customers of a published segment.
        dominance: share of a segment's revenue above which one customer dominates it.
    """
    assert len({segmentation.column for segmentation in segmentations}) == len(segmentations), "a column is repeated"
    assert len({len(segmentation.labels) for segmentation in segmentations}) <= 1, (
        "segmentations must cover the same customers"
    )
    suppression_rule = _SuppressionRule(
        {segmentation.column: _summarise_sizes(segmentation) for segmentation in segmentations},
        min_cell_size,
        dominance,
    )
    suppressed_cells = suppression_rule.complete_columns(suppression_rule.select_primary())
    for linked_group in group_linked(segmentations) if suppressed_cells else ():
        suppressed_cells |= _suppress_complementary(count_joint_cells(linked_group), suppression_rule, suppressed_cells)
    return {
        segmentation.column: tuple(
            segment_name
            for segment_name in segmentation.segments
            if (segmentation.column, segment_name) in suppressed_cells
        )
        for segmentation in segmentations
    }


def merge_segments(
    segmentation: Segmentation,
    suppressed_names: Sequence[str],
    min_cell_size: int,
    merged_label: str = WITHHELD_LABEL,
    other_names: Sequence[str] = (),
) -> Segmentation:
    """Merge segments into one, shown last; return the segmentation unchanged if no segment is suppressed.

    Rows of its tables and notes that name a suppressed segment, of this or another segmentation, are removed, and so
    are warnings that name one next to a number. Scores and the customer table are unchanged, because they are not
    published.

    Args:
        segmentation: the segmentation.
        suppressed_names: its segments to suppress.
        min_cell_size: minimum number of customers of a published segment, for the note.
        merged_label: name of the merged segment; apostrophes are appended if a segment already has it.
        other_names: suppressed segments of other segmentations, which its tables may mention.
    """
    removed_names = {*suppressed_names, *other_names}
    tables = {
        title: table[~table.isin(list(removed_names)).any(axis=1)] for title, table in segmentation.tables.items()
    }
    redacted = replace(
        segmentation,
        notes=tuple(note for note in segmentation.notes if _remove_names(note, removed_names) == note),
        warnings=tuple(
            warning
            for warning in segmentation.warnings
            if (remaining_text := _remove_names(warning, removed_names)) == warning
            or not re.search(r"\d", remaining_text)
        ),
        tables={title: table.reset_index(drop=True) for title, table in tables.items()},
    )
    return _merge_labels(redacted, suppressed_names, min_cell_size, merged_label) if suppressed_names else redacted


def _remove_names(text: str, segment_names: Iterable[str]) -> str:
    """Remove segment names from a text, as whole words."""
    for segment_name in segment_names:
        text = re.sub(rf"(?<!\w){re.escape(segment_name)}(?!\w)", "", text, flags=re.IGNORECASE)
    return text


def _merge_labels(
    segmentation: Segmentation, suppressed_names: Sequence[str], min_cell_size: int, merged_label: str
) -> Segmentation:
    while merged_label in segmentation.segments:
        merged_label += "'"
    labels = segmentation.labels.where(~segmentation.labels.isin(list(suppressed_names)), merged_label)
    segment_order = [
        *(segment_name for segment_name in segmentation.segments if segment_name not in suppressed_names),
        merged_label,
    ]
    segment_positions = {segment_name: position for position, segment_name in enumerate(segment_order)}
    profile_rows = build_profile(segmentation.customers.table, labels)
    reason_text = f"withheld (fewer than {min_cell_size:,} customers, dominated by one, or complementary)"
    return replace(
        segmentation,
        labels=labels,
        profile=profile_rows.sort_values(
            columns.SEGMENT_NAME, key=lambda names: names.map(segment_positions), ignore_index=True
        ),
        notes=(*segmentation.notes, f"{reason_text}: {', '.join(suppressed_names)}"),
    )


@dataclass(frozen=True, eq=False)
class _SuppressionRule:
    """Rule that decides which segments may be published.

    `sizes` are by column (customers, revenue, top; smallest segments first), and `min_cell_size` and `dominance` are
    the bounds.
    """

    sizes: Mapping[str, pd.DataFrame]
    min_cell_size: int
    dominance: float

    def select_primary(self) -> frozenset[SegmentCell]:
        """Return the segments that may not be published by themselves."""
        return frozenset(
            (column, segment_name)
            for column, size_rows in self.sizes.items()
            for segment_name in size_rows.index
            if self._is_unsafe(size_rows.loc[[segment_name]])
        )

    def complete_columns(self, suppressed_cells: Iterable[SegmentCell]) -> frozenset[SegmentCell]:
        """Add the next smallest segments of each column until its merged row has several and may be published."""
        completed_cells = set(suppressed_cells)
        for column, size_rows in self.sizes.items():
            segment_names = {segment_name for cell_column, segment_name in completed_cells if cell_column == column}
            for segment_name in size_rows.index if segment_names else ():
                if len(segment_names) > 1 and not self._is_unsafe(size_rows.loc[sorted(segment_names)]):
                    break
                segment_names.add(segment_name)
            completed_cells |= {(column, segment_name) for segment_name in segment_names}
        return frozenset(completed_cells)

    def _is_unsafe(self, size_rows: pd.DataFrame) -> bool:
        """Return whether segments merged into one row have too few customers or are dominated."""
        revenue = float(size_rows[columns.REVENUE].sum())
        is_dominated = revenue > 0 and float(size_rows[LARGEST_REVENUE].max()) > self.dominance * revenue
        return is_dominated or is_small_count(int(size_rows[columns.CUSTOMERS].sum()), self.min_cell_size)


def _summarise_sizes(segmentation: Segmentation) -> pd.DataFrame:
    """Return customers, revenue and the largest revenue of one customer by segment; unknown revenue counts as 0."""
    table = segmentation.customers.table
    known_revenue = (
        table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=np.nan) if columns.REVENUE in table else np.nan
    )
    revenue = pd.Series(known_revenue, index=segmentation.labels.index, dtype="float64").fillna(0)
    revenue_groups = revenue.groupby(segmentation.labels.to_numpy(dtype=object))
    size_rows = pd.DataFrame(
        {
            columns.CUSTOMERS: revenue_groups.size(),
            columns.REVENUE: revenue_groups.sum(),
            LARGEST_REVENUE: revenue_groups.max(),
        }
    )
    size_rows[columns.SEGMENT_NAME] = size_rows.index
    return size_rows.sort_values([columns.CUSTOMERS, columns.SEGMENT_NAME])


def _suppress_complementary(
    joint_cells: JointCells, suppression_rule: _SuppressionRule, suppressed_cells: frozenset[SegmentCell]
) -> frozenset[SegmentCell]:
    """Add the segments that must also be suppressed so that no count can be derived.

    Suppressing more segments never makes a count easier to derive, so protected counts stay protected.
    """
    protected_cells: set[SegmentCell] = set()
    while unprotected_cells := sorted(suppressed_cells.intersection(joint_cells.membership) - protected_cells):
        additional_cells = complementary_suppression(joint_cells, unprotected_cells[0], suppressed_cells)
        if not additional_cells:
            protected_cells.add(unprotected_cells[0])
        if additional_cells is None:
            additional_cells = frozenset(cell for cell in joint_cells.membership if cell[0] == unprotected_cells[0][0])
        suppressed_cells = suppression_rule.complete_columns(suppressed_cells | additional_cells)
    return suppressed_cells
