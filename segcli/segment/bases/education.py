"""Demographic: the education a customer has."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the customer file's own levels"
NEEDS = "education"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's education."""
    return given(customers, (c.EDUCATION,), options)
