"""Behavioural: full-price and discount buyers, and the response of products to their price."""

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.section import Section
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW, LINE_MONEY
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import (
    BaseResult,
    _price_response,
    append_unknown,
    assign_bands,
    require_column,
    to_floats,
)

SOURCE = (
    "deal proneness as the share of purchases made on a deal (Webster, Journal of Marketing Research, 1965); own-price "
    "response = slope of log units on log price (constant elasticity), by week"
)
NEEDS = f"{columns.DISCOUNT_SHARE}; an order export for revenue at discount and price response"
ADDS = ("price_behaviour_revenue_share",)
ORDER = ("full price", "now and then on discount", "mostly on discount")


class Options(Section):
    """Discount column, thresholds of the classes, and what a price response needs."""

    of: str = Field(columns.DISCOUNT_SHARE, description="Column with the share of purchases on discount, from 0 to 1.")
    by_revenue: bool = Field(
        default=False,
        description="Classify by the share of revenue at discount instead, from the order lines.",
    )
    some: float = Field(0.1, gt=0, lt=1, description="Share from which a customer buys now and then on discount.")
    most: float = Field(0.5, gt=0, le=1, description="Share from which a customer buys mostly on discount.")
    products: int = Field(
        10, ge=0, description="Number of products with a price response, by revenue. 0 leaves the table out."
    )
    minimum_weeks: int = Field(12, ge=3, description="Weeks with sales of a product that a price response needs.")
    minimum_variation: float = Field(
        0.05,
        gt=0,
        description="Variation of the price that a price response needs: standard deviation of its logarithm.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign a class by the share of the customer's order lines with a discount.

    From order lines, also report each customer's share of revenue at discount, and the response of products to their
    price: by how many per cent units differ between weeks in which the price differs by one per cent.
    """
    revenue_shares = _measure_revenue_shares(customers)
    if not options.by_revenue:
        shares = to_floats(require_column(customers, options.of))
    elif revenue_shares is not None:
        shares = revenue_shares
    else:
        raise InputProblem(
            "no order lines with discounts",
            source=customers.input_reports[0].input.name,
            remedy="use an order export with a column of discounts, or remove the option by_revenue",
        )
    labels = assign_bands(shares, [options.some, options.most], ORDER)
    response = _tabulate_response(customers, options)
    notes = () if response is None else (_describe_response(response),)
    return BaseResult(
        labels,
        append_unknown(ORDER, labels),
        notes,
        scores=None
        if revenue_shares is None
        else pd.DataFrame({ADDS[0]: revenue_shares.round(6)}, index=customers.table.index),
        tables={} if response is None else {message("Own-price response"): response},
    )


def _measure_revenue_shares(customers: Customers) -> FloatArray | None:
    """Return the share of each customer's revenue from lines with a discount; None without such order lines."""
    transactions = customers.transactions
    if transactions is None or not transactions.has_money or columns.DISCOUNTED not in transactions.lines:
        return None
    lines = order_history.list_purchase_lines(customers)
    rows, money, count = lines[CUSTOMER_ROW].to_numpy(), lines[LINE_MONEY].to_numpy(), len(customers.table)
    is_discounted = lines[columns.DISCOUNTED].to_numpy(dtype=bool)
    total = np.bincount(rows, weights=money, minlength=count)
    discounted = np.bincount(rows[is_discounted], weights=money[is_discounted], minlength=count)
    return np.where(total > 0, discounted / np.where(total > 0, total, 1), np.nan)


def _tabulate_response(customers: Customers, options: Options) -> pd.DataFrame | None:
    """Return the price response of products; None if the order lines have no products, quantities or money."""
    transactions = customers.transactions
    if transactions is None or not transactions.has_money or not options.products:
        return None
    if not {columns.PRODUCT, columns.QUANTITY} <= set(transactions.lines):
        return None
    return _price_response.measure_price_response(
        order_history.list_purchase_lines(customers), options.products, options.minimum_weeks, options.minimum_variation
    )


def _describe_response(response: pd.DataFrame) -> str:
    count = int(response["price_response"].notna().sum())
    if not count:
        return message("own-price response is not identifiable: prices vary too little, or too few weeks have sales")
    return message(
        "own-price response: known for {count} of {total} products; weeks differ in more than the price, so that the "
        "slope is an association, not the effect of a price change",
        count=count,
        total=len(response),
    )
