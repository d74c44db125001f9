"""Realistic order lines to scored customers with pandas: `python pandas_realistic_rfm.py ORDERS.csv CUSTOMERS.csv`.

Returns have negative quantities. They lower revenue but are no orders, and customers with returns only are left out.
Lines are grouped to orders first, by order ids, which are unique.
"""

import sys

import pandas as pd

lines = pd.read_csv(
    sys.argv[1],
    engine="pyarrow",
    usecols=["order_id", "order_date", "customer_id", "quantity", "unit_price"],
    dtype={"order_id": "int32", "customer_id": "int32", "quantity": "int32"},
)
lines["amount"] = lines["quantity"] * lines["unit_price"]
orders = lines.groupby("order_id", sort=False).agg(
    customer_id=("customer_id", "first"),
    day=("order_date", "first"),
    quantity=("quantity", "first"),
    amount=("amount", "sum"),
)
customers = orders[orders["quantity"] > 0].groupby("customer_id").agg(last_order=("day", "max"), orders=("day", "size"))
customers["revenue"] = orders.groupby("customer_id")["amount"].sum().round(2)
last = customers.pop("last_order").dt.normalize()
customers.insert(0, "recency_days", (last.max() - last).dt.days + 1)
better = {"r_score": -customers["recency_days"], "f_score": customers["orders"], "m_score": customers["revenue"]}
for name, values in better.items():
    customers[name] = (5 * (values.rank(method="min") - 1) // len(customers) + 1).astype(int)
customers.to_csv(sys.argv[2])
