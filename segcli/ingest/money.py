"""Money as whole numbers of a small unit, so that sums are exact and do not depend on the order of rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FINEST = 1_000_000
SCALES = (FINEST, 10_000, 100, 1)
CAPACITY = 2**62


@dataclass(frozen=True)
class Scales:
    """Units in 1.00 of money and in one item; what is added to each other has the same."""

    money: int = FINEST
    items: int = FINEST


def scale_for(amounts: npt.NDArray[np.float64]) -> int:
    """Units per 1.00: a millionth, or the coarser unit at which even the sum of all amounts fits 64 bits."""
    largest = float(np.max(np.abs(np.nan_to_num(amounts)), initial=0.0))
    return next((scale for scale in SCALES if largest * scale * max(len(amounts), 1) < CAPACITY), 1)


def units(amounts: npt.NDArray[np.float64], scale: int) -> npt.NDArray[np.int64]:
    """Amounts (NaN counts as nothing) in whole units; larger ones become `CAPACITY`, which no sum can hold."""
    return np.clip(np.rint(np.nan_to_num(amounts) * scale), -CAPACITY, CAPACITY).astype(np.int64)


def converted(money: npt.NDArray[np.int64], rate: npt.NDArray[np.float64] | None) -> npt.NDArray[np.int64]:
    """Money in another currency, by the rate of each entry (None: it is in that currency already)."""
    return money if rate is None else np.rint(money * rate).astype(np.int64)
