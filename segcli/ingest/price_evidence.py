"""Whether the amounts of an export agree with quantity x unit price, and whether discounts are in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.config.ingest import Source
from segcli.counting import pluralize
from segcli.ingest import money
from segcli.ingest.discounts import AmountFactors, DiscountKind, count_uniform_orders, subtract_discounts
from segcli.ingest.export import OrderExport
from segcli.ingest.notes import DECISIVE_SHARE, Note, format_set_option

DISCOUNT_KINDS: tuple[DiscountKind, ...] = ("line", "order", "percent", "fraction")
MAX_PERCENT = 100
UNIT_PRICE_TOLERANCE = 0.0051  # of a unit price, which a quantity multiplies
DISCOUNT_SETTING = "ingest.transactions.discount"
LEAVE_OUT_SETTING = "ingest.transactions.leave_out"

_Amounts = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PriceEvidence:
    """What lines with an amount, a quantity and a unit price show, and which discounts are not subtracted.

    Of `lines`, `matches` have the amount that quantity x unit price is, or that less a discount. `amounts` and
    `products` are the totals of both, and `differences` the total of what lines differ by, in units.

    `discounted` lines have a discount that is not subtracted, the largest of which is `largest`; `line`, `order`,
    `percent` and `fraction` are the units that each way to read it subtracts. Of orders with several such lines,
    `alike` have one discount and `varied` several; `fractions` discounts are no whole numbers.
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
        """What discounts most likely are."""
        if self.is_percent:
            return "percent" if self.largest > 1 else "fraction"
        if self.largest < 1:
            return "fraction"
        return "order" if self.alike and not self.varied else "line"

    @property
    def may_be_percent(self) -> bool:
        """Whether amounts may be percentages that do not say so: whole numbers below 100."""
        return self.discount_kind in {"line", "order"} and self.largest < MAX_PERCENT and not self.fractions

    @property
    def discount_units(self) -> int:
        """The units that discounts subtract if they are what they most likely are."""
        return int(getattr(self, self.discount_kind))


def gather_price_evidence(export: OrderExport, factors: AmountFactors, kept_mask: _Mask, scale: int) -> PriceEvidence:
    """Compare amounts with quantity x unit price, and count discounts that are not subtracted.

    Args:
        export: an order export, or a chunk of one.
        factors: the numbers of its lines.
        kept_mask: the lines that count.
        scale: units in 1.00.
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
    """Yield a note on amounts that differ from quantity x unit price, and on discounts that are not subtracted.

    Args:
        evidence: of the file.
        file_names: the file's name of each standard column.
        source: how the file is read.
        scale: units in 1.00.
    """
    differing = evidence.lines - evidence.matches
    if differing > DECISIVE_SHARE * evidence.lines and evidence.differences > DECISIVE_SHARE * abs(evidence.amounts):
        amount = file_names[columns.AMOUNT]
        yield Note(
            f"on {differing:,} of {pluralize(evidence.lines, 'line')} '{amount}' differs from quantity x unit price "
            f"({evidence.amounts / scale:,.2f} and {evidence.products / scale:,.2f} in all): '{amount}' is used; "
            f"{format_set_option(LEAVE_OUT_SETTING, [*source.leave_out, amount])} uses quantity x unit price",
            evidence.differences / scale,
        )
    if evidence.discounted:
        percent_option = (
            f", {format_set_option(DISCOUNT_SETTING, 'percent')} if it is in percent ({evidence.percent / scale:,.2f})"
        )
        yield Note(
            f"column '{file_names[columns.DISCOUNT]}' has a discount on {pluralize(evidence.discounted, 'line')} "
            f"({evidence.discount_units / scale:,.2f}) that is not subtracted; if prices are before discounts, "
            f"{format_set_option(DISCOUNT_SETTING, evidence.discount_kind)} "
            f"subtracts it{percent_option * evidence.may_be_percent}, otherwise "
            f"{format_set_option(DISCOUNT_SETTING, 'none')} confirms the sum",
            max(evidence.discount_units, evidence.percent * evidence.may_be_percent) / scale,
        )


def _count_discounts(export: OrderExport, factors: AmountFactors, row_mask: _Mask, scale: int) -> PriceEvidence:
    """Count the discounts of lines whose money is before discounts."""
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
