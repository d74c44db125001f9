"""Behavioural: full-price and discount buyers."""

from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import BaseResult, append_unknown, assign_bands, require_column, to_floats

SOURCE = "deal proneness as the share of purchases made on a deal (Webster, Journal of Marketing Research, 1965)"
NEEDS = columns.DISCOUNT_SHARE
ADDS = ()
ORDER = ("full price", "now and then on discount", "mostly on discount")


class Options(Section):
    """Discount column, and thresholds of the classes."""

    of: str = Field(columns.DISCOUNT_SHARE, description="Column with the share of purchases on discount, from 0 to 1.")
    some: float = Field(0.1, gt=0, lt=1, description="Share from which a customer buys now and then on discount.")
    most: float = Field(0.5, gt=0, le=1, description="Share from which a customer buys mostly on discount.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign a class by the share of the customer's order lines with a discount."""
    labels = assign_bands(to_floats(require_column(customers, options.of)), [options.some, options.most], ORDER)
    return BaseResult(labels, append_unknown(ORDER, labels))
