"""Money as whole numbers of a small unit, so that sums are exact and do not depend on the order of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

FINEST = 1_000_000
SCALES = (FINEST, 10_000, 100, 1)
CAPACITY = 2**62
TOLERANCE = 0.011  # of amounts that are compared with sums or products: both are rounded to cents
EXACT_FLOAT = 2**53  # up to which a float holds every whole number
LARGEST_EXACT = 2**51 / FINEST  # amounts below it are the nearest whole units of the float they were read as
FLOAT_NOISE = 2.0**-51  # relative error of an amount that was read, and multiplied by the units in 1.00
HALF_CENT = Fraction(1, 200)

Units = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scales:
    """Units in 1.00 of money and in one item; what is added to each other has the same."""

    money: int = FINEST
    items: int = FINEST


def scale_for(amounts: Amounts) -> int:
    """Units per 1.00: a millionth, or the coarser unit at which even the sum of all amounts fits 64 bits."""
    total = float(np.abs(np.nan_to_num(amounts)).sum())
    return next((scale for scale in SCALES if total * scale < CAPACITY), 1)


def units(amounts: Amounts, scale: int) -> Units:
    """Amounts (NaN counts as nothing) in whole units; larger ones become `CAPACITY`, which no sum can hold."""
    return np.clip(np.rint(np.nan_to_num(amounts) * scale), -CAPACITY, CAPACITY).astype(np.int64)


def decimal_units(amount: Decimal, scale: int) -> int:
    """Return the nearest whole units of an exact amount, at most `CAPACITY`."""
    return max(-CAPACITY, min(int((amount * scale).to_integral_value()), CAPACITY))


def are_finer(amounts: Amounts, whole: Units, scale: int) -> npt.NDArray[np.bool_]:
    """Tell which amounts below `LARGEST_EXACT` are finer than a unit, so that their whole units are rounded."""
    exact = np.nan_to_num(amounts) * scale
    is_finer: npt.NDArray[np.bool_] = np.abs(exact - whole) > np.abs(exact) * FLOAT_NOISE
    return is_finer


def magnitude(*columns: Units) -> int:
    """Return the sum of all units without their signs: no sum of any of them is larger. `CAPACITY` stands for more."""
    total = sum(float(np.abs(column).sum(dtype=np.float64)) for column in columns)
    return CAPACITY if total >= CAPACITY else sum(int(np.abs(column).sum()) for column in columns)


def converted(money: Units, rate: Amounts | None) -> Units:
    """Money in another currency, by the rate of each entry (None: it is in that currency already)."""
    if rate is None:
        return money
    product = money * rate
    found = np.rint(np.clip(product, -CAPACITY, CAPACITY)).astype(np.int64)
    for row in np.flatnonzero(np.abs(product) >= EXACT_FLOAT / 4):  # of which a float may miss the nearest unit
        found[row] = decimal_units(Decimal(int(money[row])) * Decimal(repr(float(rate[row]))), 1)
    return found


def to_amounts(whole: Units, scale: int) -> Amounts:
    """Return units as money, each the nearest float, also where the units are more than a float can hold."""
    if not len(whole) or max(int(whole.max()), -int(whole.min())) <= EXACT_FLOAT:
        return whole / scale
    return np.array([unit / scale for unit in whole.tolist()])  # Python divides whole numbers exactly


def are_exact(whole: Sequence[int] | Units, scale: int) -> bool:
    """Tell whether floats hold all units, as money, to the cent."""
    if isinstance(whole, np.ndarray):
        whole = whole[np.abs(whole) > EXACT_FLOAT].tolist()
    return all(_is_exact(unit, scale) for unit in whole)


def _is_exact(unit: int, scale: int) -> bool:
    return abs(Fraction(unit / scale) - Fraction(unit, scale)) < HALF_CENT
