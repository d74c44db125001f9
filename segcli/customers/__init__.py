"""Transactions -> one row per customer, joined with who they are and what they answered."""

from segcli.customers.read import read

__all__ = ["read"]
