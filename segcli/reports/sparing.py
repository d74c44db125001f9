"""Tables of counts without the rows and cells that tell of too few customers."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns
from segcli.evidence.disclosure import is_small_count
from segcli.segment.experience import ALL_CUSTOMERS
from segcli.value.cohort import COHORT, COHORT_SIZE, CUMULATIVE_VALUE, OBSERVED_CUSTOMERS, PERIOD

COUNT_COLUMNS = (
    columns.CUSTOMERS,
    "answers",
    "buyers",
    "chosen",
    columns.ORDERS,
)  # columns that count people, or what few may have done
RATE_COLUMNS = ("rate", "response_rate")


def suppress_small_groups(
    table: pd.DataFrame,
    min_customers: int,
    *,
    size_column: str = columns.CUSTOMERS,
    part_columns: Sequence[str] = (),
    withheld_rows: Collection[int] = (),
) -> pd.DataFrame:
    """The rows that may be told; what is left out is more than one row and not too few, so that totals do not tell it.

    Args:
        table: one row per group, numbered from 0.
        min_customers: number of customers that may be shown.
        size_column: the column of their number.
        part_columns: columns that count some of them; neither these nor all others may be too few.
        withheld_rows: rows that are withheld already.
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
    """Cohorts of enough customers, with what is shown of each period: blank where few bought, or all but few did.

    Of revenue to date nothing is told from the first blank on: the next number would tell it.
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

    A row is blanked if a count, or the part of a count that a rate stands for, is too small. The next smallest rows are
    blanked too if totals or other segments would reveal the numbers.

    Args:
        table: with columns of counts, as they are named in COUNTS; others are returned as they are.
        min_customers: customers that may be told of.
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
    """Return the rows that count too few, and the smallest others until there are two rows with enough customers."""
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
    """Return the counts of customers in a row: its own, and those for whom its rate holds and does not hold."""
    counts = [int(row[name]) for name in count_columns if pd.notna(row[name])]
    for rate_column in (name for name in RATE_COLUMNS if name in row and pd.notna(row[name])):
        part_count = round(float(row[rate_column]) * counts[0]) if counts else 0
        counts += [part_count, counts[0] - part_count] if counts else []
    return counts
