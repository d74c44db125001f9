"""Behavioural: where a customer buys."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.bases._given import Options, given

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "the channel of most of a customer's order lines"
NEEDS = "top_channel or channel"
ADDS = ()


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's channel."""
    return given(customers, (c.TOP + c.CHANNEL, c.CHANNEL), options)
