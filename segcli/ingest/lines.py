"""The lines of an order export as typed values, before any policy."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.ingest import money
from segcli.ingest.coded import EncodedColumn, dictionary_encode
from segcli.ingest.customer_ids import IdChanges, fill_blank_ids, normalise_id_column
from segcli.ingest.discounts import AmountFactors, compute_line_amounts, read_factors
from segcli.ingest.exact_amounts import LineUnits, compute_line_units, exact_sum_problem, require_exact_sum
from segcli.ingest.export import OrderExport
from segcli.ingest.line_types import find_return_lines
from segcli.ingest.money import UnitScales

LineMask = npt.NDArray[np.bool_]
_Units = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OrderLines:
    """All lines of an export; each array has one entry per line.

    `money_units` and `refunded_units` are in whole units (unreadable counts as 0), by `scales`. Both are 0 on a line
    whose order's money stands on another line; `rewritten_ids` are ids as they stood there, where more than plain
    blanks at their ends changed; `is_free` is about the order's; `is_finer` are the lines whose amount is finer than a
    unit; `was_positive` tells which returns a column names whose amount has no minus.
    """

    ids: EncodedColumn
    rewritten_ids: frozenset[str]
    times: npt.NDArray[np.datetime64]
    date_format: str
    money_units: _Units
    refunded_units: _Units
    scales: UnitScales
    has_money: bool
    is_unreadable: LineMask
    quantity: npt.NDArray[np.float64] | None
    is_return: LineMask
    is_free: LineMask
    is_finer: LineMask
    factors: AmountFactors
    was_positive: LineMask
    id_changes: IdChanges = field(default_factory=IdChanges)

    @property
    def discount_mask(self) -> LineMask | None:
        """Which lines had a discount, where the export has discounts."""
        return None if self.factors.discounts is None else self.factors.discounts.values > 0

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        """Calendar days of the orders."""
        return self.times.astype("datetime64[D]")


def parse_lines(
    export: OrderExport, settings: IngestSettings, is_repeated_total: LineMask, scales: UnitScales | None
) -> OrderLines:
    """Every line with its values; the amount as given, or quantity x unit price, or nothing.

    Args:
        export: with the fields of an order on each of its lines.
        settings: the case policy of ids.
        is_repeated_total: lines whose order's money is counted on another line.
        scales: units of money and items; None is as fine as the values allow.
    """
    ids, rewritten_ids, id_changes = _read_customer_ids(export, settings)
    parsed_dates = export.read_order_dates()
    factors = read_factors(export)
    quantity = factors.quantity
    refund_values = export.read_numbers(columns.REFUNDED, blank=0.0)
    line_amounts = compute_line_amounts(export, factors)
    amounts = np.zeros(export.raw_table.rows) if line_amounts is None else line_amounts
    is_per_order = export.source.amount_per == "order"
    is_return = amounts < 0 if quantity is None or is_per_order else (amounts < 0) | (quantity < 0)
    is_named_return = find_return_lines(export)
    was_positive = is_named_return & (amounts > 0)
    is_return |= is_named_return
    amounts = np.where(
        is_return, -np.abs(amounts), amounts
    )  # some exports write the money of a return without its sign
    refunds = np.zeros(len(amounts)) if refund_values is None else np.abs(refund_values)
    used_scales, line_units, refunded_units = _compute_units(export, factors, amounts, refunds, scales)
    return OrderLines(
        ids=ids,
        rewritten_ids=rewritten_ids,
        times=parsed_dates.values,
        date_format=parsed_dates.format,
        money_units=np.where(is_repeated_total, 0, line_units.units),
        refunded_units=np.where(is_repeated_total, 0, refunded_units),
        scales=used_scales,
        has_money=line_amounts is not None,
        is_unreadable=np.isnan(amounts) | np.isnan(refunds),
        quantity=quantity,
        is_return=is_return,
        is_free=(line_units.units == 0) & ~line_units.is_finer,
        is_finer=line_units.is_finer,
        factors=factors,
        was_positive=was_positive,
        id_changes=id_changes,
    )


def _compute_units(
    export: OrderExport,
    factors: AmountFactors,
    amounts: money.Amounts,
    refunds: money.Amounts,
    scales: UnitScales | None,
) -> tuple[UnitScales, LineUnits, _Units]:
    """Return the units in use, the money of lines, and the money refunded.

    Raises:
        InputProblem: the units are to be chosen, and none of them counts all lines exactly.
    """
    is_readable = ~np.isnan(amounts)
    quantity = None if factors.quantity is None else np.where(is_readable, np.nan_to_num(factors.quantity), 0.0)
    used_scales = scales or UnitScales(
        money.choose_scale(np.concatenate([amounts, refunds]) if refunds.any() else amounts),
        1 if quantity is None else money.choose_scale(quantity),
    )
    line_units = compute_line_units(export, factors, amounts, used_scales.money)
    refunded_units = money.to_minor_units(refunds, used_scales.money)
    if refunds.any():
        refund_factors = AmountFactors(refunds, None, None, None)
        refunded_units = compute_line_units(export, refund_factors, refunds, used_scales.money, columns.REFUNDED).units
    if (
        scales is None
        and used_scales.money < money.FINEST_SCALE
        and money.total_magnitude(line_units.units, refunded_units) >= money.UNIT_CAPACITY
    ):
        raise exact_sum_problem(export, amounts, "their sum has more than 18 digits")
    if scales is None and quantity is not None and used_scales.items < money.FINEST_SCALE:
        require_exact_sum(export, quantity, used_scales.items)
    return used_scales, line_units, refunded_units


def _read_customer_ids(
    export: OrderExport, settings: IngestSettings
) -> tuple[EncodedColumn, frozenset[str], IdChanges]:
    """Return the customer ids in one spelling, those with invisible characters, and what was changed."""
    fallbacks = export.source.fallback_ids
    if not fallbacks:
        return normalise_id_column(export.get_row_column(columns.CUSTOMER_ID), settings)
    texts, filled_counts = fill_blank_ids(export.raw_table, export.mapping.columns[columns.CUSTOMER_ID], fallbacks)
    ids, rewritten_ids, changes = normalise_id_column(dictionary_encode(texts), settings)
    return ids, rewritten_ids, replace(changes, filled=filled_counts)
