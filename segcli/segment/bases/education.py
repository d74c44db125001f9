"""Demographic: education level of a customer."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult
from segcli.segment.bases._column_values import Options, segments_from_column

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the levels in the customer file"
NEEDS = "education"
ADDS = ()


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's education level."""
    return segments_from_column(customers, (columns.EDUCATION,), options)
