"""Whether the amount on each line is the line's own or the total of its order, by the evidence of the file itself."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.ingest import money
from segcli.ingest.export import OrderExport
from segcli.ingest.languages import word_list
from segcli.ingest.notes import Note, format_set_option
from segcli.ingest.recognise import normalise_name

MIN_UNIFORM_SHARE = 0.95
MIN_PROOF_ORDERS = 3  # of several lines from which a header that names order totals is believed
MAX_LOG_CHANCE = -6.0  # log10 of the chance that lines of one order have equal amounts by accident

AmountMeaning = Literal["line", "order"]
AMOUNT_PER_SETTING = "ingest.transactions.amount_per"


@dataclass(frozen=True)
class OrderTotalEvidence:
    """What orders of several lines show.

    Of `order_count` with several amounts, `uniform_orders` have one amount on all lines, and of these `matching_totals`
    equal the sum of quantity x unit price. Of their `priced_lines` lines, `line_matches` equal their own quantity x
    unit price. `log_chance` is log10 of the chance that independent lines are so alike. `repeated_money` is the money
    that counts more than once if amounts are totals. `has_identical_lines` tells of a few orders that their lines are
    equal in every column.
    """

    order_count: int
    uniform_orders: int
    matching_totals: int
    priced_lines: int
    line_matches: int
    log_chance: float
    repeated_money: float
    has_identical_lines: bool = False

    def infer_meaning(self, column: str) -> AmountMeaning | None:
        """Decide what an amount in a column of this name is; None where lines look alike and nothing is proved."""
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
            )  # a customer who bought the same thing twice looks no different
        if self.priced_lines:
            return (
                "order"
                if self.matching_totals >= MIN_PROOF_ORDERS and self.matching_totals > self.order_count / 2
                else None
            )
        return "order" if self.log_chance < MAX_LOG_CHANCE else None


def is_order_total_name(column: str) -> bool:
    """Tell whether a header name means the total of an order, in any language."""
    return normalise_name(column) in {normalise_name(word) for word in word_list("order_totals")}


def gather_order_evidence(
    export: OrderExport, order_codes: npt.NDArray[np.int64], has_order: npt.NDArray[np.bool_]
) -> OrderTotalEvidence:
    """Compare the amounts of each order with each other, and with quantity x unit price.

    Args:
        export: with amounts.
        order_codes: a number for each line's order.
        has_order: which lines name one.
    """
    amount = export.read_numbers(columns.AMOUNT)
    assert amount is not None
    lines = pd.DataFrame({"order": order_codes, "amount": amount, "value": _compute_line_products(export)})
    lines = lines[has_order & ~np.isnan(amount)]
    lines_by_order = lines.groupby("order", sort=False)
    sizes = lines_by_order["amount"].transform("size")
    multi_line = lines[sizes > 1]
    if multi_line.empty:
        return OrderTotalEvidence(0, 0, 0, 0, 0, 0.0, 0.0)
    orders = multi_line.groupby("order", sort=False).agg(
        lines=("amount", "size"), low=("amount", "min"), high=("amount", "max"), value=("value", _strict_sum)
    )
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
        priced_lines=int(has_price.sum()),
        line_matches=int(is_near.sum()),
        log_chance=per_line * float(extra_lines[is_uniform].sum()),
        repeated_money=float((np.abs(orders["low"].to_numpy()) * extra_lines)[is_uniform].sum()),
        has_identical_lines=len(orders) < MIN_PROOF_ORDERS
        and _are_identical_lines(export, multi_line.index.to_numpy()),
    )


def order_total_notes(evidence: OrderTotalEvidence, column: str, meaning: AmountMeaning | None) -> Iterator[Note]:
    """Say what was decided, and the setting that decides otherwise."""
    observation = (
        f"in {evidence.uniform_orders:,} of {evidence.order_count:,} "
        f"orders of several lines '{column}' is the same on each line"
    )
    if meaning == "order":
        yield Note(
            f"{observation}: it is read as the order's total, once per order; "
            f"{format_set_option(AMOUNT_PER_SETTING, 'line')} counts each line",
            evidence.repeated_money,
        )
    elif meaning is None:
        effect = f"(now {evidence.repeated_money:,.2f} counts more than once)"
        yield Note(
            f"{observation}; if it is the order's total, say {format_set_option(AMOUNT_PER_SETTING, 'order')} {effect}",
            evidence.repeated_money,
        )


def blank_amount_note(line_count: int, column: str) -> Note:
    """Return a note on orders whose total stands on one of their lines only."""
    return Note(
        f"'{column}' is on one line of each order and blank on its other lines ({line_count:,}): "
        f"it is read as the order's total; {format_set_option(AMOUNT_PER_SETTING, 'line')} counts each line"
    )


def _are_identical_lines(export: OrderExport, rows: npt.NDArray[np.intp]) -> bool:
    codes = {name: export.raw_table.encode_column(name).codes[rows] for name in export.raw_table.columns}
    return bool(pd.DataFrame(codes).duplicated(keep=False).all())


def _compute_line_products(export: OrderExport) -> npt.NDArray[np.float64]:
    """Return quantity x unit price of each line, NaN where either is missing."""
    price, quantity = export.read_numbers(columns.UNIT_PRICE), export.read_numbers(columns.QUANTITY)
    if price is None:
        return np.full(export.raw_table.rows, np.nan)
    return price if quantity is None else price * quantity


def _strict_sum(products: pd.Series) -> float:
    return float(products.sum(skipna=False))


def _near_mask(order_amounts: pd.Series, products: pd.Series) -> npt.NDArray[np.bool_]:
    return ((order_amounts - products).abs() <= money.CENT_TOLERANCE).to_numpy()
