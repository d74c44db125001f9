"""Whether the amounts of an export agree with quantity x unit price, and whether discounts are in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.config.ingest import Source
from segcli.counting import counted
from segcli.ingest import money
from segcli.ingest.discounts import AmountFactors, Kind, count_alike, subtract_discounts
from segcli.ingest.export import Export
from segcli.ingest.notes import DECISIVE, Note, set_option

KINDS: tuple[Kind, ...] = ("line", "order", "percent", "fraction")
PERCENT = 100
PRICE_TOLERANCE = 0.0051  # of a unit price, which a quantity multiplies
DISCOUNT_SETTING = "ingest.transactions.discount"
LEAVE_OUT_SETTING = "ingest.transactions.leave_out"

Amounts = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


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
        counts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)[:-2]}
        return PriceEvidence(
            **counts,
            largest=max(self.largest, other.largest),
            is_percent=self.is_percent or other.is_percent,
        )

    @property
    def kind(self) -> Kind:
        """What discounts most likely are."""
        if self.is_percent:
            return "percent" if self.largest > 1 else "fraction"
        if self.largest < 1:
            return "fraction"
        return "order" if self.alike and not self.varied else "line"

    @property
    def may_be_percent(self) -> bool:
        """Whether amounts may be percentages that do not say so: whole numbers below 100."""
        return self.kind in {"line", "order"} and self.largest < PERCENT and not self.fractions

    @property
    def discounts(self) -> int:
        """The units that discounts subtract if they are what they most likely are."""
        return int(getattr(self, self.kind))


def gather_price_evidence(export: Export, factors: AmountFactors, kept: Mask, scale: int) -> PriceEvidence:
    """Compare amounts with quantity x unit price, and count discounts that are not subtracted.

    Args:
        export: an order export, or a chunk of one.
        factors: the numbers of its lines.
        kept: the lines that count.
        scale: units in 1.00.
    """
    product = factors.product
    if product is None or export.source.amount_per == "order":
        return PriceEvidence()
    amount = product if factors.amount is None else factors.amount
    rows = kept & ~np.isnan(amount) & ~np.isnan(product)
    tolerance = money.TOLERANCE + (0.0 if factors.quantity is None else PRICE_TOLERANCE * np.abs(factors.quantity))
    near = np.abs(np.abs(amount) - np.abs(product)) <= tolerance
    evidence = _count_discounts(export, factors, rows & near, scale)
    if factors.amount is None:
        return evidence
    matches = near
    if factors.discounts is not None:
        for kind in KINDS:
            after = subtract_discounts(export, product, factors.discounts, kind)
            matches = matches | (np.abs(np.abs(amount) - np.abs(after)) <= tolerance)
    differences = np.where(rows & ~matches, np.abs(amount) - np.abs(product), 0.0)
    return replace(
        evidence,
        lines=int(rows.sum()),
        matches=int((rows & matches).sum()),
        amounts=_units(amount[rows], scale),
        products=_units(product[rows], scale),
        differences=_units(np.abs(differences), scale),
    )


def price_notes(evidence: PriceEvidence, names: Mapping[str, str], source: Source, scale: int) -> Iterator[Note]:
    """Yield a note on amounts that differ from quantity x unit price, and on discounts that are not subtracted.

    Args:
        evidence: of the file.
        names: the file's name of each standard column.
        source: how the file is read.
        scale: units in 1.00.
    """
    differing = evidence.lines - evidence.matches
    if differing > DECISIVE * evidence.lines and evidence.differences > DECISIVE * abs(evidence.amounts):
        amount = names[columns.AMOUNT]
        yield Note(
            f"on {differing:,} of {counted(evidence.lines, 'line')} '{amount}' differs from quantity x unit price "
            f"({evidence.amounts / scale:,.2f} and {evidence.products / scale:,.2f} in all): '{amount}' is used; "
            f"{set_option(LEAVE_OUT_SETTING, [*source.leave_out, amount])} uses quantity x unit price",
            evidence.differences / scale,
        )
    if evidence.discounted:
        percent = f", {set_option(DISCOUNT_SETTING, 'percent')} if it is in percent ({evidence.percent / scale:,.2f})"
        yield Note(
            f"column '{names[columns.DISCOUNT]}' has a discount on {counted(evidence.discounted, 'line')} "
            f"({evidence.discounts / scale:,.2f}) that is not subtracted; if prices are before discounts, "
            f"{set_option(DISCOUNT_SETTING, evidence.kind)} subtracts it{percent * evidence.may_be_percent}, otherwise "
            f"{set_option(DISCOUNT_SETTING, 'none')} confirms the sum",
            max(evidence.discounts, evidence.percent * evidence.may_be_percent) / scale,
        )


def _count_discounts(export: Export, factors: AmountFactors, rows: Mask, scale: int) -> PriceEvidence:
    """Count the discounts of lines whose money is before discounts."""
    if factors.discounts is None or export.source.discount is not None or factors.product is None:
        return PriceEvidence()
    discounts, product = factors.discounts, factors.product
    rows = rows & (discounts.values > 0)
    alike, varied = count_alike(export, discounts.values, rows)
    afters = {kind: subtract_discounts(export, product, discounts, kind) for kind in KINDS}
    off = {kind: _units((np.abs(product) - np.abs(after))[rows], scale) for kind, after in afters.items()}
    return PriceEvidence(
        discounted=int(rows.sum()),
        alike=alike,
        varied=varied,
        fractions=int((discounts.values[rows] % 1 != 0).sum()),
        largest=float(discounts.values[rows].max(initial=0.0)),
        is_percent=discounts.is_percent,
        **off,
    )


def _units(amounts: Amounts, scale: int) -> int:
    return int(money.units(amounts, scale).sum())
