"""Statistical disclosure control of reports: suppress rows and cells that describe too few customers."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.privacy import PrivacySettings
from segcli.evaluation.disclosure_control import find_suppressed_segments, is_small_count, merge_segments
from segcli.model import Segmentation
from segcli.persona.plan import TouchpointPlan
from segcli.persona.targets import TargetSelection
from segcli.segment.experience_metrics import ALL_CUSTOMERS
from segcli.value.cohorts import COHORT, COHORT_SIZE, CUMULATIVE_VALUE, OBSERVED_CUSTOMERS, PERIOD


# Guard of a report: small segments are merged before any section uses them
@dataclass(frozen=True)
class DisclosureGuard:
    """Names of suppressed segments by column, and `min_customers`, the smallest group size that may be shown."""

    withheld_names: Mapping[str, Sequence[str]]
    min_customers: int

    def merge_withheld(self, segmentations: Sequence[Segmentation]) -> list[Segmentation]:
        """Return the segmentations with their suppressed segments merged."""
        all_withheld = [name for column_names in self.withheld_names.values() for name in column_names]
        return [
            merge_segments(
                segmentation,
                self.withheld_names.get(segmentation.column, ()),
                self.min_customers,
                other_names=all_withheld,
            )
            for segmentation in segmentations
        ]

    def drop_withheld_rows(self, segment_table: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return a table of segments of this column without the rows of suppressed segments."""
        visible_rows = segment_table[
            ~segment_table[columns.SEGMENT_NAME].isin(list(self.withheld_names.get(column, ())))
        ]
        return visible_rows.reset_index(drop=True)

    def filter_targets(self, targets: TargetSelection) -> TargetSelection:
        """Return the targets without rows and notes about suppressed segments."""
        column, hidden_names = targets.segmentation.column, self.withheld_names.get(targets.segmentation.column, ())
        return replace(
            targets,
            table=self.drop_withheld_rows(targets.table, column),
            contributions=self.drop_withheld_rows(targets.contributions, column),
            weight_set_scores=self.drop_withheld_rows(targets.weight_set_scores, column),
            notes=tuple(note for note in targets.notes if not any(name in note for name in hidden_names)),
        )

    def filter_plan(self, plan: TouchpointPlan) -> TouchpointPlan:
        """Return the plan without rows and gaps about suppressed segments."""
        column, hidden_names = plan.segmentation.column, self.withheld_names.get(plan.segmentation.column, ())
        gaps = tuple(gap for gap in plan.gaps if not any(name in gap for name in hidden_names))
        return replace(plan, table=self.drop_withheld_rows(plan.table, column), gaps=gaps)


def find_small_segments(segmentation: Segmentation, privacy_settings: PrivacySettings) -> list[str]:
    """Return the names of visible segments with few customers, whose shares and averages are unreliable."""
    sizes = zip(segmentation.profile[columns.SEGMENT_NAME], segmentation.profile[columns.CUSTOMERS], strict=True)
    return [
        str(name)
        for name, customer_count in sizes
        if is_small_count(int(customer_count), privacy_settings.small_numbers)
    ]


def build_guard(segmentations: Sequence[Segmentation], privacy_settings: PrivacySettings) -> DisclosureGuard:
    """Return the guard for segmentations that are shown together."""
    return DisclosureGuard(
        find_suppressed_segments(segmentations, privacy_settings.smallest_group, privacy_settings.dominance_limit),
        privacy_settings.smallest_group,
    )


COUNT_COLUMNS = (
    columns.CUSTOMERS,
    "answers",
    "buyers",
    "chosen",
    columns.ORDERS,
)  # columns that count people or their orders
RATE_COLUMNS = ("rate", "response_rate")


def suppress_small_groups(
    table: pd.DataFrame,
    min_customers: int,
    *,
    size_column: str = columns.CUSTOMERS,
    part_columns: Sequence[str] = (),
    withheld_rows: Collection[int] = (),
) -> pd.DataFrame:
    """Return the rows that may be shown, with secondary suppression.

    If a row is suppressed, the smallest other rows are suppressed too, until at least two rows are suppressed that
    together have enough customers. Totals then do not reveal any of them.

    Args:
        table: one row per group, numbered from 0.
        min_customers: smallest number of customers that may be shown.
        size_column: column with the number of customers.
        part_columns: columns that count some of these customers; neither the part nor the rest may be too small.
        withheld_rows: positions of rows that are suppressed in any case.
    """
    hidden_positions = set(withheld_rows) | {
        position
        for position in range(len(table))
        if _is_small_group(table.iloc[position], min_customers, size_column, part_columns)
    }
    for position in np.lexsort((np.arange(len(table)), table[size_column])) if hidden_positions else ():
        if len(hidden_positions) > 1 and not is_small_count(
            int(table.iloc[list(hidden_positions)][size_column].sum()), min_customers
        ):
            break
        hidden_positions.add(int(position))
    return table.drop(index=table.index[sorted(hidden_positions)]).reset_index(drop=True)


def _is_small_group(group_row: pd.Series, min_customers: int, size_column: str, part_columns: Sequence[str]) -> bool:
    total_count = int(group_row[size_column])
    counts = [
        total_count,
        *(
            count
            for part_column in part_columns
            for count in (int(group_row[part_column]), total_count - int(group_row[part_column]))
        ),
    ]
    return any(is_small_count(count, min_customers) for count in counts)


def suppress_small_cohorts(cohort_table: pd.DataFrame, min_customers: int, metric: str) -> pd.DataFrame:
    """Return cohorts with enough customers and their metric by period.

    A cell is blank if too few customers bought, or all but too few. Cumulative revenue is blank from the first such
    period on: the next number would reveal it.
    """
    cohort_sizes = cohort_table.drop_duplicates(COHORT)[[COHORT, COHORT_SIZE]].reset_index(drop=True)
    visible_cells = cohort_table[
        cohort_table[COHORT].isin(suppress_small_groups(cohort_sizes, min_customers, size_column=COHORT_SIZE)[COHORT])
    ].copy()
    is_small = pd.Series(
        [
            any(
                is_small_count(int(count), min_customers)
                for count in (watched_count, buyer_count, watched_count - buyer_count)
            )
            for watched_count, buyer_count in zip(
                visible_cells[OBSERVED_CUSTOMERS], visible_cells[columns.CUSTOMERS], strict=True
            )
        ],
        index=visible_cells.index,
        dtype=bool,
    )
    is_blank = is_small.groupby(visible_cells[COHORT], sort=False).cummax() if metric == CUMULATIVE_VALUE else is_small
    visible_cells[metric] = visible_cells[metric].astype("float64").where(~is_blank)
    return visible_cells[list(dict.fromkeys([COHORT, PERIOD, COHORT_SIZE, metric]))].reset_index(drop=True)


def blank_small_counts(table: pd.DataFrame, min_customers: int) -> pd.DataFrame:
    """Blank the numbers in rows that count too few customers.

    A row is blanked if a count, or the part of a count given by a rate, is too small. The next smallest rows are
    blanked too if totals or other segments would reveal the numbers.

    Args:
        table: table with count columns, named as in `COUNT_COLUMNS`; other tables are returned unchanged.
        min_customers: smallest number of customers that may be shown.
    """
    count_columns = [name for name in COUNT_COLUMNS if name in table and pd.api.types.is_numeric_dtype(table[name])]
    if min_customers <= 1 or not count_columns or table.empty:
        return table
    numbered_table = table.reset_index(drop=True)
    hidden_positions = set[int]()
    for _, group in numbered_table.groupby("measure", sort=False) if "measure" in table else [("", numbered_table)]:
        hidden_positions |= _find_blank_rows(group, count_columns, min_customers)
    is_blank = numbered_table.index.isin(sorted(hidden_positions))
    numeric_columns = [name for name in numbered_table if pd.api.types.is_numeric_dtype(numbered_table[name])]
    return numbered_table.assign(
        **{
            str(name): numbered_table[name].astype("float64").mask(is_blank)
            for name in numeric_columns
            if is_blank.any()
        }
    )


def _find_blank_rows(group: pd.DataFrame, count_columns: Sequence[str], min_customers: int) -> set[int]:
    """Return the positions of rows with small counts, plus the smallest others until two rows with enough customers."""
    rows_by_position = dict(zip(map(int, group.index), group.to_dict("records"), strict=True))
    sizes = {
        position: int(row[count_columns[0]])
        for position, row in rows_by_position.items()
        if pd.notna(row[count_columns[0]])
    }
    hidden_positions = {
        position
        for position, row in rows_by_position.items()
        if any(is_small_count(count, min_customers) for count in _list_counts(row, count_columns))
    }
    part_positions = [
        position for position in sizes if rows_by_position[position].get(columns.SEGMENT_NAME) != ALL_CUSTOMERS
    ]
    for position in sorted(part_positions, key=lambda place: sizes[place]) if hidden_positions else ():
        if len(hidden_positions) > 1 and not is_small_count(
            sum(sizes.get(hidden_position, 0) for hidden_position in hidden_positions), min_customers
        ):
            break
        hidden_positions.add(position)
    return hidden_positions


def _list_counts(row: Mapping[Hashable, Any], count_columns: Sequence[str]) -> list[int]:
    """Return the customer counts in a row: its own, and the parts inside and outside its rates."""
    counts = [int(row[name]) for name in count_columns if pd.notna(row[name])]
    for rate_column in (name for name in RATE_COLUMNS if name in row and pd.notna(row[name])):
        part_count = round(float(row[rate_column]) * counts[0]) if counts else 0
        counts += [part_count, counts[0] - part_count] if counts else []
    return counts
