"""Technographic: the operating system a customer uses."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the operating system on most of a customer's order lines, or the customer file's"
NEEDS = f"{c.TOP + c.OS} or {c.OS}"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's operating system."""
    return given(customers, (c.TOP + c.OS, c.OS), options)
