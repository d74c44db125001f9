"""Infer from the data whether amounts are per line or order totals, and whether they include discounts."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray
from segcli.config.ingest import Source
from segcli.formatting import pluralize
from segcli.ingest import money
from segcli.ingest.column_matching import iterate_base_names, normalise_name
from segcli.ingest.discounts import AmountFactors, DiscountKind, count_uniform_orders, subtract_discounts
from segcli.ingest.locales import word_list
from segcli.ingest.notes import DECISIVE_SHARE, Note, format_set_option
from segcli.ingest.order_export import OrderExport

# Cross-check of amounts with quantity x unit price, and detection of discounts
DISCOUNT_KINDS: tuple[DiscountKind, ...] = ("line", "order", "percent", "fraction")
MAX_PERCENT = 100
UNIT_PRICE_TOLERANCE = 0.0051  # rounding error of a unit price, which a quantity multiplies
DISCOUNT_SETTING = "ingest.transactions.discount"
LEAVE_OUT_SETTING = "ingest.transactions.leave_out"

_Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PriceEvidence:
    """Evidence from lines with an amount, a quantity and a unit price, and on discounts that are not subtracted.

    `lines` is the number of such lines; in `matches` of them the amount equals quantity x unit price, with or without a
    discount. `amounts` and `products` are the totals of both, `differences` is the total absolute difference of the
    other lines, all in units. `discounted` lines have a discount that is not subtracted; `largest` is the largest
    discount. `line`, `order`, `percent` and `fraction` are the units that each interpretation subtracts. Of multi-line
    orders with discounts, `alike` have the same discount on all lines and `varied` have different ones. `fractions`
    counts discounts that are not whole numbers.
    """

    lines: int = 0
    matches: int = 0
    amounts: int = 0
    products: int = 0
    differences: int = 0
    discounted: int = 0
    line: int = 0
    order: int = 0
    percent: int = 0
    fraction: int = 0
    alike: int = 0
    varied: int = 0
    fractions: int = 0
    largest: float = 0.0
    is_percent: bool = False

    def __add__(self, other: "PriceEvidence") -> "PriceEvidence":
        counts = {
            counter.name: getattr(self, counter.name) + getattr(other, counter.name) for counter in fields(self)[:-2]
        }
        return PriceEvidence(
            **counts,
            largest=max(self.largest, other.largest),
            is_percent=self.is_percent or other.is_percent,
        )

    @property
    def discount_kind(self) -> DiscountKind:
        """Most likely meaning of the discounts."""
        if self.is_percent:
            return "percent" if self.largest > 1 else "fraction"
        return "fraction" if self.largest < 1 else self._money_kind

    @property
    def alternative_kind(self) -> DiscountKind | None:
        """Other possible meaning: whole numbers below 100 may be unmarked percentages, and fractions may be coins."""
        if self.discount_kind == "fraction" and not self.is_percent:
            return self._money_kind
        may_be_percent = self.discount_kind == self._money_kind and self.largest < MAX_PERCENT and not self.fractions
        return "percent" if may_be_percent else None

    @property
    def _money_kind(self) -> DiscountKind:
        return "order" if self.alike and not self.varied else "line"

    def total_discount(self, discount_kind: DiscountKind) -> int:
        """Return the units that discounts of this meaning subtract."""
        return int(getattr(self, discount_kind))


def gather_price_evidence(
    export: OrderExport, factors: AmountFactors, kept_mask: BoolArray, scale: int
) -> PriceEvidence:
    """Compare amounts with quantity x unit price, and count discounts that are not subtracted.

    Args:
        export: an order export, or a chunk of one.
        factors: numbers of its lines.
        kept_mask: mask of the kept lines.
        scale: units per 1.00.
    """
    product = factors.product
    if product is None or export.source.amount_per == "order":
        return PriceEvidence()
    amount = product if factors.amount is None else factors.amount
    row_mask = kept_mask & ~np.isnan(amount) & ~np.isnan(product)
    tolerance = money.CENT_TOLERANCE + (
        0.0 if factors.quantity is None else UNIT_PRICE_TOLERANCE * np.abs(factors.quantity)
    )
    is_near = np.abs(np.abs(amount) - np.abs(product)) <= tolerance
    evidence = _count_discounts(export, factors, row_mask & is_near, scale)
    if factors.amount is None:
        return evidence
    is_match = is_near
    if factors.discounts is not None:
        for kind in DISCOUNT_KINDS:
            net_amounts = subtract_discounts(export, product, factors.discounts, kind)
            is_match = is_match | (np.abs(np.abs(amount) - np.abs(net_amounts)) <= tolerance)
    differences = np.where(row_mask & ~is_match, np.abs(amount) - np.abs(product), 0.0)
    return replace(
        evidence,
        lines=int(row_mask.sum()),
        matches=int((row_mask & is_match).sum()),
        amounts=_sum_units(amount[row_mask], scale),
        products=_sum_units(product[row_mask], scale),
        differences=_sum_units(np.abs(differences), scale),
    )


def price_notes(evidence: PriceEvidence, file_names: Mapping[str, str], source: Source, scale: int) -> Iterator[Note]:
    """Yield notes on amounts that differ from quantity x unit price, and on discounts that are not subtracted.

    Args:
        evidence: evidence of the file.
        file_names: the file's name of each standard column.
        source: settings of the file.
        scale: units per 1.00.
    """
    differing = evidence.lines - evidence.matches
    if differing > DECISIVE_SHARE * evidence.lines and evidence.differences > DECISIVE_SHARE * abs(evidence.amounts):
        amount = file_names[columns.AMOUNT]
        yield Note(
            f"on {differing:,} of {pluralize(evidence.lines, 'line')} '{amount}' differs from quantity x unit price "
            f"(total {evidence.amounts / scale:,.2f} and {evidence.products / scale:,.2f}); segcli uses '{amount}'; "
            "hint: "
            f"{format_set_option(LEAVE_OUT_SETTING, [*source.leave_out, amount])} uses quantity x unit price",
            evidence.differences / scale,
        )
    if evidence.discounted:
        units = evidence.total_discount(evidence.discount_kind)
        other_kind, other_units, other_option = evidence.alternative_kind, 0, ""
        if other_kind is not None:
            other_units = evidence.total_discount(other_kind)
            other_option = (
                f", {format_set_option(DISCOUNT_SETTING, other_kind)} if it is "
                f"{'in percent' if other_kind == 'percent' else 'money'} ({other_units / scale:,.2f})"
            )
        yield Note(
            f"column '{file_names[columns.DISCOUNT]}' has a discount on {pluralize(evidence.discounted, 'line')} "
            f"({units / scale:,.2f}) that segcli does not subtract; "
            "hint: if prices are before discounts, "
            f"{format_set_option(DISCOUNT_SETTING, evidence.discount_kind)} "
            f"subtracts it{other_option}, otherwise "
            f"{format_set_option(DISCOUNT_SETTING, 'none')} confirms the sum",
            max(units, other_units) / scale,
        )


def _count_discounts(export: OrderExport, factors: AmountFactors, row_mask: BoolArray, scale: int) -> PriceEvidence:
    """Count the discounts on lines whose amount is before discounts."""
    if factors.discounts is None or export.source.discount is not None or factors.product is None:
        return PriceEvidence()
    discounts, product = factors.discounts, factors.product
    row_mask = row_mask & (discounts.values > 0)
    uniform_orders, varied_orders = count_uniform_orders(export, discounts.values, row_mask)
    amounts_by_kind = {kind: subtract_discounts(export, product, discounts, kind) for kind in DISCOUNT_KINDS}
    units_by_kind = {
        kind: _sum_units((np.abs(product) - np.abs(net_amounts))[row_mask], scale)
        for kind, net_amounts in amounts_by_kind.items()
    }
    return PriceEvidence(
        discounted=int(row_mask.sum()),
        alike=uniform_orders,
        varied=varied_orders,
        fractions=int((discounts.values[row_mask] % 1 != 0).sum()),
        largest=float(discounts.values[row_mask].max(initial=0.0)),
        is_percent=discounts.is_percent,
        **units_by_kind,
    )


def _sum_units(amounts: _Amounts, scale: int) -> int:
    return int(money.to_minor_units(amounts, scale).sum())


MIN_UNIFORM_SHARE = 0.95
MIN_PROOF_ORDERS = 3  # multi-line orders needed to trust a column name that means order totals
MAX_LOG_CHANCE = -6.0  # log10 of the probability that lines of one order have equal amounts by chance

AmountMeaning = Literal["line", "order"]
AMOUNT_PER_SETTING = "ingest.transactions.amount_per"


@dataclass(frozen=True)
class OrderTotalEvidence:
    """Evidence from orders with several lines.

    Of `order_count` orders with several amounts, `uniform_orders` have the same amount on all lines; of these, in
    `matching_totals` it equals the sum of quantity x unit price, and in `varied_orders` quantity x unit price differs
    between lines. Of their `priced_lines` lines, `line_matches` equal their own quantity x unit price. `log_chance` is
    log10 of the probability that independent lines are equally uniform. `repeated_money` is the money that is counted
    repeatedly if amounts are totals. `has_identical_lines` is set for few orders only: their lines are equal in every
    column.
    """

    order_count: int
    uniform_orders: int
    matching_totals: int
    varied_orders: int
    priced_lines: int
    line_matches: int
    log_chance: float
    repeated_money: float
    has_identical_lines: bool = False

    def infer_meaning(self, column: str) -> AmountMeaning | None:
        """Infer the meaning of amounts in a column of this name; None if the evidence is inconclusive."""
        if (
            not self.order_count
            or self.uniform_orders < MIN_UNIFORM_SHARE * self.order_count
            or not self.repeated_money
        ):
            return "line"
        if self.priced_lines and self.line_matches > self.priced_lines / 2:
            return "line"
        if is_order_total_name(column) and (self.order_count >= MIN_PROOF_ORDERS or self.matching_totals):
            return "order"
        if self.order_count < MIN_PROOF_ORDERS:
            return (
                "line" if self.has_identical_lines else None
            )  # a customer who bought the same item several times looks the same
        if self.priced_lines and self._is_proof(self.matching_totals):
            return "order"
        # A total may contain shipping or tax; but an amount of a line would vary with its price
        is_possible = not self.priced_lines or self._is_proof(self.varied_orders)
        return "order" if is_possible and self.log_chance < MAX_LOG_CHANCE else None

    def _is_proof(self, orders: int) -> bool:
        return orders >= MIN_PROOF_ORDERS and orders > self.order_count / 2


def is_order_total_name(column: str) -> bool:
    """Return whether a header name means the total of an order, in any language."""
    names = {normalise_name(name) for name in (column, *(name for _, name in iterate_base_names(column)))}
    return not names.isdisjoint(normalise_name(word) for word in word_list("order_totals"))


def gather_order_evidence(
    export: OrderExport, order_codes: npt.NDArray[np.int64], has_order: npt.NDArray[np.bool_]
) -> OrderTotalEvidence:
    """Compare the amounts within each order, and with quantity x unit price.

    Args:
        export: order export with amounts.
        order_codes: integer code of each line's order.
        has_order: mask of the lines with an order id.
    """
    amount = export.read_numbers(columns.AMOUNT)
    assert amount is not None
    lines = pd.DataFrame({"order": order_codes, "amount": amount, "value": _compute_line_products(export)})
    lines = lines[has_order & ~np.isnan(amount)]
    lines_by_order = lines.groupby("order", sort=False)
    sizes = lines_by_order["amount"].transform("size")
    multi_line = lines[sizes > 1]
    if multi_line.empty:
        return OrderTotalEvidence(0, 0, 0, 0, 0, 0, 0.0, 0.0)
    multi_line_groups = multi_line.groupby("order", sort=False)
    orders = multi_line_groups.agg(lines=("amount", "size"), low=("amount", "min"), high=("amount", "max"))
    values_by_order = multi_line_groups["value"]
    orders["value"] = values_by_order.sum(skipna=False)
    is_varied = (values_by_order.max() - values_by_order.min() > money.CENT_TOLERANCE).to_numpy()
    is_uniform = (orders["low"] == orders["high"]).to_numpy()
    has_price = multi_line["value"].notna()
    is_near = _near_mask(multi_line["amount"], multi_line["value"])
    share = lines["amount"].value_counts(normalize=True)
    per_line = math.log10(max(float((share**2).sum()), 1e-9))
    extra_lines = (orders["lines"] - 1).to_numpy()
    return OrderTotalEvidence(
        order_count=len(orders),
        uniform_orders=int(is_uniform.sum()),
        matching_totals=int((is_uniform & _near_mask(orders["low"], orders["value"])).sum()),
        varied_orders=int((is_uniform & is_varied).sum()),
        priced_lines=int(has_price.sum()),
        line_matches=int(is_near.sum()),
        log_chance=per_line * float(extra_lines[is_uniform].sum()),
        repeated_money=float((np.abs(orders["low"].to_numpy()) * extra_lines)[is_uniform].sum()),
        has_identical_lines=len(orders) < MIN_PROOF_ORDERS
        and _are_identical_lines(export, multi_line.index.to_numpy()),
    )


def order_total_notes(evidence: OrderTotalEvidence, column: str, meaning: AmountMeaning | None) -> Iterator[Note]:
    """Yield a note on the inferred meaning, with the setting that overrides it."""
    observation = (
        f"in {evidence.uniform_orders:,} of {evidence.order_count:,} "
        f"orders with several lines '{column}' is the same on each line"
    )
    if meaning == "order":
        yield Note(
            f"{observation}, so segcli counts it once per order, as the order total; hint: "
            f"{format_set_option(AMOUNT_PER_SETTING, 'line')} counts each line",
            evidence.repeated_money,
        )
    elif meaning is None:
        effect = f"({evidence.repeated_money:,.2f} counted more than once)"
        yield Note(
            f"{observation} {effect}; "
            f"hint: if it is the order total, use {format_set_option(AMOUNT_PER_SETTING, 'order')}",
            evidence.repeated_money,
        )


def blank_amount_note(line_count: int, column: str) -> Note:
    """Return a note on orders whose total is on only one of their lines."""
    return Note(
        f"'{column}' is on one line of each order and blank on its other lines ({line_count:,}), "
        f"so segcli reads it as the order total; hint: {format_set_option(AMOUNT_PER_SETTING, 'line')} counts each line"
    )


def _are_identical_lines(export: OrderExport, rows: npt.NDArray[np.intp]) -> bool:
    codes = {name: export.raw_table.encode_column(name).codes[rows] for name in export.raw_table.columns}
    return bool(pd.DataFrame(codes).duplicated(keep=False).all())


def _compute_line_products(export: OrderExport) -> npt.NDArray[np.float64]:
    """Return quantity x unit price of each line; NaN if either is missing."""
    price, quantity = export.read_numbers(columns.UNIT_PRICE), export.read_numbers(columns.QUANTITY)
    if price is None:
        return np.full(export.raw_table.rows, np.nan)
    return price if quantity is None else price * quantity


def _near_mask(order_amounts: pd.Series, products: pd.Series) -> npt.NDArray[np.bool_]:
    return ((order_amounts - products).abs() <= money.CENT_TOLERANCE).to_numpy()
