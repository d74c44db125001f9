"""Demographic: the gender a customer states."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the customer file's own words"
NEEDS = c.GENDER
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's gender."""
    return given(customers, (c.GENDER,), options)
