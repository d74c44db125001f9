"""Builders of charts that several report sections share: Lorenz curve, treemap and shaded grid."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.arrays import FloatArray
from segcli.message import count_message, message
from segcli.model import Segmentation
from segcli.reports.blocks import Chart, Column, Table

GROUP_COUNTS = (100, 50, 20, 10, 5)  # candidate numbers of equal-sized customer groups on the curve, finest first
TOP_FIFTH_START = 0.8  # share of customers below the top fifth


def gini_coefficient(revenue: FloatArray) -> float:
    """Return the Gini coefficient: 0 if all customers bring the same, (n - 1) / n if one of n brings all.

    The values may be in any order; their sum must not be 0. The result is rounded to 12 decimals.

    >>> gini_coefficient(np.array([1.0, 1.0, 1.0])), gini_coefficient(np.array([0.0, 0.0, 0.0, 4.0]))
    (0.0, 0.75)
    """
    sorted_revenue, customer_count = np.sort(revenue), len(revenue)
    weighted_sum = float((np.arange(1, customer_count + 1) * sorted_revenue).sum())
    return round(
        2 * weighted_sum / (customer_count * float(sorted_revenue.sum())) - (customer_count + 1) / customer_count, 12
    )


def lorenz_curve(revenue: FloatArray, group_count: int) -> tuple[FloatArray, FloatArray]:
    """Return cumulative shares of customers, lowest revenue first, and of their revenue.

    Returns:
        Two arrays of shape (group_count + 1,): shares of customers, from 0 to 1, and the matching shares of revenue.
    """
    sorted_revenue = np.sort(revenue)
    group_ends = np.arange(group_count + 1) * len(sorted_revenue) // group_count
    cumulative_sums = np.concatenate([[0.0], np.cumsum(sorted_revenue)])
    return group_ends / len(sorted_revenue), cumulative_sums[group_ends] / cumulative_sums[-1]


def build_lorenz_chart(revenue: FloatArray, min_customers: int, max_customer_share: float) -> Chart | None:
    """Build the Lorenz chart with the finest grouping of customers that may be disclosed.

    Args:
        revenue: revenue per customer, shape (customers,), NaN if unknown.
        min_customers: fewest customers that a group may have.
        max_customer_share: largest share of a group's revenue, from 0 to 1, that one customer may have.

    Returns:
        None if no grouping may be disclosed, if fewer than two revenues are known, or if their sum is not positive.
    """
    known_revenue = revenue[~np.isnan(revenue)]
    if len(known_revenue) < 2 or known_revenue.sum() <= 0:  # noqa: PLR2004 - inequality needs two customers
        return None
    group_count = next(
        (
            group_count
            for group_count in GROUP_COUNTS
            if _can_disclose(known_revenue, group_count, min_customers, max_customer_share)
        ),
        None,
    )
    return None if group_count is None else _draw_lorenz_chart(known_revenue, group_count)


def _can_disclose(revenue: FloatArray, group_count: int, min_customers: int, max_customer_share: float) -> bool:
    """Return whether every group is large enough and no customer dominates one.

    Only the top group needs the dominance check: in the other groups no customer brings much more than the next one.
    """
    if len(revenue) // group_count < max(min_customers, 1):
        return False
    sorted_revenue = np.sort(revenue)
    top_group = sorted_revenue[(group_count - 1) * len(sorted_revenue) // group_count :]
    return float(top_group[-1]) <= max_customer_share * float(top_group.sum()) or len(top_group) == 1


def _draw_lorenz_chart(revenue: FloatArray, group_count: int) -> Chart:
    customer_shares, revenue_shares = lorenz_curve(revenue, group_count)
    gini_text = formatting.format_decimal(gini_coefficient(revenue))
    fifth_index = round(TOP_FIFTH_START * group_count)
    rest_share = formatting.format_share(float(revenue_shares[fifth_index]))
    top_share = formatting.format_share(float(1 - revenue_shares[fifth_index]))
    data = {
        "customers": customer_shares.tolist(),
        "revenue": revenue_shares.tolist(),
        "x_title": message("customers, lowest revenue first"),
        "y_title": message("revenue"),
        "gini": message("Gini {gini}", gini=gini_text),
        "equal": message("equal revenue"),
        "mark": message(
            "{share} generate {revenue_share}",
            share=formatting.format_share(TOP_FIFTH_START),
            revenue_share=rest_share,
        ),
        "marked": (float(customer_shares[fifth_index]), float(revenue_shares[fifth_index])),
    }
    alt_text = message(
        "The top 20% of customers generate {share} of revenue; the Gini coefficient is {gini}.",
        share=top_share,
        gini=gini_text,
    )
    rows = [
        [formatting.format_share(float(customer_shares[index])), formatting.format_share(float(revenue_shares[index]))]
        for index in (group_count * fifth // 5 for fifth in range(1, 6))
    ]
    titles = [Column(message("Customers, lowest first")), Column(message("Their share of revenue"))]
    return Chart(
        "lorenz",
        message("Revenue distribution over customers (Gini {gini})", gini=gini_text),
        alt_text,
        data,
        [Table(titles, rows)],
    )


def find_colour_position(name: str, segments: Sequence[str]) -> int:
    """Return the display position of a segment, which decides on its colour; others come after all segments."""
    return segments.index(name) if name in segments else len(segments)


def build_treemap(segmentation: Segmentation, anchors: Sequence[str] = ()) -> Chart:
    """Build a treemap of segments: area by number of customers, brightness by mean revenue per customer.

    Args:
        segmentation: the segmentation, with suppressed segments merged.
        anchors: anchors of the segments' cards, in display order; the boxes lead to them.
    """
    rows = segmentation.profile.to_dict("records")
    has_revenue = columns.MEAN_REVENUE in segmentation.profile
    mean_revenues = [float(row[columns.MEAN_REVENUE]) for row in rows] if has_revenue else []
    segments = [
        {
            "name": row[columns.SEGMENT_NAME],
            "size": float(row[columns.SHARE]),
            "told": formatting.format_share(row[columns.SHARE]),
            "position": position,
            "shade": float(row[columns.MEAN_REVENUE]) if has_revenue else None,
        }
        for position, row in enumerate(rows)
    ]
    data = {
        "segments": [{**segment, "anchor_kind": anchor} for segment, anchor in zip(segments, anchors, strict=True)]
        if anchors
        else segments,
        "shaded_by": message("mean revenue per customer") if has_revenue else "",
        "low": formatting.format_money(min(mean_revenues, default=0.0)),
        "high": formatting.format_money(max(mean_revenues, default=0.0)),
    }
    largest_row = max(rows, key=lambda row: (row[columns.SHARE], row[columns.SEGMENT_NAME]))
    largest_share = formatting.format_share(largest_row[columns.SHARE])
    alt_text = message(
        "Segments of {name} by size; the largest is {segment_name} with {share} of customers.",
        name=segmentation.column,
        segment_name=largest_row[columns.SEGMENT_NAME],
        share=largest_share,
    )
    title = message("Segments of {name} by number of customers", name=segmentation.column)
    links = {anchor: _describe_segment(row) for anchor, row in zip(anchors, rows, strict=bool(anchors))}
    return Chart("treemap", title, alt_text, data, (), links)


def _describe_segment(row: Mapping[Hashable, Any]) -> str:
    """Return the numbers of a segment in a sentence."""
    values = {"segment": row[columns.SEGMENT_NAME], "share": formatting.format_share(row[columns.SHARE])}
    if columns.MEAN_REVENUE not in row:
        return count_message(
            "{segment}: {count} customer ({share} of all)",
            "{segment}: {count} customers ({share} of all)",
            int(row[columns.CUSTOMERS]),
            **values,
        )
    return count_message(
        "{segment}: {count} customer ({share} of all), {revenue_share} of revenue, {money} per customer",
        "{segment}: {count} customers ({share} of all), {revenue_share} of revenue, {money} per customer",
        int(row[columns.CUSTOMERS]),
        revenue_share=formatting.format_share(row[columns.REVENUE_SHARE]),
        money=formatting.format_money(row[columns.MEAN_REVENUE]),
        **values,
    )


def build_grid_data(
    cell_values: pd.DataFrame,
    format_cell: Callable[[float], str],
    *,
    row_title: str,
    column_title: str,
    shade_title: str,
) -> dict[str, Any]:
    """Return the chart data of a grid of shaded cells.

    Args:
        cell_values: one row and one column per row and column of the grid; missing values stay blank.
        format_cell: function that formats a value.
        row_title: title of the rows.
        column_title: title of the columns.
        shade_title: meaning of the shades.
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
