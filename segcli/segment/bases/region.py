"""Geographic: the region a customer lives in."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the customer file's region, or that of most order lines"
NEEDS = "region"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's region."""
    return given(customers, (c.REGION,), options)
