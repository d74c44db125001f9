"""Represent money as integers of a small unit, so that sums are exact and independent of the order of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

FINEST_SCALE = 1_000_000
UNIT_SCALES = (FINEST_SCALE, 10_000, 100, 1)
UNIT_CAPACITY = 2**62
CENT_TOLERANCE = 0.011  # tolerance for comparing amounts with sums or products: both are rounded to cents
MAX_EXACT_FLOAT = 2**53  # a float holds every integer up to this one
MAX_EXACT_AMOUNT = 2**51 / FINEST_SCALE  # smaller amounts are the nearest integer units of their floats
FLOAT_NOISE = 2.0**-51  # relative error of an amount that was parsed and multiplied by the units per 1.00
HALF_CENT = Fraction(1, 200)

Units = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class UnitScales:
    """Units per 1.00 of money and per item; values must have the same scale to be added."""

    money: int = FINEST_SCALE
    items: int = FINEST_SCALE


def choose_scale(amounts: Amounts) -> int:
    """Return the units per 1.00: a million, or the largest scale at which the sum of all amounts fits into 64 bits."""
    total = float(np.abs(np.nan_to_num(amounts)).sum())
    return next((scale for scale in UNIT_SCALES if total * scale < UNIT_CAPACITY), 1)


def to_minor_units(amounts: Amounts, scale: int) -> Units:
    """Convert amounts to integer units; NaN becomes 0, and the result is clipped to `UNIT_CAPACITY`."""
    return np.clip(np.rint(np.nan_to_num(amounts) * scale), -UNIT_CAPACITY, UNIT_CAPACITY).astype(np.int64)


def decimal_to_units(amount: Decimal, scale: int) -> int:
    """Convert an exact amount to the nearest integer units, clipped to `UNIT_CAPACITY`."""
    return max(-UNIT_CAPACITY, min(int((amount * scale).to_integral_value()), UNIT_CAPACITY))


def find_rounded_amounts(amounts: Amounts, rounded_units: Units, scale: int) -> npt.NDArray[np.bool_]:
    """Mark the amounts below `MAX_EXACT_AMOUNT` that are finer than a unit, so that their units are rounded."""
    exact = np.nan_to_num(amounts) * scale
    is_finer: npt.NDArray[np.bool_] = np.abs(exact - rounded_units) > np.abs(exact) * FLOAT_NOISE
    return is_finer


def total_magnitude(*columns: Units) -> int:
    """Return the sum of absolute units, an upper bound of any sum of them; at most `UNIT_CAPACITY`."""
    total = sum(float(np.abs(column).sum(dtype=np.float64)) for column in columns)
    return UNIT_CAPACITY if total >= UNIT_CAPACITY else sum(int(np.abs(column).sum()) for column in columns)


def convert_currency(minor_units: Units, rate: Amounts | None) -> Units:
    """Convert money to another currency by the rate of each entry; None means that no conversion is needed."""
    if rate is None:
        return minor_units
    product = minor_units * rate
    converted_units = np.rint(np.clip(product, -UNIT_CAPACITY, UNIT_CAPACITY)).astype(np.int64)
    for row in np.flatnonzero(np.abs(product) >= MAX_EXACT_FLOAT / 4):  # for these, a float may miss the nearest unit
        converted_units[row] = decimal_to_units(Decimal(int(minor_units[row])) * Decimal(repr(float(rate[row]))), 1)
    return converted_units


def from_minor_units(minor_units: Units, scale: int) -> Amounts:
    """Convert units to money, each the nearest float, even if the units exceed the integers that a float can hold."""
    if not len(minor_units) or max(int(minor_units.max()), -int(minor_units.min())) <= MAX_EXACT_FLOAT:
        return minor_units / scale
    return np.array([unit / scale for unit in minor_units.tolist()])  # Python divides integers exactly


def are_exact_floats(minor_units: Sequence[int] | Units, scale: int) -> bool:
    """Return whether floats can represent all units, as money, to the cent."""
    if isinstance(minor_units, np.ndarray):
        minor_units = minor_units[np.abs(minor_units) > MAX_EXACT_FLOAT].tolist()
    return all(_is_exact_float(unit, scale) for unit in minor_units)


def _is_exact_float(unit: int, scale: int) -> bool:
    return abs(Fraction(unit / scale) - Fraction(unit, scale)) < HALF_CENT
