"""Joint counts of segmentations: what published counts disclose of a suppressed segment, and what would hide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from scipy.optimize import LinearConstraint

    from segcli.arrays import FloatArray
    from segcli.model import Segmentation


# The scope of a search limits how many combinations may vary, and by how many customers a published count may differ.
# Other combinations are treated as known, which errs towards suppression. The first scope quickly finds the usual case,
# in which other counts are possible.
SearchScope = tuple[int, int]
QUICK_SCOPE: SearchScope = (100, 1)
SEARCH_SCOPES: tuple[SearchScope, ...] = ((1_000, 1), (1_000, 100))
NODE_LIMIT = 1_000  # of the search; a time limit would make results depend on the machine
NESTING_P_VALUE = 0.001  # below it, the nesting of a segment in a segment of another segmentation is not chance

SegmentCell = tuple[str, str]  # column and segment


@dataclass(frozen=True, eq=False)
class JointCells:
    """Non-empty joint combinations of segments.

    `counts` has shape (m,). `membership` has, for each segment, 1 or 0 per combination, shape (m,).
    """

    counts: FloatArray
    membership: Mapping[SegmentCell, FloatArray]

    def count_customers(self, cell: SegmentCell) -> float:
        """Return the number of customers of a segment."""
        return float(self.counts @ self.membership[cell])


def group_linked(segmentations: Sequence[Segmentation]) -> list[list[Segmentation]]:
    """Group segmentations that are linked, directly or through others; groups do not depend on the order of the input.

    Two segmentations are linked if every segment of one is nested in one of the other (a cross and its parts, a union
    and its parts), or if one segment is nested and would hardly be so by chance.
    """
    linked_groups: list[list[Segmentation]] = []
    for segmentation in sorted(segmentations, key=lambda item: item.column):
        is_near = [
            any(_are_linked(segmentation, group_member) for group_member in linked_group)
            for linked_group in linked_groups
        ]
        joined_members = [
            candidate
            for linked_group, is_linked in zip(linked_groups, is_near, strict=True)
            if is_linked
            for candidate in linked_group
        ]
        linked_groups = [
            *(linked_group for linked_group, is_linked in zip(linked_groups, is_near, strict=True) if not is_linked),
            [*joined_members, segmentation],
        ]
    return linked_groups


def _are_linked(first_segmentation: Segmentation, second_segmentation: Segmentation) -> bool:
    (first_codes, first_names), (second_codes, second_names) = (
        pd.factorize(segmentation.labels, sort=True) for segmentation in (first_segmentation, second_segmentation)
    )
    joint_counts = np.bincount(
        first_codes * len(second_names) + second_codes, minlength=len(first_names) * len(second_names)
    )
    joint_table = joint_counts.reshape(len(first_names), len(second_names))
    return _is_nested(joint_table) or _is_nested(joint_table.T)


def _is_nested(joint_table: npt.NDArray[np.int64]) -> bool:
    """Return whether all rows are nested in columns, or one row is nested that would hardly be so by chance."""
    if min(joint_table.shape) == 1:
        return False  # a single segment discloses only the number of customers
    is_single_column = (joint_table > 0).sum(axis=1) == 1
    column_shares, row_sizes = joint_table.sum(axis=0) / joint_table.sum(), joint_table.sum(axis=1)
    chance_probabilities = (column_shares[None, :] ** row_sizes[:, None]).sum(axis=1)
    return bool(is_single_column.all() or (is_single_column & (chance_probabilities < NESTING_P_VALUE)).any())


def count_joint_cells(segmentations: Sequence[Segmentation]) -> JointCells:
    """Count the joint combinations of segmentations of the same customers; the order of either does not matter."""
    sorted_segmentations = sorted(segmentations, key=lambda item: item.column)
    labels = pd.DataFrame(
        {segmentation.column: segmentation.labels.to_numpy(dtype=object) for segmentation in sorted_segmentations}
    )
    joint_counts = labels.groupby(list(labels.columns), sort=True).size()
    by_column = {
        segment_name: joint_counts.index.get_level_values(segment_name).to_numpy(dtype=object)
        for segment_name in labels.columns
    }
    membership = {
        (column_name, str(segment_name)): (cell_labels == segment_name).astype(np.float64)
        for column_name, cell_labels in by_column.items()
        for segment_name in sorted(set(cell_labels))
    }
    return JointCells(np.asarray(joint_counts, dtype=np.float64), membership)


def complementary_suppression(
    joint_cells: JointCells, cell: SegmentCell, suppressed_cells: Collection[SegmentCell]
) -> frozenset[SegmentCell] | None:
    """Return the published segments with the fewest customers that must also be suppressed to protect a count.

    Args:
        joint_cells: the joint combinations.
        cell: the suppressed segment whose count must not be derivable.
        suppressed_cells: all suppressed segments; those of one column are published as one row.

    Returns:
        An empty set if the count is protected already; None if no set was found that protects it.
    """
    if any(
        _find_alternative(joint_cells, cell, suppressed_cells, sign, QUICK_SCOPE) == frozenset() for sign in (1, -1)
    ):
        return frozenset()
    for scope in SEARCH_SCOPES:
        alternatives: list[frozenset[SegmentCell]] = []
        for sign in (1, -1):
            additional_cells = _find_alternative(joint_cells, cell, suppressed_cells, sign, scope)
            if additional_cells is not None and not additional_cells:
                return additional_cells
            alternatives += [] if additional_cells is None else [additional_cells]
        if alternatives:
            return min(alternatives, key=lambda cells: sum(map(joint_cells.count_customers, cells)))
    return None


def _find_alternative(
    joint_cells: JointCells, cell: SegmentCell, suppressed_cells: Collection[SegmentCell], sign: int, scope: SearchScope
) -> frozenset[SegmentCell] | None:
    """Find counts that agree with the published ones but have more (or fewer) customers in `cell`.

    The unknowns d are the differences from the true counts. A published segment whose count differs, by at most
    `max_change`, has y = 1: it must be suppressed. The merged row of its column absorbs the difference, because the
    differences add up to 0. The objective minimises the number of customers in segments with y = 1.

    Args:
        joint_cells: the joint combinations.
        cell: the segment to protect.
        suppressed_cells: all suppressed segments.
        sign: 1 for more customers in `cell`, -1 for fewer.
        scope: number of combinations that may vary, and `max_change`.

    Returns:
        The segments with y = 1; None if there is no solution within the scope.
    """
    from scipy.optimize import Bounds, milp

    free_size, max_change = scope
    free_cells, published_cells = (
        _select_free_cells(joint_cells, suppressed_cells, cell, free_size),
        [published_cell for published_cell in joint_cells.membership if published_cell not in suppressed_cells],
    )
    counts, sizes = (
        joint_cells.counts[free_cells],
        np.array([joint_cells.count_customers(published_cell) for published_cell in published_cells]),
    )
    lowest = np.concatenate([-counts, np.zeros(len(published_cells))])
    highest = np.concatenate([np.full(len(counts), joint_cells.counts.sum()), np.ones(len(published_cells))])
    solution = milp(
        np.concatenate([np.zeros(len(counts)), sizes]),
        integrality=np.ones(len(lowest), dtype=np.int64),
        bounds=Bounds(lowest, highest),
        constraints=_constrain_published(joint_cells, free_cells, published_cells, max_change)
        + _constrain_cell(joint_cells, free_cells, cell, sign, len(published_cells)),
        options={"node_limit": NODE_LIMIT},
    )
    if solution.x is None:
        return None
    is_switched = np.asarray(solution.x[len(counts) :]) > 0.5  # noqa: PLR2004 - 0 or 1, up to solver tolerance
    return frozenset(
        published_cell for published_cell, switched in zip(published_cells, is_switched, strict=True) if switched
    )


def _select_free_cells(
    joint_cells: JointCells, suppressed_cells: Collection[SegmentCell], cell: SegmentCell, free_size: int
) -> npt.NDArray[np.intp]:
    """Return the combinations that may vary: those of the segment, then those suppressed with it, then similar ones.

    Counts change in cycles: a customer moves from the segment to one suppressed with it, and other customers compensate
    the other differences between the two combinations. Similar combinations have few such differences.
    """
    suppressed_members = np.max(
        [
            joint_cells.membership[suppressed_cell]
            for suppressed_cell in suppressed_cells
            if suppressed_cell[0] == cell[0]
        ],
        axis=0,
    )
    membership_rows = np.array(list(joint_cells.membership.values()))
    shared_memberships = (membership_rows.T @ membership_rows[:, suppressed_members > 0]).max(axis=1)
    return np.lexsort((-joint_cells.counts, -shared_memberships, -suppressed_members, -joint_cells.membership[cell]))[
        :free_size
    ]


def _constrain_published(
    joint_cells: JointCells, free_cells: npt.NDArray[np.intp], published_cells: Sequence[SegmentCell], max_change: int
) -> list[LinearConstraint]:
    """Return the constraints -max_change * y <= sum of d in a published segment <= max_change * y."""
    from scipy.optimize import LinearConstraint

    if not published_cells:
        return []
    memberships, switch_matrix = (
        np.array([joint_cells.membership[published_cell][free_cells] for published_cell in published_cells]),
        max_change * np.eye(len(published_cells)),
    )
    return [
        LinearConstraint(np.hstack([memberships, switch_matrix]), 0, np.inf),
        LinearConstraint(np.hstack([memberships, -switch_matrix]), -np.inf, 0),
    ]


def _constrain_cell(
    joint_cells: JointCells, free_cells: npt.NDArray[np.intp], cell: SegmentCell, sign: int, switch_count: int
) -> list[LinearConstraint]:
    """Return constraints: the total is unchanged, the count of the segment changes, and no segment becomes empty."""
    from scipy.optimize import LinearConstraint

    memberships = np.array(
        [joint_cells.membership[segment_cell][free_cells] for segment_cell in joint_cells.membership]
    )
    cell_sizes = np.array([joint_cells.count_customers(segment_cell) for segment_cell in joint_cells.membership])
    constraint_rows = np.vstack(
        [memberships, np.ones(len(free_cells)), sign * joint_cells.membership[cell][free_cells]]
    )
    lower_bounds = np.concatenate([1 - cell_sizes, [0, 1]])
    upper_bounds = np.concatenate([np.full(len(cell_sizes), np.inf), [0, np.inf]])
    return [
        LinearConstraint(
            np.hstack([constraint_rows, np.zeros((len(constraint_rows), switch_count))]), lower_bounds, upper_bounds
        )
    ]
