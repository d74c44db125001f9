"""Money as whole numbers of a small unit, so that sums are exact and do not depend on the order of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

FINEST_SCALE = 1_000_000
UNIT_SCALES = (FINEST_SCALE, 10_000, 100, 1)
UNIT_CAPACITY = 2**62
CENT_TOLERANCE = 0.011  # of amounts that are compared with sums or products: both are rounded to cents
MAX_EXACT_FLOAT = 2**53  # up to which a float holds every whole number
MAX_EXACT_AMOUNT = 2**51 / FINEST_SCALE  # amounts below it are the nearest whole units of the float they were read as
FLOAT_NOISE = 2.0**-51  # relative error of an amount that was read, and multiplied by the units in 1.00
HALF_CENT = Fraction(1, 200)

Units = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class UnitScales:
    """Units in 1.00 of money and in one item; what is added to each other has the same."""

    money: int = FINEST_SCALE
    items: int = FINEST_SCALE


def choose_scale(amounts: Amounts) -> int:
    """Units per 1.00: a millionth, or the coarser unit at which even the sum of all amounts fits 64 bits."""
    total = float(np.abs(np.nan_to_num(amounts)).sum())
    return next((scale for scale in UNIT_SCALES if total * scale < UNIT_CAPACITY), 1)


def to_minor_units(amounts: Amounts, scale: int) -> Units:
    """Amounts (NaN counts as nothing) in whole units; larger ones become `UNIT_CAPACITY`, which no sum can hold."""
    return np.clip(np.rint(np.nan_to_num(amounts) * scale), -UNIT_CAPACITY, UNIT_CAPACITY).astype(np.int64)


def decimal_to_units(amount: Decimal, scale: int) -> int:
    """Return the nearest whole units of an exact amount, at most `UNIT_CAPACITY`."""
    return max(-UNIT_CAPACITY, min(int((amount * scale).to_integral_value()), UNIT_CAPACITY))


def find_rounded_amounts(amounts: Amounts, rounded_units: Units, scale: int) -> npt.NDArray[np.bool_]:
    """Tell which amounts below `MAX_EXACT_AMOUNT` are finer than a unit, so that their whole units are rounded."""
    exact = np.nan_to_num(amounts) * scale
    is_finer: npt.NDArray[np.bool_] = np.abs(exact - rounded_units) > np.abs(exact) * FLOAT_NOISE
    return is_finer


def total_magnitude(*columns: Units) -> int:
    """The sum of all units without their signs: no sum of any of them is larger. `UNIT_CAPACITY` stands for more."""
    total = sum(float(np.abs(column).sum(dtype=np.float64)) for column in columns)
    return UNIT_CAPACITY if total >= UNIT_CAPACITY else sum(int(np.abs(column).sum()) for column in columns)


def convert_currency(minor_units: Units, rate: Amounts | None) -> Units:
    """Money in another currency, by the rate of each entry (None: it is in that currency already)."""
    if rate is None:
        return minor_units
    product = minor_units * rate
    converted_units = np.rint(np.clip(product, -UNIT_CAPACITY, UNIT_CAPACITY)).astype(np.int64)
    for row in np.flatnonzero(np.abs(product) >= MAX_EXACT_FLOAT / 4):  # of which a float may miss the nearest unit
        converted_units[row] = decimal_to_units(Decimal(int(minor_units[row])) * Decimal(repr(float(rate[row]))), 1)
    return converted_units


def from_minor_units(minor_units: Units, scale: int) -> Amounts:
    """Return units as money, each the nearest float, also where the units are more than a float can hold."""
    if not len(minor_units) or max(int(minor_units.max()), -int(minor_units.min())) <= MAX_EXACT_FLOAT:
        return minor_units / scale
    return np.array([unit / scale for unit in minor_units.tolist()])  # Python divides whole numbers exactly


def are_exact_floats(minor_units: Sequence[int] | Units, scale: int) -> bool:
    """Tell whether floats hold all units, as money, to the cent."""
    if isinstance(minor_units, np.ndarray):
        minor_units = minor_units[np.abs(minor_units) > MAX_EXACT_FLOAT].tolist()
    return all(_is_exact_float(unit, scale) for unit in minor_units)


def _is_exact_float(unit: int, scale: int) -> bool:
    return abs(Fraction(unit / scale) - Fraction(unit, scale)) < HALF_CENT
