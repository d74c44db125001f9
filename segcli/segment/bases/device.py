"""Technographic: device of a customer."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult
from segcli.segment.bases._column_values import Options, segments_from_column

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the device on most of a customer's order lines, or in the customer file"
NEEDS = "top_device or device"
ADDS = ()


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's device."""
    return segments_from_column(customers, (columns.TOP_PREFIX + columns.DEVICE, columns.DEVICE), options)
