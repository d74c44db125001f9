"""Discounts that stand beside prices: per line or per order, absolute, in percent or as a fraction."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from segcli import columns
from segcli.ingest import money, numbers
from segcli.ingest.export import Export

Amounts = npt.NDArray[np.float64]
Kind = Literal["line", "order", "percent", "fraction"]
PERCENT = 100.0


@dataclass(frozen=True)
class Discounts:
    """The discount of each line as written, without its sign, 0 where there is none; `is_percent` if that is said."""

    values: Amounts
    is_percent: bool


@dataclass(frozen=True)
class AmountFactors:
    """The numbers that the money of lines is made of; `None` is a column that the export does not have."""

    amount: Amounts | None
    quantity: Amounts | None
    price: Amounts | None
    discounts: Discounts | None

    @property
    def product(self) -> Amounts | None:
        """Quantity x unit price; the unit price where there is no quantity."""
        if self.price is None or self.quantity is None:
            return self.price
        with np.errstate(over="ignore"):  # infinite amounts are no amounts, and rejected as such
            return self.price * self.quantity


def read_factors(export: Export) -> AmountFactors:
    """Read the columns of numbers from which the money of lines is computed."""
    amount, quantity, price = (export.numbers(name) for name in (columns.AMOUNT, columns.QUANTITY, columns.UNIT_PRICE))
    return AmountFactors(amount, quantity, price, read_discounts(export))


def money_of_lines(export: Export, factors: AmountFactors) -> Amounts | None:
    """Return the amount of each line as given, or else quantity x unit price, less the discounts that the source names.

    Amounts of returns may lack their sign here; amounts beyond what whole units can count are NaN.
    """
    values = factors.product if factors.amount is None else factors.amount
    if values is None:
        return None
    kind = export.source.discount
    if factors.discounts is not None and kind is not None and kind != "none":
        values = subtract_discounts(export, values, factors.discounts, kind)
    if np.nanmax(np.abs(values), initial=0.0) >= money.CAPACITY:
        values = np.where(np.abs(values) < money.CAPACITY, values, np.nan)
    return values


def read_discounts(export: Export) -> Discounts | None:
    """Read the column of discounts, if the export has one."""
    name = export.recognition.columns.get(columns.DISCOUNT)
    if name is None:
        return None
    column = export.cells.coded(name).trimmed
    has_signs = bool(pc.any(pc.ends_with(column.texts, "%")).as_py())
    if not has_signs:
        values = export.numbers(columns.DISCOUNT, blank=0.0)
    else:
        values = numbers.of(column.mapped(lambda texts: pc.utf8_rtrim(texts, "% \u00a0")), export.source).values
    assert values is not None
    sizes = np.abs(np.nan_to_num(values))
    return Discounts(sizes, has_signs or _names_percent(name))


def subtract_discounts(export: Export, values: Amounts, discounts: Discounts, kind: Kind) -> Amounts:
    """Return the money of each line after its discount; no discount is larger than the line's money.

    Args:
        export: whose orders share a discount, if `kind` is order.
        values: money of each line before discounts, negative on returns.
        discounts: of each line.
        kind: what they are.
    """
    sizes = np.abs(values)
    if discounts.is_percent and kind != "fraction":
        kind = "percent"
    if kind in ("percent", "fraction"):
        off = sizes * discounts.values / (PERCENT if kind == "percent" else 1.0)
    elif kind == "order":
        off = _divide_by_order(export, sizes, discounts.values)
    else:
        off = discounts.values
    return np.sign(values) * np.maximum(sizes - off, 0.0)


def count_alike(export: Export, sizes: Amounts, rows: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Count the orders of several lines that have one discount on all of them, and those that have several."""
    orders = order_codes(export)
    if orders is None or not rows.any():
        return 0, 0
    discounted = np.isin(orders, orders[rows])
    by_order = pd.DataFrame({"order": orders[discounted], "size": sizes[discounted]}).groupby("order")["size"]
    distinct = by_order.nunique()[by_order.size() > 1]
    return int((distinct == 1).sum()), int((distinct > 1).sum())


def _names_percent(name: str) -> bool:
    return "%" in name or any(word in name.casefold() for word in ("percent", "pct", "prozent", "процент", "porcent"))


def order_codes(export: Export) -> npt.NDArray[np.int32] | None:
    """Return numbers that are equal on the lines of one order, if the export has order ids."""
    orders = export.order_ids()
    return None if orders is None else np.asarray(pc.dictionary_encode(orders.at_rows()).indices)


def _divide_by_order(export: Export, sizes: Amounts, discounts: Amounts) -> Amounts:
    """Return the part of its order's discount that each line bears: the first lines, up to their money."""
    orders = order_codes(export)
    if orders is None:
        return discounts
    lines = pd.DataFrame({"order": orders, "size": np.nan_to_num(sizes), "off": discounts})
    by_order = lines.groupby("order", sort=False)
    above = by_order["size"].cumsum() - lines["size"]
    left = by_order["off"].transform("max") - above
    return np.asarray(left.clip(lower=0.0, upper=lines["size"]), dtype=np.float64)
