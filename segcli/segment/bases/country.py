"""Geographic: the country a customer lives in."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the customer file's country, or that of most order lines"
NEEDS = "country"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's country."""
    return given(customers, (c.COUNTRY,), options)
