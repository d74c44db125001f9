"""As polars_plain_rfm.py, lines grouped to orders first.

python polars_plain_rfm_orders_first.py ORDERS.csv CUSTOMERS.csv
"""

import sys

import polars as pl


def score(column: pl.Expr) -> pl.Expr:
    """Score from 1 to 5 by the share of customers that are worse."""
    return 5 * (column.rank("min").cast(pl.Int64) - 1) // pl.len() + 1


last, orders, revenue, recency = pl.col("last_order"), pl.col("orders"), pl.col("revenue"), pl.col("recency_days")
(
    pl.scan_csv(sys.argv[1], try_parse_dates=True)
    .group_by("customer_id", "order_id")
    .agg(day=pl.col("order_date").max(), amount=(pl.col("quantity") * pl.col("unit_price")).sum())
    .group_by("customer_id")
    .agg(last_order=pl.col("day").max(), orders=pl.len(), revenue=pl.col("amount").sum())
    .with_columns(recency_days=(last.max() - last).dt.total_days() + 1)
    .with_columns(r_score=score(-recency), f_score=score(orders), m_score=score(revenue))
    .drop("last_order")
    .sort("customer_id")
    .sink_csv(sys.argv[2], engine="streaming")
)
