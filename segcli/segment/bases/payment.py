"""Technographic: payment method of a customer."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult
from segcli.segment.bases._column_values import Options, segments_from_column

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the payment on most of a customer's order lines"
NEEDS = "top_payment or payment"
ADDS = ()


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's payment method."""
    return segments_from_column(customers, (columns.TOP_PREFIX + columns.PAYMENT, columns.PAYMENT), options)
