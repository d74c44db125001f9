"""Technographic: how a customer pays."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the payment on most of a customer's order lines"
NEEDS = "top_payment or payment"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's means of payment."""
    return given(customers, (c.TOP + c.PAYMENT, c.PAYMENT), options)
