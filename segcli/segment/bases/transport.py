"""Behavioural: means of transport of a customer."""

from segcli.model import Customers
from segcli.segment.bases import BaseResult, _column_values
from segcli.segment.bases._column_values import NamedColumnOptions as Options

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the values in the customer file"
NEEDS = "a column with the means of transport, in the customer file"
ADDS = ()


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's means of transport."""
    column = _column_values.find_column(customers, "transport", options.column)
    return _column_values.segments_from_column(customers, (column,), options)
