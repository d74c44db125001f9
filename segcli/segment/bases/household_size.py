"""Demographic: number of people in a customer's household, including the customer."""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, assign_bands, require_column, to_floats
from segcli.segment.bases._words import COUPLE_STATUSES, read_words

SOURCE = "the count in the customer file, or 1 + partner (by marital status) + children"
NEEDS = f"{columns.HOUSEHOLD_SIZE}, or {columns.MARITAL_STATUS} and {columns.CHILDREN}"
ADDS = ()


class Options(Section):
    """Largest separate size, and the marital statuses of couples."""

    largest: int = Field(5, ge=2, le=20, description="Largest size. Larger households join this segment.")
    couple: list[str] = Field(list(COUPLE_STATUSES), description="Marital statuses of couples.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's household size. Sizes of 0 and fractions are unknown."""
    household_sizes = _household_sizes(customers, options)
    with np.errstate(invalid="ignore"):
        is_impossible = (household_sizes < 1) | (household_sizes % 1 != 0)
    order = [*map(str, range(1, options.largest)), f"{options.largest} and more"]
    labels = assign_bands(np.where(is_impossible, np.nan, household_sizes), range(2, options.largest + 1), order)
    count = int((is_impossible & ~np.isnan(household_sizes)).sum())
    warning = message("impossible household sizes: {count}; counted as {label}", count=count, label=UNKNOWN)
    return BaseResult(labels, append_unknown(order, labels), warnings=(warning,) * bool(count))


def _household_sizes(customers: Customers, options: Options) -> npt.NDArray[np.float64]:
    if columns.HOUSEHOLD_SIZE in customers.table or columns.CHILDREN not in customers.table:
        return to_floats(require_column(customers, columns.HOUSEHOLD_SIZE))
    require_column(customers, columns.MARITAL_STATUS)
    marital_status = read_words(customers, columns.MARITAL_STATUS)
    has_partner = np.isin(marital_status, [word.casefold() for word in options.couple]).astype(np.float64)
    household_sizes: npt.NDArray[np.float64] = (
        1 + np.where(marital_status == "", np.nan, has_partner) + to_floats(customers.table[columns.CHILDREN])
    )
    return household_sizes
