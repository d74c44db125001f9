"""Money of lines in exact units: amounts beyond the precision of a float are read again from their text."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest import money, numbers
from segcli.ingest.discounts import HUNDRED_PERCENT, AmountFactors
from segcli.ingest.export import OrderExport

DECIMAL_PRECISION = 120  # of a product of two amounts as exports write them
ROUNDING_NOISE = 1e-12  # what computing with binary fractions leaves of nothing

_Mask = npt.NDArray[np.bool_]
RowIndices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LineUnits:
    """Whole units of each line; `is_finer` are the lines whose written amount is finer than the finest unit."""

    units: money.Units
    is_finer: _Mask


def compute_line_units(
    export: OrderExport, factors: AmountFactors, amounts: money.Amounts, scale: int, standard: str = columns.AMOUNT
) -> LineUnits:
    """Return the money of lines in whole units, exactly.

    Args:
        export: with the text of the amounts.
        factors: of which the amounts are made.
        amounts: the amounts as floats, with the sign that counts.
        scale: units in 1.00.
        standard: the column of amounts, where there is one.

    Raises:
        InputProblem: a written amount is finer than the unit at which all amounts can be added up.
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
            export, amounts, f"line {line} is finer than {1 / scale:g}, the unit in which their sum fits"
        )
    return LineUnits(units, is_finer)


def has_written_amounts(factors: AmountFactors) -> bool:
    """Tell whether amounts stand in the export, so that nothing was computed that could have many decimals."""
    return factors.amount is not None and factors.discounts is None


def exact_sum_problem(export: OrderExport, amounts: money.Amounts, reason: str) -> InputProblem:
    """Return the refusal of amounts that cannot be added up exactly, at the line of the largest."""
    row = int(np.nanargmax(np.abs(np.nan_to_num(amounts))))
    standard = columns.AMOUNT if columns.AMOUNT in export.mapping.columns else columns.UNIT_PRICE
    return InputProblem(
        f"amounts too large to be added up exactly: this is the largest, and {reason}",
        source=export.content.name,
        line=export.raw_table.line_number(row),
        column=export.mapping.columns.get(standard),
        remedy="Correct the line, or check the decimal mark and declare it with --decimal",
    )


def require_exact_sum(export: OrderExport, quantity: money.Amounts, scale: int) -> None:
    """Refuse quantities that cannot be added up exactly in this unit.

    Raises:
        InputProblem: with the line of the largest.
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
            "quantities too large to be added up exactly: this is the largest",
            source=export.content.name,
            line=export.raw_table.line_number(row),
            column=export.mapping.columns[columns.QUANTITY],
            remedy="Correct the line, or check the decimal mark and declare it with --decimal",
        )


def _find_finer_amounts(factors: AmountFactors, amounts: money.Amounts, units: money.Units, scale: int) -> _Mask:
    """Tell which amounts lose digits; of computed ones only those that are lost as a whole."""
    if has_written_amounts(factors):
        return money.find_rounded_amounts(amounts, units, scale)
    is_lost: _Mask = (units == 0) & (np.abs(np.nan_to_num(amounts)) > ROUNDING_NOISE)
    return is_lost


def _compute_exact_amounts(
    export: OrderExport, factors: AmountFactors, amounts: money.Amounts, rows: RowIndices, standard: str
) -> Iterator[tuple[int, Decimal]]:
    """Yield the exact amounts of rows, as they are written or computed, with the sign of the values."""
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
    """Subtract the discounts of lines; floats divide that of a whole order, within their precision."""
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
    """Return the exact number of a text that was read as a float: by the decimal mark at which both agree."""
    candidates = (numbers.parse_exact_number(text, mark, source) for mark in ".,")
    return next(
        (candidate for candidate in candidates if candidate is not None and float(candidate) == nearest_float),
        Decimal(repr(nearest_float)),
    )
