"""Demographic: occupation of a customer."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult
from segcli.segment.bases._column_values import Options, segments_from_column

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the classes in the customer file"
NEEDS = "occupation"
ADDS = ()


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's occupation."""
    return segments_from_column(customers, (columns.OCCUPATION,), options)
