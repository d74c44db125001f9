"""Behavioural: main product category of a customer, and categories that are bought together."""

from itertools import combinations

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _column_values, require_column
from segcli.segment.experience_metrics import ALL_CUSTOMERS

SOURCE = (
    "the category of most of a customer's order lines; lift of a pair = P(both) / (P(one) P(other)) among customers "
    "(Brin et al., SIGMOD 1997)"
)
NEEDS = f"{columns.TOP_PREFIX + columns.CATEGORY} or {columns.CATEGORY}; an order export for pairs"
ADDS = ()


class Options(_column_values.Options):
    """Minimum share of a value, and the product affinity tables to report."""

    by: list[str] = Field(
        default_factory=list, description="Segmentations for pairs by segment, for example [rfm_segment]."
    )
    pairs: int = Field(5, ge=0, description="Maximum number of category pairs to report, by highest lift.")
    minimum_customers: int = Field(20, ge=1, description="Minimum number of buyers of both categories of a pair.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's main category. From order lines, also report category pairs with their lift."""
    category_result = _column_values.segments_from_column(
        customers, (columns.TOP_PREFIX + columns.CATEGORY, columns.CATEGORY), options
    )
    if customers.transactions is None or columns.CATEGORY not in customers.transactions.lines or not options.pairs:
        return category_result
    bought_categories = _purchase_matrix(customers)
    all_labels = pd.Series(ALL_CUSTOMERS, index=customers.table.index)
    tables: dict[str, pd.DataFrame] = {message("Pairs"): _category_lifts(bought_categories, all_labels, options)}
    tables |= {
        f"Pairs by {name}": _category_lifts(bought_categories, require_column(customers, name), options)
        for name in options.by
    }
    return BaseResult(category_result.labels, category_result.segment_order, category_result.notes, tables=tables)


def _purchase_matrix(customers: Customers) -> pd.DataFrame:
    """Return whether each customer bought each category, shape (customers, categories)."""
    lines = order_history.list_purchase_lines(customers)
    categorised_lines = lines[lines[columns.CATEGORY].astype("str") != ""]
    counts = pd.crosstab(categorised_lines[CUSTOMER_ROW], categorised_lines[columns.CATEGORY].astype("str"))
    return counts.reindex(customers.table.index, fill_value=0) > 0


def _category_lifts(bought_categories: pd.DataFrame, labels: pd.Series, options: Options) -> pd.DataFrame:
    """Return pairs of categories by segment, with the number of buyers of both and the lift; highest lift first.

    Columns: segment, category, and (the other category), customers, lift.
    """
    rows: list[list[object]] = []
    for segment in sorted(labels.dropna().unique()):
        segment_purchases = bought_categories[(labels == segment).to_numpy()]
        purchase_flags, size = segment_purchases.to_numpy(dtype=np.float64), len(segment_purchases)
        pair_counts, category_counts = purchase_flags.T @ purchase_flags, purchase_flags.sum(axis=0)
        lift_rows = [
            [
                segment,
                segment_purchases.columns[first],
                segment_purchases.columns[second],
                int(pair_counts[first, second]),
                lift,
            ]
            for first, second in combinations(range(len(segment_purchases.columns)), 2)
            if pair_counts[first, second] >= options.minimum_customers
            for lift in [float(pair_counts[first, second] * size / (category_counts[first] * category_counts[second]))]
        ]
        rows += sorted(lift_rows, key=lambda row: (-float(row[4]), row[1], row[2]))[: options.pairs]
    return pd.DataFrame(rows, columns=[columns.SEGMENT_NAME, columns.CATEGORY, "and", columns.CUSTOMERS, "lift"])
