"""Read and subtract discounts from a separate column: per line or per order, as an amount, percentage or fraction."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from segcli import columns
from segcli.ingest import money, number_parsing
from segcli.ingest.order_export import OrderExport

_Amounts = npt.NDArray[np.float64]
DiscountKind = Literal["line", "order", "percent", "fraction"]
HUNDRED_PERCENT = 100.0


@dataclass(frozen=True)
class Discounts:
    """Absolute value of each line's discount, 0 if blank; `is_percent` if the file marks them as percentages."""

    values: _Amounts
    is_percent: bool


@dataclass(frozen=True)
class AmountFactors:
    """Numbers from which line amounts are computed; `None` if the export lacks the column."""

    amount: _Amounts | None
    quantity: _Amounts | None
    price: _Amounts | None
    discounts: Discounts | None

    @property
    def product(self) -> _Amounts | None:
        """Quantity x unit price; the unit price if there is no quantity."""
        if self.price is None or self.quantity is None:
            return self.price
        with np.errstate(over="ignore"):  # infinite amounts are rejected later
            return self.price * self.quantity


def read_factors(export: OrderExport) -> AmountFactors:
    """Read the number columns from which line amounts are computed."""
    amount, quantity, price = (
        export.read_numbers(name) for name in (columns.AMOUNT, columns.QUANTITY, columns.UNIT_PRICE)
    )
    return AmountFactors(amount, quantity, price, read_discounts(export))


def compute_line_amounts(export: OrderExport, factors: AmountFactors) -> _Amounts | None:
    """Return the given amount of each line, or else quantity x unit price, less the discounts declared by the source.

    Amounts of returns may lack their sign here; amounts above the capacity of integer units are NaN.
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
    """Read the discount column, if the export has one."""
    name = export.mapping.columns.get(columns.DISCOUNT)
    if name is None:
        return None
    column = export.raw_table.encode_column(name).without_outer_blanks
    has_signs = bool(pc.any(pc.ends_with(column.categories, "%")).as_py())
    if not has_signs:
        values = export.read_numbers(columns.DISCOUNT, blank=0.0)
    else:
        values = number_parsing.read_numbers(
            column.map_texts(lambda texts: pc.utf8_rtrim(texts, "% \u00a0")), export.source
        ).values
    assert values is not None
    absolute_values = np.abs(np.nan_to_num(values))
    return Discounts(absolute_values, has_signs or is_percent_name(name))


def subtract_discounts(
    export: OrderExport, amounts: _Amounts, discounts: Discounts, discount_kind: DiscountKind
) -> _Amounts:
    """Subtract discounts from line amounts; a discount is capped at the amount of its line.

    Args:
        export: order export; its order ids assign discounts if `discount_kind` is order.
        amounts: amount of each line before discounts, negative on returns.
        discounts: discount of each line.
        discount_kind: meaning of the discounts.
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
    """Count the multi-line orders with the same discount on all lines, and those with different discounts."""
    orders = encode_orders(export)
    if orders is None or not row_mask.any():
        return 0, 0
    has_discount = np.isin(orders, orders[row_mask])
    by_order = pd.DataFrame({"order": orders[has_discount], "size": discount_values[has_discount]}).groupby("order")[
        "size"
    ]
    distinct = by_order.nunique()[by_order.size() > 1]
    return int((distinct == 1).sum()), int((distinct > 1).sum())


def is_percent_name(name: str) -> bool:
    """Return whether the name of a column says that its numbers are percentages."""
    return "%" in name or any(word in name.casefold() for word in ("percent", "pct", "prozent", "процент", "porcent"))


def encode_orders(export: OrderExport) -> npt.NDArray[np.int32] | None:
    """Return integer codes of the orders, equal on all lines of an order; None without order ids."""
    orders = export.get_order_ids()
    return None if orders is None else np.asarray(pc.dictionary_encode(orders.take_rows()).indices)


def _allocate_order_discounts(export: OrderExport, absolute_amounts: _Amounts, order_discounts: _Amounts) -> _Amounts:
    """Allocate each order's discount to its lines: the first lines bear it, up to their amounts."""
    orders = encode_orders(export)
    if orders is None:
        return order_discounts
    lines = pd.DataFrame({"order": orders, "size": np.nan_to_num(absolute_amounts), "off": order_discounts})
    by_order = lines.groupby("order", sort=False)
    preceding = by_order["size"].cumsum() - lines["size"]
    remaining = by_order["off"].transform("max") - preceding
    return np.asarray(remaining.clip(lower=0.0, upper=lines["size"]), dtype=np.float64)
