"""The lines of an order export as typed values, before any policy."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.ingest import money
from segcli.ingest.coded import Coded, coded
from segcli.ingest.customer_ids import IdChanges, fill_blank_ids, respell_lines
from segcli.ingest.discounts import AmountFactors, money_of_lines, read_factors
from segcli.ingest.exact_amounts import LineUnits, cannot_add, count_units, require_exact_sum
from segcli.ingest.export import Export
from segcli.ingest.line_types import find_returns
from segcli.ingest.money import Scales

Mask = npt.NDArray[np.bool_]
Units = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """All lines of an export; each array has one entry per line.

    `money` and `refunded` are in whole units (unreadable counts as 0), by `scales`. Both are 0 on a line
    whose order's money stands on another line; `rewritten` are ids as they stood there, where more than plain blanks
    at their ends changed; `free` is about the order's; `finer` are the lines whose amount is finer than a unit;
    `was_positive` tells which returns a column names whose amount has no minus.
    """

    ids: Coded
    rewritten: frozenset[str]
    times: npt.NDArray[np.datetime64]
    date_format: str
    money: Units
    refunded: Units
    scales: Scales
    has_money: bool
    unreadable: Mask
    quantity: npt.NDArray[np.float64] | None
    returned: Mask
    free: Mask
    finer: Mask
    factors: AmountFactors
    was_positive: Mask
    id_changes: IdChanges = field(default_factory=IdChanges)

    @property
    def discounted(self) -> Mask | None:
        """Which lines had a discount, where the export has discounts."""
        return None if self.factors.discounts is None else self.factors.discounts.values > 0

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        """Calendar days of the orders."""
        return self.times.astype("datetime64[D]")


def typed(export: Export, settings: IngestSettings, counted: Mask, scales: Scales | None) -> Lines:
    """Every line with its values; the amount as given, or quantity x unit price, or nothing.

    Args:
        export: with the fields of an order on each of its lines.
        settings: the case policy of ids.
        counted: lines whose order's money is counted on another line.
        scales: units of money and items; None is as fine as the values allow.
    """
    ids, rewritten, id_changes = _ids(export, settings)
    when = export.dates()
    factors = read_factors(export)
    quantity = factors.quantity
    back = export.numbers(c.REFUNDED, blank=0.0)
    known = money_of_lines(export, factors)
    values = np.zeros(export.cells.rows) if known is None else known
    by_order = export.source.amount_per == "order"
    returned = values < 0 if quantity is None or by_order else (values < 0) | (quantity < 0)
    named_returns = find_returns(export)
    was_positive = named_returns & (values > 0)
    returned |= named_returns
    values = np.where(returned, -np.abs(values), values)  # some exports write the money of a return without its sign
    refunds = np.zeros(len(values)) if back is None else np.abs(back)
    chosen, gained, refunded = _count(export, factors, values, refunds, scales)
    return Lines(
        ids=ids,
        rewritten=rewritten,
        times=when.values,
        date_format=when.format,
        money=np.where(counted, 0, gained.units),
        refunded=np.where(counted, 0, refunded),
        scales=chosen,
        has_money=known is not None,
        unreadable=np.isnan(values) | np.isnan(refunds),
        quantity=quantity,
        returned=returned,
        free=(gained.units == 0) & ~gained.finer,
        finer=gained.finer,
        factors=factors,
        was_positive=was_positive,
        id_changes=id_changes,
    )


def _count(
    export: Export, factors: AmountFactors, values: money.Amounts, refunds: money.Amounts, scales: Scales | None
) -> tuple[Scales, LineUnits, Units]:
    """Return the units in use, the money of lines, and the money refunded.

    Raises:
        InputProblem: the units are to be chosen, and none of them counts all lines exactly.
    """
    is_readable = ~np.isnan(values)
    quantity = None if factors.quantity is None else np.where(is_readable, np.nan_to_num(factors.quantity), 0.0)
    chosen = scales or Scales(
        money.scale_for(np.concatenate([values, refunds]) if refunds.any() else values),
        1 if quantity is None else money.scale_for(quantity),
    )
    gained = count_units(export, factors, values, chosen.money)
    refunded = money.units(refunds, chosen.money)
    if refunds.any():
        written = AmountFactors(refunds, None, None, None)
        refunded = count_units(export, written, refunds, chosen.money, c.REFUNDED).units
    if scales is None and chosen.money < money.FINEST and money.magnitude(gained.units, refunded) >= money.CAPACITY:
        raise cannot_add(export, values, "their sum has more than 18 digits")
    if scales is None and quantity is not None and chosen.items < money.FINEST:
        require_exact_sum(export, quantity, chosen.items)
    return chosen, gained, refunded


def _ids(export: Export, settings: IngestSettings) -> tuple[Coded, frozenset[str], IdChanges]:
    """Return the customer ids in one spelling, those with invisible characters, and what was changed."""
    fallbacks = export.source.fallback_ids
    if not fallbacks:
        return respell_lines(export.rows(c.CUSTOMER_ID), settings)
    texts, filled = fill_blank_ids(export.cells, export.recognition.columns[c.CUSTOMER_ID], fallbacks)
    ids, rewritten, changes = respell_lines(coded(texts), settings)
    return ids, rewritten, replace(changes, filled=filled)
