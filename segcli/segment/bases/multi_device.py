"""Technographic: customers who order from one device type, or from several."""

import numpy as np

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import BaseResult, append_unknown, assign_bands, require_column, to_floats

SOURCE = "the number of distinct devices on a customer's order lines; blanks are ignored"
NEEDS = columns.DISTINCT_DEVICES
ADDS = ()
ORDER = ("one device", "several devices")


class Options(Section):
    """No options."""


def assign_segments(customers: Customers, options: Options) -> BaseResult:  # noqa: ARG001 - every base takes options
    """Assign one device or several devices. Customers without device data are unknown."""
    device_counts = to_floats(require_column(customers, columns.DISTINCT_DEVICES))
    labels = assign_bands(np.where(device_counts > 0, device_counts, np.nan), [2], ORDER)
    return BaseResult(labels, append_unknown(ORDER, labels))
