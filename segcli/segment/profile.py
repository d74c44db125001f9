"""What each segment holds: customers, share, and the measures the table has."""

import pandas as pd

from segcli import columns

# Measures added up, each with the column of its mean per customer.
MEAN_COLUMN_BY_SUM = {columns.ORDERS: columns.MEAN_ORDERS, columns.REVENUE: columns.MEAN_REVENUE}


def build_profile(table: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """One row per segment: highest revenue first (else most customers), then by name.

    Returns:
        Columns segment, customers, share (of customers, 0-1), and where known orders, revenue, revenue_share,
        mean_recency_days, mean_orders, mean_revenue, mean_order_value.
    """
    codes, names = pd.factorize(labels, sort=True)  # of numbers, groups are told with a tenth of the memory
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
