"""What each segment holds: customers, share, and the measures the table has."""

import pandas as pd

from segcli import columns as c

# Measures added up, and measures averaged, where the customer table has them.
SUMS = (c.ORDERS, c.REVENUE)


def profile(table: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """One row per segment: highest revenue first (else most customers), then by name.

    Returns:
        Columns segment, customers, share (of customers, 0-1), and where known orders, revenue, revenue_share,
        mean_recency_days, mean_orders, mean_revenue, mean_order_value.
    """
    groups = table.groupby(labels.to_numpy(), sort=True)
    rows = pd.DataFrame({"customers": groups.size()})
    rows["share"] = rows["customers"] / len(table)
    for name in SUMS:
        if name in table:
            rows[name] = groups[name].sum()
    if c.REVENUE in rows:
        rows["revenue_share"] = rows[c.REVENUE] / rows[c.REVENUE].sum() if rows[c.REVENUE].sum() else 0.0
    if c.RECENCY_DAYS in table:
        rows["mean_recency_days"] = groups[c.RECENCY_DAYS].mean()
    for name in SUMS:
        if name in rows:
            rows[f"mean_{name}"] = rows[name] / rows["customers"]
    if {c.ORDERS, c.REVENUE} <= set(rows.columns):
        rows["mean_order_value"] = rows[c.REVENUE] / rows[c.ORDERS]
    by = c.REVENUE if c.REVENUE in rows else "customers"
    ordered = rows.rename_axis("segment").reset_index()
    return ordered.sort_values([by, "segment"], ascending=[False, True], ignore_index=True)
