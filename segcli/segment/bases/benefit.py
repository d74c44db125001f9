"""Needs: the benefit a customer seeks, by the share of what they buy, or rate, that goes to it."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.customers import history
from segcli.customers.history import CUSTOMER
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers, with_unknown

SOURCE = "Haley, Benefit segmentation (Journal of Marketing, 1968); largest share with a minimum of support"
NEEDS = "columns of one's own, or an order export with categories"
ADDS = ("benefit_share",)
MIXED = "mixed"

Matrix = npt.NDArray[np.float64]


class Options(Section):
    """Which columns stand for which benefit."""

    columns: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Columns (spending, answers) of each benefit; default: money by category of the orders.",
    )
    minimum: float = Field(0.3, ge=0, le=1, description="Share of the customer's total that a benefit must have.")
    relative: bool = Field(
        default=False,
        description="Whether shares are compared with those of all customers: what stands out, not what is large.",
    )


def decide(customers: Customers, options: Options) -> Decided:
    """The benefit with each customer's largest share, if it is large enough; else mixed."""
    names, values = _asked(customers, options) if options.columns else _by_category(customers)
    values = np.where(values > 0, values, 0.0)
    totals = values.sum(axis=1, keepdims=True)
    shares = np.divide(values, totals, out=np.zeros_like(values), where=totals > 0)
    base = values.sum(axis=0) / max(values.sum(), 1e-300)
    ranked = np.divide(shares, base, out=np.zeros_like(shares), where=base > 0) if options.relative else shares
    best = ranked.argmax(axis=1)
    share = shares[np.arange(len(shares)), best]
    labels = np.where(share >= options.minimum, np.array(names, dtype=object)[best], MIXED)
    labels = np.where(totals[:, 0] > 0, labels, UNKNOWN).astype(object)
    order = [*(name for name in names if (labels == name).any()), *([MIXED] if (labels == MIXED).any() else [])]
    sought = pd.DataFrame(
        {"benefit": names, c.CUSTOMERS: [int((labels == name).sum()) for name in names], "share_of_base": base}
    )
    added = customers.table[[]].assign(benefit_share=np.where(totals[:, 0] > 0, share, np.nan).round(6))
    return Decided(labels, with_unknown(order, labels), scores=added, tables={"Benefits": sought})


def _asked(customers: Customers, options: Options) -> tuple[list[str], Matrix]:
    """What the user's columns hold for each benefit, nothing where they are blank."""
    sums = [
        np.sum([np.nan_to_num(numbers(column(customers, name))) for name in listed], axis=0)
        for listed in options.columns.values()
    ]
    return list(options.columns), np.column_stack(sums)


def _by_category(customers: Customers) -> tuple[list[str], Matrix]:
    """Money by category; lines without one count for none."""
    bought = history.lines(customers)
    if c.CATEGORY not in bought:
        raise InputProblem(
            "there is no column of categories",
            source=customers.readings[0].input.name,
            remedy="Name columns: {BENEFIT: [...]}",
        )
    bought = bought[bought[c.CATEGORY].astype("str") != ""]
    money = bought.pivot_table(
        index=CUSTOMER, columns=bought[c.CATEGORY].astype("str"), values=history.MONEY, aggfunc="sum", fill_value=0.0
    )
    money = money.reindex(range(len(customers.table)), fill_value=0.0)
    return [str(name) for name in money.columns], money.to_numpy(dtype=np.float64)
