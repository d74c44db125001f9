"""Demographic: what a customer does for a living."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the customer file's own classes"
NEEDS = "occupation"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's occupation."""
    return given(customers, (c.OCCUPATION,), options)
