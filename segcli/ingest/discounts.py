"""Discounts that stand beside prices: per line or per order, absolute, in percent or as a fraction."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from segcli import columns
from segcli.ingest import money, numbers
from segcli.ingest.export import OrderExport

_Amounts = npt.NDArray[np.float64]
DiscountKind = Literal["line", "order", "percent", "fraction"]
HUNDRED_PERCENT = 100.0


@dataclass(frozen=True)
class Discounts:
    """The discount of each line as written, without its sign, 0 where there is none; `is_percent` if that is said."""

    values: _Amounts
    is_percent: bool


@dataclass(frozen=True)
class AmountFactors:
    """The numbers that the money of lines is made of; `None` is a column that the export does not have."""

    amount: _Amounts | None
    quantity: _Amounts | None
    price: _Amounts | None
    discounts: Discounts | None

    @property
    def product(self) -> _Amounts | None:
        """Quantity x unit price; the unit price where there is no quantity."""
        if self.price is None or self.quantity is None:
            return self.price
        with np.errstate(over="ignore"):  # infinite amounts are no amounts, and rejected as such
            return self.price * self.quantity


def read_factors(export: OrderExport) -> AmountFactors:
    """Read the columns of numbers from which the money of lines is computed."""
    amount, quantity, price = (
        export.read_numbers(name) for name in (columns.AMOUNT, columns.QUANTITY, columns.UNIT_PRICE)
    )
    return AmountFactors(amount, quantity, price, read_discounts(export))


def compute_line_amounts(export: OrderExport, factors: AmountFactors) -> _Amounts | None:
    """Return the amount of each line as given, or else quantity x unit price, less the discounts that the source names.

    Amounts of returns may lack their sign here; amounts beyond what whole units can count are NaN.
    """
    amounts = factors.product if factors.amount is None else factors.amount
    if amounts is None:
        return None
    kind = export.source.discount
    if factors.discounts is not None and kind is not None and kind != "none":
        amounts = subtract_discounts(export, amounts, factors.discounts, kind)
    if np.nanmax(np.abs(amounts), initial=0.0) >= money.UNIT_CAPACITY:
        amounts = np.where(np.abs(amounts) < money.UNIT_CAPACITY, amounts, np.nan)
    return amounts


def read_discounts(export: OrderExport) -> Discounts | None:
    """Read the column of discounts, if the export has one."""
    name = export.mapping.columns.get(columns.DISCOUNT)
    if name is None:
        return None
    column = export.raw_table.encode_column(name).without_outer_blanks
    has_signs = bool(pc.any(pc.ends_with(column.categories, "%")).as_py())
    if not has_signs:
        values = export.read_numbers(columns.DISCOUNT, blank=0.0)
    else:
        values = numbers.read_numbers(
            column.map_texts(lambda texts: pc.utf8_rtrim(texts, "% \u00a0")), export.source
        ).values
    assert values is not None
    absolute_values = np.abs(np.nan_to_num(values))
    return Discounts(absolute_values, has_signs or _is_percent_name(name))


def subtract_discounts(
    export: OrderExport, amounts: _Amounts, discounts: Discounts, discount_kind: DiscountKind
) -> _Amounts:
    """Return the money of each line after its discount; no discount is larger than the line's money.

    Args:
        export: whose orders share a discount, if `discount_kind` is order.
        amounts: money of each line before discounts, negative on returns.
        discounts: of each line.
        discount_kind: what they are.
    """
    absolute_amounts = np.abs(amounts)
    if discounts.is_percent and discount_kind != "fraction":
        discount_kind = "percent"
    if discount_kind in ("percent", "fraction"):
        deductions = absolute_amounts * discounts.values / (HUNDRED_PERCENT if discount_kind == "percent" else 1.0)
    elif discount_kind == "order":
        deductions = _allocate_order_discounts(export, absolute_amounts, discounts.values)
    else:
        deductions = discounts.values
    return np.sign(amounts) * np.maximum(absolute_amounts - deductions, 0.0)


def count_uniform_orders(
    export: OrderExport, discount_values: _Amounts, row_mask: npt.NDArray[np.bool_]
) -> tuple[int, int]:
    """Count the orders of several lines that have one discount on all of them, and those that have several."""
    orders = encode_orders(export)
    if orders is None or not row_mask.any():
        return 0, 0
    has_discount = np.isin(orders, orders[row_mask])
    by_order = pd.DataFrame({"order": orders[has_discount], "size": discount_values[has_discount]}).groupby("order")[
        "size"
    ]
    distinct = by_order.nunique()[by_order.size() > 1]
    return int((distinct == 1).sum()), int((distinct > 1).sum())


def _is_percent_name(name: str) -> bool:
    return "%" in name or any(word in name.casefold() for word in ("percent", "pct", "prozent", "процент", "porcent"))


def encode_orders(export: OrderExport) -> npt.NDArray[np.int32] | None:
    """Return numbers that are equal on the lines of one order, if the export has order ids."""
    orders = export.get_order_ids()
    return None if orders is None else np.asarray(pc.dictionary_encode(orders.take_rows()).indices)


def _allocate_order_discounts(export: OrderExport, absolute_amounts: _Amounts, order_discounts: _Amounts) -> _Amounts:
    """Return the part of its order's discount that each line bears: the first lines, up to their money."""
    orders = encode_orders(export)
    if orders is None:
        return order_discounts
    lines = pd.DataFrame({"order": orders, "size": np.nan_to_num(absolute_amounts), "off": order_discounts})
    by_order = lines.groupby("order", sort=False)
    preceding = by_order["size"].cumsum() - lines["size"]
    remaining = by_order["off"].transform("max") - preceding
    return np.asarray(remaining.clip(lower=0.0, upper=lines["size"]), dtype=np.float64)
