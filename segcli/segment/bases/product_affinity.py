"""Behavioural: main product or category of a customer, what is bought together, and the next one to offer."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _affinity, _column_values, require_column
from segcli.segment.experience_metrics import ALL_CUSTOMERS

SOURCE = (
    "the category of most of a customer's order lines; lift of a pair = P(both) / (P(one) P(other)) among customers, "
    "confidence = P(both) / P(one) (Brin et al., SIGMOD 1997); the next item has the highest confidence from an item "
    "that the customer bought, with lift above 1"
)
NEEDS = f"{columns.TOP_PREFIX + columns.CATEGORY} or {columns.CATEGORY}; an order export for pairs and products"
ADDS = ("product_affinity_next",)
SIGNIFICANCE = 0.05


class Options(_column_values.Options):
    """Minimum share of a value, and the product affinity tables to report."""

    level: Literal["category", "product"] = Field(
        "category", description="Segments, pairs and next items by category or by product."
    )
    by: list[str] = Field(
        default_factory=list, description="Segmentations for pairs by segment, for example [rfm_segment]."
    )
    pairs: int = Field(5, ge=0, description="Maximum number of pairs to report, by highest lift. 0: no pairs.")
    minimum_customers: int = Field(20, ge=1, description="Minimum number of buyers of both items of a pair.")
    test_days: int = Field(
        90,
        ge=1,
        description="Days before the as-of day in which the next item is tested: pairs of the time before, beside the "
        "most popular item.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's main category. From order lines, also report pairs, and the next category to offer.

    With `level: product`, do the same by product.
    """
    transactions, item_column = customers.transactions, str(options.level)
    if item_column == columns.PRODUCT:
        if transactions is None or columns.PRODUCT not in transactions.lines:
            raise InputProblem(
                "no order lines with products",
                source=customers.input_reports[0].input.name,
                remedy="use an order export with products, or remove the option level",
            )
        result = _assign_main_product(customers, options)
    else:
        names = (columns.TOP_PREFIX + columns.CATEGORY, columns.CATEGORY)
        result = _column_values.segments_from_column(customers, names, options)
    if transactions is None or item_column not in transactions.lines or not options.pairs:
        return result
    lines = order_history.list_purchase_lines(customers)
    purchases = _affinity.Purchases.from_lines(lines, item_column, len(customers.table), options.minimum_customers)
    by_rules, _ = _affinity.AffinityRules.learn(purchases, options.minimum_customers).find_next_items()
    next_items = pd.Series([*purchases.items, None], dtype="str").iloc[by_rules].set_axis(customers.table.index)
    test = _test_next_items(customers, lines, options)
    return BaseResult(
        result.labels,
        result.segment_order,
        (*result.notes, *_describe_test(test, options)),
        scores=pd.DataFrame({ADDS[0]: next_items}),
        tables=_tabulate(customers, purchases, test, options),
    )


def _assign_main_product(customers: Customers, options: Options) -> BaseResult:
    """Assign the product of most of a customer's order lines; of as many lines, the first in the alphabet."""
    lines = order_history.list_purchase_lines(customers)
    products = lines[columns.PRODUCT].astype("str").rename(columns.PRODUCT)
    counts = products[products != ""].groupby([lines[CUSTOMER_ROW], products], sort=True).size().rename("lines")
    top = counts.reset_index().sort_values("lines", ascending=False, kind="stable").drop_duplicates(CUSTOMER_ROW)
    texts = pd.Series(range(len(customers.table))).map(top.set_index(CUSTOMER_ROW)[columns.PRODUCT])
    ids = customers.table[columns.CUSTOMER_ID].reset_index(drop=True)
    table = pd.DataFrame({columns.CUSTOMER_ID: ids, columns.PRODUCT: texts.astype("str")})
    described = Customers(table, customers.as_of, customers.input_reports)
    return _column_values.segments_from_column(described, (columns.PRODUCT,), options)


def _tabulate(
    customers: Customers, purchases: _affinity.Purchases, test: _affinity.NextItemTest | None, options: Options
) -> Mapping[str, pd.DataFrame]:
    all_customers = pd.Series(ALL_CUSTOMERS, index=customers.table.index)
    tables: dict[str, pd.DataFrame] = {message("Pairs"): _tabulate_pairs(purchases, all_customers, options)}
    for name in options.by:
        title = message("{name} by {column}", name=message("Pairs"), column=name)
        tables[title] = _tabulate_pairs(purchases, require_column(customers, name), options)
    return tables if test is None else {**tables, message("Test of the next item"): test.tabulate()}


def _tabulate_pairs(purchases: _affinity.Purchases, labels: pd.Series, options: Options) -> pd.DataFrame:
    return pd.concat(
        [
            _affinity.tabulate_pairs(
                purchases.select((labels == segment).to_numpy()),
                segment,
                options.level,
                options.minimum_customers,
                options.pairs,
            )
            for segment in sorted(labels.dropna().unique())
        ],
        ignore_index=True,
    )


def _test_next_items(customers: Customers, lines: pd.DataFrame, options: Options) -> _affinity.NextItemTest | None:
    if customers.as_of is None:
        return None
    first_day = np.datetime64(customers.as_of) - np.timedelta64(options.test_days, "D")
    return _affinity.evaluate_next_items(
        lines, options.level, len(customers.table), options.minimum_customers, first_day
    )


def _describe_test(test: _affinity.NextItemTest | None, options: Options) -> Iterator[str]:
    if test is None:
        yield message("the next item cannot be tested: too few customers bought pairs of items before the test")
        return
    values = {
        "days": options.test_days,
        "rules": test.rule_hits / test.customers,
        "popular": test.popular_hits / test.customers,
        "count": test.customers,
    }
    if test.p_value < SIGNIFICANCE and test.only_rules > test.only_popular:
        yield message(
            "next item, tested on the last {days} days: right for {rules:.0%} of {count} customers, the most popular "
            "item for {popular:.0%}; pairs are better",
            **values,
        )
    else:
        yield message(
            "next item, tested on the last {days} days: right for {rules:.0%} of {count} customers, the most popular "
            "item for {popular:.0%}; pairs are not better",
            **values,
        )
