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
from segcli.ingest.export import Export
from segcli.ingest.languages import words
from segcli.ingest.notes import Note, set_option
from segcli.ingest.recognise import normalised

NEARLY_ALL = 0.95
FEW_ORDERS = 3  # of several lines from which a header that names order totals is believed
CERTAIN = -6.0  # log10 of the chance that lines of one order have equal amounts by accident

Meaning = Literal["line", "order"]
SETTING = "ingest.transactions.amount_per"


@dataclass(frozen=True)
class OrderTotalEvidence:
    """What orders of several lines show.

    Of `orders` with several amounts, `alike` have one amount on all lines, and of these `totals` equal the sum of
    quantity x unit price. Of their `priced` lines, `line_matches` equal their own quantity x unit price. `log_chance`
    is log10 of the chance that independent lines are so alike. `repeated` is the money that counts more than once if
    amounts are totals. `are_repeats` tells of a few orders that their lines are equal in every column.
    """

    orders: int
    alike: int
    totals: int
    priced: int
    line_matches: int
    log_chance: float
    repeated: float
    are_repeats: bool = False

    def meaning(self, column: str) -> Meaning | None:
        """Decide what an amount in a column of this name is; None where lines look alike and nothing is proved."""
        if not self.orders or self.alike < NEARLY_ALL * self.orders or not self.repeated:
            return "line"
        if self.priced and self.line_matches > self.priced / 2:
            return "line"
        if names_order_total(column) and (self.orders >= FEW_ORDERS or self.totals):
            return "order"
        if self.orders < FEW_ORDERS:
            return "line" if self.are_repeats else None  # a customer who bought the same thing twice looks no different
        if self.priced:
            return "order" if self.totals >= FEW_ORDERS and self.totals > self.orders / 2 else None
        return "order" if self.log_chance < CERTAIN else None


def names_order_total(column: str) -> bool:
    """Tell whether a header name means the total of an order, in any language."""
    return normalised(column) in {normalised(word) for word in words("order_totals")}


def gather(export: Export, order: npt.NDArray[np.int64], has_order: npt.NDArray[np.bool_]) -> OrderTotalEvidence:
    """Compare the amounts of each order with each other, and with quantity x unit price.

    Args:
        export: with amounts.
        order: a number for each line's order.
        has_order: which lines name one.
    """
    amount = export.numbers(columns.AMOUNT)
    assert amount is not None
    lines = pd.DataFrame({"order": order, "amount": amount, "value": _line_values(export)})
    lines = lines[has_order & ~np.isnan(amount)]
    grouped = lines.groupby("order", sort=False)
    sizes = grouped["amount"].transform("size")
    several = lines[sizes > 1]
    if several.empty:
        return OrderTotalEvidence(0, 0, 0, 0, 0, 0.0, 0.0)
    orders = several.groupby("order", sort=False).agg(
        lines=("amount", "size"), low=("amount", "min"), high=("amount", "max"), value=("value", _sum_of_all)
    )
    is_alike = (orders["low"] == orders["high"]).to_numpy()
    priced = several["value"].notna()
    near = _near(several["amount"], several["value"])
    share = lines["amount"].value_counts(normalize=True)
    per_line = math.log10(max(float((share**2).sum()), 1e-9))
    extra = (orders["lines"] - 1).to_numpy()
    return OrderTotalEvidence(
        orders=len(orders),
        alike=int(is_alike.sum()),
        totals=int((is_alike & _near(orders["low"], orders["value"])).sum()),
        priced=int(priced.sum()),
        line_matches=int(near.sum()),
        log_chance=per_line * float(extra[is_alike].sum()),
        repeated=float((np.abs(orders["low"].to_numpy()) * extra)[is_alike].sum()),
        are_repeats=len(orders) < FEW_ORDERS and _are_repeats(export, several.index.to_numpy()),
    )


def notes(evidence: OrderTotalEvidence, column: str, meaning: Meaning | None) -> Iterator[Note]:
    """Say what was decided, and the setting that decides otherwise."""
    what = f"in {evidence.alike:,} of {evidence.orders:,} orders of several lines '{column}' is the same on each line"
    if meaning == "order":
        yield Note(
            f"{what}: it is read as the order's total, once per order; {set_option(SETTING, 'line')} counts each line",
            evidence.repeated,
        )
    elif meaning is None:
        more = f"(now {evidence.repeated:,.2f} counts more than once)"
        yield Note(f"{what}; if it is the order's total, say {set_option(SETTING, 'order')} {more}", evidence.repeated)


def note_blank_lines(lines: int, column: str) -> Note:
    """Return a note on orders whose total stands on one of their lines only."""
    return Note(
        f"'{column}' is on one line of each order and blank on its other lines ({lines:,}): it is read as the order's "
        f"total; {set_option(SETTING, 'line')} counts each line"
    )


def _are_repeats(export: Export, rows: npt.NDArray[np.intp]) -> bool:
    codes = {name: export.cells.coded(name).codes[rows] for name in export.cells.columns}
    return bool(pd.DataFrame(codes).duplicated(keep=False).all())


def _line_values(export: Export) -> npt.NDArray[np.float64]:
    """Return quantity x unit price of each line, NaN where either is missing."""
    price, quantity = export.numbers(columns.UNIT_PRICE), export.numbers(columns.QUANTITY)
    if price is None:
        return np.full(export.cells.rows, np.nan)
    return price if quantity is None else price * quantity


def _sum_of_all(values: pd.Series) -> float:
    return float(values.sum(skipna=False))


def _near(amounts: pd.Series, values: pd.Series) -> npt.NDArray[np.bool_]:
    return ((amounts - values).abs() <= money.TOLERANCE).to_numpy()
