"""Plain order lines to scored customers with pandas, in its most common form.

python pandas_plain_rfm.py ORDERS.csv CUSTOMERS.csv
"""

import sys

import pandas as pd

lines = pd.read_csv(
    sys.argv[1],
    usecols=["order_id", "order_date", "customer_id", "quantity", "unit_price"],
    dtype={"customer_id": str, "order_id": str},
    parse_dates=["order_date"],
)
lines["amount"] = lines["quantity"] * lines["unit_price"]
customers = lines.groupby("customer_id").agg(
    last_order=("order_date", "max"), orders=("order_id", "nunique"), revenue=("amount", "sum")
)
customers["recency_days"] = (customers["last_order"].max() - customers["last_order"]).dt.days + 1
better = {"r_score": -customers["recency_days"], "f_score": customers["orders"], "m_score": customers["revenue"]}
for name, values in better.items():
    customers[name] = (5 * (values.rank(method="min") - 1) // len(customers) + 1).astype(int)
customers.drop(columns="last_order").to_csv(sys.argv[2])
