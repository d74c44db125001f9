"""Profiles of segments, and the columns of a customer table that can describe people."""

import pandas as pd

from segcli import columns
from segcli.columns import ColumnKind
from segcli.ingest.column_topics import special_category_columns

# Profiles of segments: customers, share, and the available measures.
# Summed measures, each with the column of its mean per customer.
MEAN_COLUMN_BY_SUM = {columns.ORDERS: columns.MEAN_ORDERS, columns.REVENUE: columns.MEAN_REVENUE}


def build_profile(table: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Build the profile, one row per segment: highest revenue first (else most customers), then by name.

    Returns:
        Columns segment, customers, share (of customers, 0-1), and where available orders, revenue, revenue_share,
        mean_recency_days, mean_orders, mean_revenue, mean_order_value.
    """
    codes, names = pd.factorize(labels, sort=True)  # grouping by numbers takes a tenth of the memory
    grouped_rows = table.groupby(codes)
    rows = pd.DataFrame({columns.CUSTOMERS: grouped_rows.size()})
    rows[columns.SHARE] = rows[columns.CUSTOMERS] / len(table)
    for name in MEAN_COLUMN_BY_SUM:
        if name in table:
            rows[name] = grouped_rows[name].sum()
    if columns.REVENUE in rows:
        rows[columns.REVENUE_SHARE] = (
            rows[columns.REVENUE] / rows[columns.REVENUE].sum() if rows[columns.REVENUE].sum() else 0.0
        )
    if columns.RECENCY_DAYS in table:
        rows[columns.MEAN_RECENCY_DAYS] = grouped_rows[columns.RECENCY_DAYS].mean()
    for name, mean_column in MEAN_COLUMN_BY_SUM.items():
        if name in rows:
            rows[mean_column] = rows[name] / rows[columns.CUSTOMERS]
    if set(MEAN_COLUMN_BY_SUM) <= set(rows.columns):
        rows[columns.MEAN_ORDER_VALUE] = rows[columns.REVENUE] / rows[columns.ORDERS]
    sort_column = columns.REVENUE if columns.REVENUE in rows else columns.CUSTOMERS
    rows.insert(0, columns.SEGMENT_NAME, names)
    profile_rows = rows.reset_index(drop=True)
    return profile_rows.sort_values([sort_column, columns.SEGMENT_NAME], ascending=[False, True], ignore_index=True)


MAX_TRAIT_LEVELS = 30  # a text column with more values holds names, not traits
NON_TRAIT_KINDS = (ColumnKind.ID, ColumnKind.DATE)
UNDESCRIPTIVE_COLUMNS = (columns.LATITUDE, columns.LONGITUDE, columns.BIRTH_YEAR)  # their averages are meaningless


def descriptive_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns without ids, dates, coordinates, scores and special categories of data."""
    return [name for name in table.columns if _is_descriptive(name, table[name])]


def _is_descriptive(name: str, values: pd.Series) -> bool:
    if (
        name in columns.SCORE_COLUMNS
        or name in UNDESCRIPTIVE_COLUMNS
        or name.endswith(columns.SEGMENT_SUFFIX)
        or columns.column_kind(name) in NON_TRAIT_KINDS
        or special_category_columns([name])
    ):
        return False
    if name in columns.MEASURES:
        return name in columns.PORTRAIT_MEASURES
    if pd.api.types.is_numeric_dtype(values):
        return True
    return values.dtype.kind != "M" and 1 < values.nunique() <= MAX_TRAIT_LEVELS
