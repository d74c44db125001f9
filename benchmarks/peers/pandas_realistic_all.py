"""Realistic order lines to customers with all measures: `python pandas_realistic_all.py ORDERS.csv CUSTOMERS.csv`.

Order ids are unique, and all lines of an order have the same date, country and sign of quantity.
"""

import sys

import numpy as np
import pandas as pd

lines = pd.read_csv(
    sys.argv[1],
    engine="pyarrow",
    dtype={
        "order_id": "int32",
        "customer_id": "int32",
        "quantity": "int32",
        "product": "category",
        "country": "category",
    },
)
lines["amount"] = lines["quantity"] * lines["unit_price"]
orders = lines.groupby("order_id", sort=False).agg(
    customer_id=("customer_id", "first"),
    day=("order_date", "first"),
    lines=("quantity", "size"),
    items=("quantity", "sum"),
    amount=("amount", "sum"),
    country=("country", "first"),
)
orders["day"] = orders["day"].dt.normalize()
orders["amount"] = orders["amount"].round(2)
purchases, returns = orders[orders["items"] > 0], orders[orders["items"] < 0]
purchases = purchases.sort_values(["customer_id", "day"])
by_customer = purchases.groupby("customer_id")
customers = by_customer.agg(
    first_order=("day", "first"),
    last_order=("day", "last"),
    orders=("day", "size"),
    order_lines=("lines", "sum"),
    items=("items", "sum"),
    median_order_value=("amount", "median"),
    largest_order=("amount", "max"),
)
first, last, count = customers["first_order"], customers["last_order"], customers["orders"]
as_of = last.max() + pd.Timedelta(days=1)
customers["recency_days"] = (as_of - last).dt.days
customers["tenure_days"] = (as_of - first).dt.days
customers["refunds"] = -returns.groupby("customer_id")["amount"].sum().reindex(customers.index).fillna(0).round(2)
customers["revenue"] = orders.groupby("customer_id")["amount"].sum().round(2)
customers["average_order_value"] = (customers["revenue"] / count).round(6)
customers["median_order_value"] = customers["median_order_value"].round(6)
customers["mean_days_between_orders"] = ((last - first).dt.days / (count - 1).where(count > 1)).round(6)

purchases["gap"] = by_customer["day"].diff().dt.days
gaps = purchases.groupby("customer_id")["gap"]
mean_gap = gaps.mean()
customers["cv_days_between_orders"] = (gaps.std() / mean_gap.where(mean_gap > 0)).round(6)
customers["last_gap_days"] = gaps.nth(-1).to_numpy()

bought = lines.loc[lines["quantity"] > 0, ["customer_id", "product"]]
pairs = bought["customer_id"].to_numpy(np.int64) << 32 | bought["product"].cat.codes.to_numpy()
customers["distinct_products"] = pd.Series(pd.unique(pairs) >> 32).value_counts()
by_country = purchases.groupby(["customer_id", "country"], observed=True)["lines"].sum().reset_index()
by_country["country"] = by_country["country"].astype(str)
by_country = by_country.sort_values(["customer_id", "lines", "country"], ascending=[True, False, True])
customers["country"] = by_country.drop_duplicates("customer_id").set_index("customer_id")["country"]

better = {"r_score": -customers["recency_days"], "f_score": count, "m_score": customers["revenue"]}
for name, values in better.items():
    customers[name] = (5 * (values.rank(method="min") - 1) // len(customers) + 1).astype(int)
customers.to_csv(sys.argv[2])
