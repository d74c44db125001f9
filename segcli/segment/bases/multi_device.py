"""Technographic: customers who order from one kind of device, or from several."""

import numpy as np

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, column, numbers, with_unknown

SOURCE = "the number of different devices on a customer's order lines; blanks are no device"
NEEDS = c.DISTINCT_DEVICES
ADDS = ()
ORDER = ("one device", "several devices")


class Options(Section):
    """None."""


def decide(customers: Customers, options: Options) -> Decided:  # noqa: ARG001 - every base takes options
    """Whether a customer has more than one device; nobody knows it where no line names any."""
    count = numbers(column(customers, c.DISTINCT_DEVICES))
    labels = banded(np.where(count > 0, count, np.nan), [2], ORDER)
    return Decided(labels, with_unknown(ORDER, labels))
