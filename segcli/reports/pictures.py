"""Charts of what several sections show: segments by size and by value."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from segcli import columns
from segcli.model import Segmentation
from segcli.reports import numbers
from segcli.reports.blocks import Chart, Table


def build_treemap(segmentation: Segmentation, fallback_tables: Sequence[Table] = ()) -> Chart:
    """Segments as parts of an area, the brighter the more a customer of theirs brings."""
    rows = segmentation.profile.to_dict("records")
    has_revenue = columns.MEAN_REVENUE in segmentation.profile
    mean_revenues = [float(row[columns.MEAN_REVENUE]) for row in rows] if has_revenue else []
    data = {
        "segments": [
            {
                "name": row[columns.SEGMENT_NAME],
                "size": float(row[columns.SHARE]),
                "told": numbers.format_share(row[columns.SHARE]),
                "shade": float(row[columns.MEAN_REVENUE]) if has_revenue else None,
            }
            for row in rows
        ],
        "shaded_by": "mean revenue of a customer" if has_revenue else "",
        "low": numbers.format_money(min(mean_revenues, default=0.0)),
        "high": numbers.format_money(max(mean_revenues, default=0.0)),
    }
    largest_row = max(rows, key=lambda row: (row[columns.SHARE], row[columns.SEGMENT_NAME]))
    largest_share = numbers.format_share(largest_row[columns.SHARE])
    alt_text = (
        f"Segments of {segmentation.name} by size; "
        f"the largest is {largest_row[columns.SEGMENT_NAME]} with {largest_share} of customers."
    )
    return Chart("treemap", f"Segments of {segmentation.name} by number of customers", alt_text, data, fallback_tables)


def build_grid_data(
    cell_values: pd.DataFrame,
    format_cell: Callable[[float], str],
    *,
    row_title: str,
    column_title: str,
    shade_title: str,
) -> dict[str, Any]:
    """The data of a grid of shaded cells.

    Args:
        cell_values: a row and a column for each of the grid's; what is missing stays blank.
        format_cell: a value as text.
        row_title: what goes down.
        column_title: what goes across.
        shade_title: what the shades mean.
    """
    grid_values = [[None if pd.isna(number) else float(number) for number in row] for row in cell_values.to_numpy()]
    known_values = [number for row in grid_values for number in row if number is not None]
    return {
        "rows": [str(name) for name in cell_values.index],
        "columns": [str(name) for name in cell_values.columns],
        "values": grid_values,
        "told": [["" if number is None else format_cell(number) for number in row] for row in grid_values],
        "row_title": row_title,
        "column_title": column_title,
        "shaded_by": shade_title,
        "low": format_cell(min(known_values, default=0.0)),
        "high": format_cell(max(known_values, default=0.0)),
    }


def build_bubble_chart(segmentation: Segmentation) -> Chart:
    """Segments by their share of customers and what a customer of theirs brings."""
    rows = segmentation.profile.to_dict("records")
    data = {
        "points": [
            {
                "name": row[columns.SEGMENT_NAME],
                "x": float(row[columns.SHARE]),
                "y": float(row[columns.MEAN_REVENUE]),
                "area": float(row[columns.REVENUE]),
            }
            for row in rows
        ],
        "x_title": "share of customers",
        "y_title": "mean revenue of a customer",
        "x_kind": "share",
        "y_kind": "money",
    }
    top_row = max(rows, key=lambda row: (row[columns.MEAN_REVENUE], row[columns.SEGMENT_NAME]))
    top_revenue = numbers.format_money(top_row[columns.MEAN_REVENUE])
    alt_text = (
        f"Segments of {segmentation.name} by size and value; "
        f"customers of {top_row[columns.SEGMENT_NAME]} bring most, {top_revenue} each on average."
    )
    return Chart("bubbles", f"Segments of {segmentation.name} by size and value; areas are revenue", alt_text, data, ())
