"""What customers who bought gave back."""

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from segcli.counting import counted
from segcli.customers import runs as r
from segcli.customers.purchases import Purchases
from segcli.customers.runs import Returned
from segcli.model import Reading

ALONE = (
    "return line belongs to customers without a purchase and is left out",
    "return lines belong to customers without a purchase and are left out",
)


def given_back(made: Purchases, returned: Returned) -> r.Units:
    """Money that each customer who bought was given back, in units, never above 0."""
    back = np.zeros(len(made.ids), dtype=np.int64)
    if len(returned):
        places = places_of(made, returned)
        np.add.at(back, places[places >= 0], (returned.money - returned.refunded)[places >= 0])
    if r.REFUNDED in made.sums:
        back -= np.add.reduceat(made.sums[r.REFUNDED], made.starts)
    return back


def places_of(made: Purchases, returned: Returned) -> npt.NDArray[np.int64]:
    """Which of the customers each return is of; -1 where they bought nothing."""
    if not len(returned):
        return np.empty(0, dtype=np.int64)
    found = pc.index_in(returned.customer, value_set=made.ids)
    return np.asarray(found.fill_null(-1)).astype(np.int64)


def only_returns(reading: Reading) -> tuple[str, ...]:
    """A warning about people who returned something and bought nothing."""
    alone = [f for f in reading.lines.ignored if f.reason == "return_without_purchase"] if reading.lines else []
    return tuple(counted(f.lines, *ALONE) for f in alone)
