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
from segcli.ingest.discounts import PERCENT, AmountFactors
from segcli.ingest.export import Export

DIGITS = 120  # of a product of two amounts as exports write them
DUST = 1e-12  # what computing with binary fractions leaves of nothing

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LineUnits:
    """Whole units of each line; `finer` are the lines whose written amount is finer than the finest unit."""

    units: money.Units
    finer: Mask


def count_units(
    export: Export, factors: AmountFactors, values: money.Amounts, scale: int, standard: str = columns.AMOUNT
) -> LineUnits:
    """Return the money of lines in whole units, exactly.

    Args:
        export: with the text of the amounts.
        factors: of which the amounts are made.
        values: the amounts as floats, with the sign that counts.
        scale: units in 1.00.
        standard: the column of amounts, where there is one.

    Raises:
        InputProblem: a written amount is finer than the unit at which all amounts can be added up.
    """
    units = money.units(values, scale)
    largest = float(np.nanmax(np.abs(values), initial=0.0))
    if largest < money.LARGEST_EXACT and scale == money.FINEST:
        return LineUnits(units, _finer(factors, values, units, scale))
    large = np.flatnonzero(np.abs(np.nan_to_num(values)) >= money.LARGEST_EXACT)
    finer = _finer(factors, np.where(np.abs(values) < money.LARGEST_EXACT, values, 0.0), units, scale)
    finer[large] = False
    with localcontext(Context(prec=DIGITS)):
        for row, amount in _exact_amounts(export, factors, values, large, standard):
            units[row] = money.decimal_units(amount, scale)
            finer[row] = is_written(factors) and amount * scale != int(units[row])
    if scale < money.FINEST and finer.any() and is_written(factors):
        line = export.cells.line(int(finer.argmax()))
        raise cannot_add(export, values, f"line {line} is finer than {1 / scale:g}, the unit in which their sum fits")
    return LineUnits(units, finer)


def is_written(factors: AmountFactors) -> bool:
    """Tell whether amounts stand in the export, so that nothing was computed that could have many decimals."""
    return factors.amount is not None and factors.discounts is None


def cannot_add(export: Export, values: money.Amounts, why: str) -> InputProblem:
    """Return the refusal of amounts that cannot be added up exactly, at the line of the largest."""
    row = int(np.nanargmax(np.abs(np.nan_to_num(values))))
    standard = columns.AMOUNT if columns.AMOUNT in export.recognition.columns else columns.UNIT_PRICE
    return InputProblem(
        f"amounts too large to be added up exactly: this is the largest, and {why}",
        source=export.content.name,
        line=export.cells.line(row),
        column=export.recognition.columns.get(standard),
        remedy="Correct the line, or check the decimal mark and declare it with --decimal",
    )


def require_exact_sum(export: Export, quantity: money.Amounts, scale: int) -> None:
    """Refuse quantities that cannot be added up exactly in this unit.

    Raises:
        InputProblem: with the line of the largest.
    """
    units = money.units(quantity, scale)
    small = np.where(np.abs(quantity) < money.LARGEST_EXACT, quantity, 0.0)
    is_rounded = money.are_finer(small, money.units(small, scale), scale).any()
    if is_rounded or money.magnitude(units) >= money.CAPACITY or np.abs(quantity).max() >= money.EXACT_FLOAT:
        row = int(np.abs(quantity).argmax())
        raise InputProblem(
            "quantities too large to be added up exactly: this is the largest",
            source=export.content.name,
            line=export.cells.line(row),
            column=export.recognition.columns[columns.QUANTITY],
            remedy="Correct the line, or check the decimal mark and declare it with --decimal",
        )


def _finer(factors: AmountFactors, values: money.Amounts, units: money.Units, scale: int) -> Mask:
    """Tell which amounts lose digits; of computed ones only those that are lost as a whole."""
    if is_written(factors):
        return money.are_finer(values, units, scale)
    is_lost: Mask = (units == 0) & (np.abs(np.nan_to_num(values)) > DUST)
    return is_lost


def _exact_amounts(
    export: Export, factors: AmountFactors, values: money.Amounts, rows: Rows, standard: str
) -> Iterator[tuple[int, Decimal]]:
    """Yield the exact amounts of rows, as they are written or computed, with the sign of the values."""
    if not len(rows):
        return
    sizes = [abs(size) for size in _sizes(export, factors, rows, standard)]
    for row, size in zip(rows.tolist(), _less_discounts(export, factors, values, rows, sizes), strict=True):
        value = float(values[row])
        nearest = size if abs(float(size) - abs(value)) <= abs(value) * money.FLOAT_NOISE else Decimal(repr(abs(value)))
        yield row, nearest.copy_sign(Decimal(value))


def _sizes(export: Export, factors: AmountFactors, rows: Rows, standard: str) -> list[Decimal]:
    """Return the exact amounts before discounts."""
    if factors.amount is not None:
        return _read_exactly(export, standard, factors.amount, rows)
    assert factors.price is not None
    prices = _read_exactly(export, columns.UNIT_PRICE, factors.price, rows)
    if factors.quantity is None:
        return prices
    quantities = _read_exactly(export, columns.QUANTITY, factors.quantity, rows)
    return [price * quantity for price, quantity in zip(prices, quantities, strict=True)]


def _less_discounts(
    export: Export, factors: AmountFactors, values: money.Amounts, rows: Rows, sizes: list[Decimal]
) -> list[Decimal]:
    """Subtract the discounts of lines; floats divide that of a whole order, within their precision."""
    kind, discounts = export.source.discount, factors.discounts
    if discounts is None or kind in (None, "none"):
        return sizes
    off = [Decimal(repr(float(value))) for value in discounts.values[rows]]
    if discounts.is_percent and kind != "fraction":
        kind = "percent"
    if kind == "order":
        return [Decimal(repr(abs(float(value)))) for value in values[rows]]
    if kind == "line":
        return [max(size - less, Decimal()) for size, less in zip(sizes, off, strict=True)]
    whole = Decimal(int(PERCENT) if kind == "percent" else 1)
    return [max(size * (whole - less) / whole, Decimal()) for size, less in zip(sizes, off, strict=True)]


def _read_exactly(export: Export, standard: str, values: money.Amounts, rows: Rows) -> list[Decimal]:
    texts = export.cells.coded(export.recognition.columns[standard])
    return [
        _parse_exactly(texts.at(row), float(value), export.source)
        for row, value in zip(rows.tolist(), values[rows], strict=True)
    ]


def _parse_exactly(text: str, value: float, source: Source) -> Decimal:
    """Return the exact number of a text that was read as a float: by the decimal mark at which both agree."""
    found = (numbers.exact(text, mark, source) for mark in ".,")
    return next((exact for exact in found if exact is not None and float(exact) == value), Decimal(repr(value)))
