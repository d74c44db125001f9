"""Behavioural: whether a customer buys at full price or waits for discounts."""

from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, column, numbers, with_unknown

SOURCE = "deal proneness as the share of purchases made on a deal (Webster, Journal of Marketing Research, 1965)"
NEEDS = c.DISCOUNT_SHARE
ADDS = ()
ORDER = ("full price", "now and then on discount", "mostly on discount")


class Options(Section):
    """Where classes begin."""

    of: str = Field(c.DISCOUNT_SHARE, description="Column with the share of purchases made on discount, 0 to 1.")
    some: float = Field(0.1, gt=0, lt=1, description="Share from which a customer buys on discount now and then.")
    most: float = Field(0.5, gt=0, le=1, description="Share from which a customer mostly buys on discount.")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's class, by the share of order lines that had money off."""
    labels = banded(numbers(column(customers, options.of)), [options.some, options.most], ORDER)
    return Decided(labels, with_unknown(ORDER, labels))
