"""Realistic order lines to customers with all measures: `python polars_realistic_all.py ORDERS.csv CUSTOMERS.csv`.

One scan of the file feeds orders and products. All lines of an order have the same date, country and sign of quantity.
"""

import sys

import polars as pl

SCHEMA = {
    "order_id": pl.Int32,
    "order_date": pl.String,
    "customer_id": pl.Int32,
    "product": pl.Categorical,
    "quantity": pl.Int32,
    "unit_price": pl.Float64,
    "country": pl.Categorical,
}
COLUMNS = [
    "customer_id", "first_order", "last_order", "recency_days", "tenure_days", "orders", "order_lines", "items",
    "revenue", "refunds", "average_order_value", "median_order_value", "largest_order", "mean_days_between_orders",
    "cv_days_between_orders", "last_gap_days", "distinct_products", "country", "r_score", "f_score", "m_score",
]  # fmt: skip


def score(column: pl.Expr) -> pl.Expr:
    """Score from 1 to 5 by the share of customers that are worse."""
    return 5 * (column.rank("min").cast(pl.Int64) - 1) // pl.len() + 1


day, amount, gap, line_count = pl.col("day"), pl.col("amount"), pl.col("gap"), pl.col("lines")
customer_id, is_purchase = pl.col("customer_id"), pl.col("is_purchase")
first, last, orders, revenue = pl.col("first_order"), pl.col("last_order"), pl.col("orders"), pl.col("revenue")

lines = pl.scan_csv(sys.argv[1], schema=SCHEMA)
by_order, products = (
    frame.lazy()
    for frame in pl.collect_all(
        [
            lines.group_by("customer_id", "order_id")
            .agg(
                day=pl.col("order_date").first(),
                is_purchase=pl.col("quantity").first() > 0,
                lines=pl.len().cast(pl.Int64),
                items=pl.col("quantity").sum().cast(pl.Int64),
                amount=(pl.col("quantity") * pl.col("unit_price")).sum().round(2),
                country=pl.col("country").first(),
            )
            .with_columns(day.str.head(10).str.to_date("%Y-%m-%d")),
            lines.filter(pl.col("quantity") > 0)
            .group_by("customer_id")
            .agg(distinct_products=pl.col("product").n_unique()),
        ],
        engine="streaming",
    )
)
purchases = by_order.filter(is_purchase)
countries = (
    purchases.group_by("customer_id", "country")
    .agg(line_count.sum())
    .group_by("customer_id")
    .agg(pl.col("country").filter(line_count == line_count.max()).cast(pl.String).min())
)
gaps = (
    purchases.sort("customer_id", "day")
    .select("customer_id", gap=pl.when(customer_id == customer_id.shift()).then((day - day.shift()).dt.total_days()))
    .group_by("customer_id")
    .agg(last_gap_days=gap.last(), variation=pl.when(gap.sum() > 0).then(gap.std() / gap.mean()))
)
as_of = last.max() + pl.duration(days=1)
(
    by_order.group_by("customer_id")
    .agg(
        first_order=day.filter(is_purchase).min(),
        last_order=day.filter(is_purchase).max(),
        orders=is_purchase.sum().cast(pl.Int64),
        order_lines=line_count.filter(is_purchase).sum(),
        items=pl.col("items").filter(is_purchase).sum(),
        revenue=amount.sum().round(2),
        refunds=(0.0 - amount.filter(~is_purchase).sum()).round(2),
        median_order_value=amount.filter(is_purchase).median().round(6),
        largest_order=amount.filter(is_purchase).max(),
    )
    .filter(orders > 0)
    .join(gaps, on="customer_id")
    .join(products, on="customer_id")
    .join(countries, on="customer_id")
    .with_columns(
        recency_days=(as_of - last).dt.total_days(),
        tenure_days=(as_of - first).dt.total_days(),
        average_order_value=(revenue / orders).round(6),
        mean_days_between_orders=pl.when(orders > 1).then(((last - first).dt.total_days() / (orders - 1)).round(6)),
        cv_days_between_orders=pl.col("variation").round(6),
    )
    .with_columns(r_score=score(-pl.col("recency_days")), f_score=score(orders), m_score=score(revenue))
    .sort("customer_id")
    .select(COLUMNS)
    .sink_csv(sys.argv[2], engine="streaming")
)
