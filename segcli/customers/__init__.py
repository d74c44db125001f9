"""Read transactions into one row per customer, joined with customer attributes and survey answers."""

from segcli.customers.load import load_customers

__all__ = ["load_customers"]
