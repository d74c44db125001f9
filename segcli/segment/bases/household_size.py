"""Demographic: how many people a customer lives with, the customer included."""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, column, numbers, with_unknown
from segcli.segment.bases._words import COUPLE, words

SOURCE = "the customer file's count, or 1 + a partner (by marital status) + children"
NEEDS = f"{c.HOUSEHOLD_SIZE}, or {c.MARITAL_STATUS} and {c.CHILDREN}"
ADDS = ()


class Options(Section):
    """Which sizes are told apart, and who lives as a couple."""

    largest: int = Field(5, ge=2, le=20, description="Size from which households count as one segment.")
    couple: list[str] = Field(list(COUPLE), description="Marital statuses of people who live as a couple.")


def decide(customers: Customers, options: Options) -> Decided:
    """The size of each customer's household; 0 and fractions are nobody's."""
    sizes = _sizes(customers, options)
    with np.errstate(invalid="ignore"):
        odd = (sizes < 1) | (sizes % 1 != 0)
    order = [*map(str, range(1, options.largest)), f"{options.largest} and more"]
    labels = banded(np.where(odd, np.nan, sizes), range(2, options.largest + 1), order)
    count = int((odd & ~np.isnan(sizes)).sum())
    warning = f"household sizes that cannot be: {count:,}; they count as unknown"
    return Decided(labels, with_unknown(order, labels), warnings=(warning,) * bool(count))


def _sizes(customers: Customers, options: Options) -> npt.NDArray[np.float64]:
    if c.HOUSEHOLD_SIZE in customers.table or c.CHILDREN not in customers.table:
        return numbers(column(customers, c.HOUSEHOLD_SIZE))
    column(customers, c.MARITAL_STATUS)
    status = words(customers, c.MARITAL_STATUS)
    partner = np.isin(status, [word.casefold() for word in options.couple]).astype(np.float64)
    sizes: npt.NDArray[np.float64] = 1 + np.where(status == "", np.nan, partner) + numbers(customers.table[c.CHILDREN])
    return sizes
