"""What each segment holds: customers, share, and the measures the table has."""

import pandas as pd

from segcli import columns as c

# Measures added up, each with the column of its mean per customer.
SUMS = {c.ORDERS: c.MEAN_ORDERS, c.REVENUE: c.MEAN_REVENUE}


def profile(table: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """One row per segment: highest revenue first (else most customers), then by name.

    Returns:
        Columns segment, customers, share (of customers, 0-1), and where known orders, revenue, revenue_share,
        mean_recency_days, mean_orders, mean_revenue, mean_order_value.
    """
    codes, names = pd.factorize(labels, sort=True)  # of numbers, groups are told with a tenth of the memory
    groups = table.groupby(codes)
    rows = pd.DataFrame({c.CUSTOMERS: groups.size()})
    rows[c.SHARE] = rows[c.CUSTOMERS] / len(table)
    for name in SUMS:
        if name in table:
            rows[name] = groups[name].sum()
    if c.REVENUE in rows:
        rows[c.REVENUE_SHARE] = rows[c.REVENUE] / rows[c.REVENUE].sum() if rows[c.REVENUE].sum() else 0.0
    if c.RECENCY_DAYS in table:
        rows[c.MEAN_RECENCY_DAYS] = groups[c.RECENCY_DAYS].mean()
    for name, mean in SUMS.items():
        if name in rows:
            rows[mean] = rows[name] / rows[c.CUSTOMERS]
    if set(SUMS) <= set(rows.columns):
        rows[c.MEAN_ORDER_VALUE] = rows[c.REVENUE] / rows[c.ORDERS]
    by = c.REVENUE if c.REVENUE in rows else c.CUSTOMERS
    rows.insert(0, c.NAME, names)
    ordered = rows.reset_index(drop=True)
    return ordered.sort_values([by, c.NAME], ascending=[False, True], ignore_index=True)
