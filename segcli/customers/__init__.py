"""Transactions -> one row per customer, joined with who they are and what they answered."""

from segcli.customers.read import load_customers

__all__ = ["load_customers"]
