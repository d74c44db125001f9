"""Technographic: the device a customer uses."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the device on most of a customer's order lines, or the customer file's"
NEEDS = "top_device or device"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's device."""
    return given(customers, (c.TOP + c.DEVICE, c.DEVICE), options)
