"""Demographic: the education a customer has."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult
from segcli.segment.bases._column_values import Options, segments_from_column

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the customer file's own levels"
NEEDS = "education"
ADDS = ()


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Each customer's education."""
    return segments_from_column(customers, (columns.EDUCATION,), options)
