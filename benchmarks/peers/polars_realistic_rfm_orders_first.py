"""As polars_realistic_rfm.py, lines grouped to orders first, by order ids, which are unique.

python polars_realistic_rfm_orders_first.py ORDERS.csv CUSTOMERS.csv
"""

import sys

import polars as pl

SCHEMA = {
    "order_id": pl.Int32,
    "order_date": pl.String,
    "customer_id": pl.Int32,
    "product": pl.String,
    "quantity": pl.Int32,
    "unit_price": pl.Float64,
    "country": pl.String,
}


def score(column: pl.Expr) -> pl.Expr:
    """Score from 1 to 5 by the share of customers that are worse."""
    return 5 * (column.rank("min").cast(pl.Int64) - 1) // pl.len() + 1


last, orders, revenue, recency = pl.col("last_order"), pl.col("orders"), pl.col("revenue"), pl.col("recency_days")
is_purchase = pl.col("is_purchase")
(
    pl.scan_csv(sys.argv[1], schema=SCHEMA)
    .group_by("order_id")
    .agg(
        pl.col("customer_id").first(),
        day=pl.col("order_date").first(),
        is_purchase=pl.col("quantity").first() > 0,
        amount=(pl.col("quantity") * pl.col("unit_price")).sum(),
    )
    .group_by("customer_id")
    .agg(
        last_order=pl.col("day").filter(is_purchase).max(),
        orders=is_purchase.sum().cast(pl.Int64),
        revenue=pl.col("amount").sum().round(2),
    )
    .filter(orders > 0)
    .with_columns(last.str.head(10).str.to_date("%Y-%m-%d"))
    .with_columns(recency_days=(last.max() - last).dt.total_days() + 1)
    .with_columns(r_score=score(-recency), f_score=score(orders), m_score=score(revenue))
    .drop("last_order")
    .sort("customer_id")
    .sink_csv(sys.argv[2], engine="streaming")
)
