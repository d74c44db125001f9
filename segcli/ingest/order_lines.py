"""Parse the lines of an order export into typed values, before policies are applied."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, localcontext
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.arrays import BoolArray
from segcli.config.ingest import IngestSettings, Source
from segcli.errors import InputProblem
from segcli.ingest import money, number_parsing
from segcli.ingest.customer_ids import IdChanges, fill_blank_ids, normalise_id_column
from segcli.ingest.discounts import HUNDRED_PERCENT, AmountFactors, compute_line_amounts, read_factors
from segcli.ingest.money import UnitScales
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_status import find_return_lines
from segcli.ingest.text_columns import EncodedColumn, dictionary_encode

# Exact money of lines: amounts beyond the precision of a float are parsed again from their text
DECIMAL_PRECISION = 120  # digits; enough for a product of two amounts in exports
ROUNDING_NOISE = 1e-12  # residue of binary floating-point arithmetic where the exact result is zero

RowIndices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LineUnits:
    """Integer units of each line; `is_finer` marks lines whose written amount is finer than the finest unit."""

    units: money.Units
    is_finer: BoolArray


def compute_line_units(
    export: OrderExport, factors: AmountFactors, amounts: money.Amounts, scale: int, standard: str = columns.AMOUNT
) -> LineUnits:
    """Compute the money of lines in integer units, exactly.

    Args:
        export: order export with the texts of the amounts.
        factors: numbers from which the amounts are computed.
        amounts: amounts as floats, with their final sign.
        scale: units per 1.00.
        standard: standard column of the amounts, if there is one.

    Raises:
        InputProblem: if a written amount is finer than the unit at which the sum of all amounts fits.
    """
    units = money.to_minor_units(amounts, scale)
    largest = float(np.nanmax(np.abs(amounts), initial=0.0))
    if largest < money.MAX_EXACT_AMOUNT and scale == money.FINEST_SCALE:
        return LineUnits(units, _find_finer_amounts(factors, amounts, units, scale))
    large_rows = np.flatnonzero(np.abs(np.nan_to_num(amounts)) >= money.MAX_EXACT_AMOUNT)
    is_finer = _find_finer_amounts(
        factors, np.where(np.abs(amounts) < money.MAX_EXACT_AMOUNT, amounts, 0.0), units, scale
    )
    is_finer[large_rows] = False
    with localcontext(Context(prec=DECIMAL_PRECISION)):
        for row, amount in _compute_exact_amounts(export, factors, amounts, large_rows, standard):
            units[row] = money.decimal_to_units(amount, scale)
            is_finer[row] = has_written_amounts(factors) and amount * scale != int(units[row])
    if scale < money.FINEST_SCALE and is_finer.any() and has_written_amounts(factors):
        line = export.raw_table.line_number(int(is_finer.argmax()))
        raise exact_sum_problem(
            export, amounts, f"line {line} is finer than {1 / scale:g}, the smallest unit in which the sum fits"
        )
    return LineUnits(units, is_finer)


def has_written_amounts(factors: AmountFactors) -> bool:
    """Return whether amounts are written in the export; computed amounts could have many decimals."""
    return factors.amount is not None and factors.discounts is None


def exact_sum_problem(export: OrderExport, amounts: money.Amounts, reason: str) -> InputProblem:
    """Return the error for amounts whose sum cannot be exact, at the line of the largest."""
    row = int(np.nanargmax(np.abs(np.nan_to_num(amounts))))
    standard = columns.AMOUNT if columns.AMOUNT in export.mapping.columns else columns.UNIT_PRICE
    return InputProblem(
        f"amounts too large for an exact sum: this is the largest, and {reason}",
        source=export.content.name,
        line=export.raw_table.line_number(row),
        column=export.mapping.columns.get(standard),
        remedy="correct the line, or check the decimal mark and declare it with --decimal",
    )


def require_exact_sum(export: OrderExport, quantity: money.Amounts, scale: int) -> None:
    """Reject quantities whose sum in these units cannot be exact.

    Raises:
        InputProblem: with the line of the largest quantity.
    """
    units = money.to_minor_units(quantity, scale)
    small_values = np.where(np.abs(quantity) < money.MAX_EXACT_AMOUNT, quantity, 0.0)
    is_rounded = money.find_rounded_amounts(small_values, money.to_minor_units(small_values, scale), scale).any()
    if (
        is_rounded
        or money.total_magnitude(units) >= money.UNIT_CAPACITY
        or np.abs(quantity).max() >= money.MAX_EXACT_FLOAT
    ):
        row = int(np.abs(quantity).argmax())
        raise InputProblem(
            "quantities too large for an exact sum: this is the largest",
            source=export.content.name,
            line=export.raw_table.line_number(row),
            column=export.mapping.columns[columns.QUANTITY],
            remedy="correct the line, or check the decimal mark and declare it with --decimal",
        )


def _find_finer_amounts(factors: AmountFactors, amounts: money.Amounts, units: money.Units, scale: int) -> BoolArray:
    """Mark the amounts that lose digits; of computed amounts, only those that become zero."""
    if has_written_amounts(factors):
        return money.find_rounded_amounts(amounts, units, scale)
    is_lost: BoolArray = (units == 0) & (np.abs(np.nan_to_num(amounts)) > ROUNDING_NOISE)
    return is_lost


def _compute_exact_amounts(
    export: OrderExport, factors: AmountFactors, amounts: money.Amounts, rows: RowIndices, standard: str
) -> Iterator[tuple[int, Decimal]]:
    """Yield the exact amounts of rows, as written or computed, with the sign of the floats."""
    if not len(rows):
        return
    absolute_amounts = [
        abs(absolute_amount) for absolute_amount in _amounts_before_discount(export, factors, rows, standard)
    ]
    for row, absolute_amount in zip(
        rows.tolist(), _deduct_discounts(export, factors, amounts, rows, absolute_amounts), strict=True
    ):
        value = float(amounts[row])
        nearest = (
            absolute_amount
            if abs(float(absolute_amount) - abs(value)) <= abs(value) * money.FLOAT_NOISE
            else Decimal(repr(abs(value)))
        )
        yield row, nearest.copy_sign(Decimal(value))


def _amounts_before_discount(
    export: OrderExport, factors: AmountFactors, rows: RowIndices, standard: str
) -> list[Decimal]:
    """Return the exact amounts before discounts."""
    if factors.amount is not None:
        return _read_decimals(export, standard, factors.amount, rows)
    assert factors.price is not None
    prices = _read_decimals(export, columns.UNIT_PRICE, factors.price, rows)
    if factors.quantity is None:
        return prices
    quantities = _read_decimals(export, columns.QUANTITY, factors.quantity, rows)
    return [price * quantity for price, quantity in zip(prices, quantities, strict=True)]


def _deduct_discounts(
    export: OrderExport,
    factors: AmountFactors,
    amounts: money.Amounts,
    rows: RowIndices,
    absolute_amounts: list[Decimal],
) -> list[Decimal]:
    """Subtract the discounts of lines; order-level discounts are divided among lines with the precision of floats."""
    kind, discounts = export.source.discount, factors.discounts
    if discounts is None or kind in (None, "none"):
        return absolute_amounts
    deductions = [Decimal(repr(float(value))) for value in discounts.values[rows]]
    if discounts.is_percent and kind != "fraction":
        kind = "percent"
    if kind == "order":
        return [Decimal(repr(abs(float(value)))) for value in amounts[rows]]
    if kind == "line":
        return [
            max(absolute_amount - deduction, Decimal())
            for absolute_amount, deduction in zip(absolute_amounts, deductions, strict=True)
        ]
    full_share = Decimal(int(HUNDRED_PERCENT) if kind == "percent" else 1)
    return [
        max(absolute_amount * (full_share - deduction) / full_share, Decimal())
        for absolute_amount, deduction in zip(absolute_amounts, deductions, strict=True)
    ]


def _read_decimals(export: OrderExport, standard: str, floats: money.Amounts, rows: RowIndices) -> list[Decimal]:
    texts = export.raw_table.encode_column(export.mapping.columns[standard])
    return [
        _parse_decimal(texts.value_at(row), float(nearest_float), export.source)
        for row, nearest_float in zip(rows.tolist(), floats[rows], strict=True)
    ]


def _parse_decimal(text: str, nearest_float: float, source: Source) -> Decimal:
    """Return the exact number of a text that was parsed as a float, with the decimal mark that yields this float."""
    candidates = (number_parsing.parse_exact_number(text, mark, source) for mark in ".,")
    return next(
        (candidate for candidate in candidates if candidate is not None and float(candidate) == nearest_float),
        Decimal(repr(nearest_float)),
    )


LineMask = npt.NDArray[np.bool_]
_Units = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LineMargins:
    """Margin of each line in the units of money; 0 where `is_unknown` marks a blank or unreadable margin."""

    units: _Units
    is_unknown: LineMask


@dataclass(frozen=True, eq=False)
class _Refunds:
    """Money of each line in a column of refunds, or of amounts after refunds (`standard`); 0 where `is_blank`."""

    standard: str
    amounts: money.Amounts
    is_blank: LineMask


@dataclass(frozen=True)
class OrderLines:
    """All lines of an export; each array has one entry per line.

    `money_units` and `refunded_units` are in integer units by `scales` (0 if unreadable); both are 0 on a line whose
    order's money is on another line. `rewritten_ids` are the original ids whose normalisation changed more than outer
    blanks. `is_free` refers to the order's amount. `is_finer` marks lines whose amount is finer than a unit.
    `was_positive` marks returns that are named by a column and have an amount without a minus. `margins` is None if
    the export has no margins.
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
    margins: LineMargins | None = None
    id_changes: IdChanges = field(default_factory=IdChanges)

    @property
    def discount_mask(self) -> LineMask | None:
        """Mask of the lines with a discount; None if the export has no discounts."""
        return None if self.factors.discounts is None else self.factors.discounts.values > 0

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        """Calendar days of the orders."""
        return self.times.astype("datetime64[D]")


def parse_lines(
    export: OrderExport, settings: IngestSettings, is_repeated_total: LineMask, scales: UnitScales | None
) -> OrderLines:
    """Parse all lines; the amount is the given one, or quantity x unit price, or 0.

    Args:
        export: order export with order fields on all lines.
        settings: ingest settings, with the id policies.
        is_repeated_total: mask of lines whose order's money is counted on another line.
        scales: units of money and items; None chooses the finest that fit the values.
    """
    ids, rewritten_ids, id_changes = _read_customer_ids(export, settings)
    parsed_dates = export.read_order_dates()
    factors = read_factors(export)
    quantity = factors.quantity
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
    refunds = _read_refunds(export)
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
        is_unreadable=np.isnan(amounts) | np.isnan(refunds.amounts),
        quantity=quantity,
        is_return=is_return,
        is_free=(line_units.units == 0) & ~line_units.is_finer,
        is_finer=line_units.is_finer,
        factors=factors,
        was_positive=was_positive,
        margins=_read_margins(export, is_repeated_total, used_scales.money),
        id_changes=id_changes,
    )


def _read_refunds(export: OrderExport) -> _Refunds:
    """Read the refunded money of each line, or the amounts after refunds; all blank if the export has neither."""
    for standard in (columns.REFUNDED, columns.AMOUNT_AFTER_REFUNDS):
        amounts = export.read_numbers(standard, blank=np.inf)
        if amounts is not None:
            is_blank = np.isinf(amounts)
            return _Refunds(standard, np.where(is_blank, 0.0, np.abs(amounts)), is_blank)
    row_count = export.raw_table.rows
    return _Refunds(columns.REFUNDED, np.zeros(row_count), np.ones(row_count, dtype=bool))


def _read_margins(export: OrderExport, is_repeated_total: LineMask, scale: int) -> LineMargins | None:
    """Read the margin of each line; 0 on lines whose order's money, and so its margin, is on another line."""
    margins = export.read_numbers(columns.MARGIN)
    if margins is None:
        return None
    is_unknown = ~(np.abs(margins) < money.UNIT_CAPACITY) & ~is_repeated_total
    is_counted = ~is_unknown & ~is_repeated_total
    return LineMargins(money.to_minor_units(np.where(is_counted, margins, 0.0), scale), is_unknown)


def _compute_units(
    export: OrderExport,
    factors: AmountFactors,
    amounts: money.Amounts,
    refunds: _Refunds,
    scales: UnitScales | None,
) -> tuple[UnitScales, LineUnits, _Units]:
    """Return the scales in use, the money of lines, and the refunded money.

    Raises:
        InputProblem: if the scales are chosen here, and none represents all lines exactly.
    """
    is_readable = ~np.isnan(amounts)
    quantity = None if factors.quantity is None else np.where(is_readable, np.nan_to_num(factors.quantity), 0.0)
    used_scales = scales or UnitScales(
        money.choose_scale(amounts if refunds.is_blank.all() else np.concatenate([amounts, refunds.amounts])),
        1 if quantity is None else money.choose_scale(quantity),
    )
    line_units = compute_line_units(export, factors, amounts, used_scales.money)
    refunded_units = _compute_refund_units(export, refunds, line_units.units, used_scales.money)
    if (
        scales is None
        and used_scales.money < money.FINEST_SCALE
        and money.total_magnitude(line_units.units, refunded_units) >= money.UNIT_CAPACITY
    ):
        raise exact_sum_problem(export, amounts, "the sum has more than 18 digits")
    if scales is None and quantity is not None and used_scales.items < money.FINEST_SCALE:
        require_exact_sum(export, quantity, used_scales.items)
    return used_scales, line_units, refunded_units


def _compute_refund_units(export: OrderExport, refunds: _Refunds, line_units: _Units, scale: int) -> _Units:
    """Compute the refunded money in units: as given, or the amount of the line less the amount after refunds."""
    if refunds.is_blank.all():
        return np.zeros_like(line_units)
    refund_factors = AmountFactors(refunds.amounts, None, None, None)
    units = compute_line_units(export, refund_factors, refunds.amounts, scale, refunds.standard).units
    if refunds.standard == columns.REFUNDED:
        return units
    return np.where(refunds.is_blank, 0, np.maximum(line_units - units, 0))


def _read_customer_ids(
    export: OrderExport, settings: IngestSettings
) -> tuple[EncodedColumn, frozenset[str], IdChanges]:
    """Return the normalised customer ids, the rewritten ids, and counts of changes."""
    fallbacks = export.source.fallback_ids
    if not fallbacks:
        return normalise_id_column(export.get_row_column(columns.CUSTOMER_ID), settings)
    texts, filled_counts = fill_blank_ids(export.raw_table, export.mapping.columns[columns.CUSTOMER_ID], fallbacks)
    ids, rewritten_ids, changes = normalise_id_column(dictionary_encode(texts), settings)
    return ids, rewritten_ids, replace(changes, filled=filled_counts)
