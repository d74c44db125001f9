"""The reduction: order lines -> one row per customer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from segcli import columns as c
from segcli.counting import counted
from segcli.customers import runs as r
from segcli.customers.measures import Facts, Scales, table
from segcli.customers.of_lines import returned_of, runs_of
from segcli.customers.purchases import Purchases, purchases
from segcli.customers.runs import Returned
from segcli.ingest import money
from segcli.model import Customers, Reading, Transactions

ALONE = (
    "return line belongs to customers without a purchase and is left out",
    "return lines belong to customers without a purchase and are left out",
)
CUSTOMER, ORDER = "customer", "order"  # integer codes while reducing; they are not columns of any table


def reduce(transactions: Transactions, wanted: Sequence[str] = ()) -> Customers:
    """Measure every customer who bought: what is wanted, by default everything.

    Returns:
        Customers sorted by customer_id. Sums of money are exact, so the order of lines changes nothing.
    """
    lines = transactions.lines
    bought = lines[~lines[c.IS_RETURN]]
    scale = money.scale_for(bought[c.QUANTITY].to_numpy()) if c.QUANTITY in bought else 1
    runs = runs_of(bought, transactions, scale)
    made = purchases(runs)
    back = given_back(made, returned_of(lines))
    scales = Scales(transactions.money_scale, scale, transactions.returns)
    found = table(Facts(made, transactions.as_of, back, scales), wanted)
    reading = transactions.reading
    return Customers(found, transactions.as_of, (reading,), only_returns(reading), transactions=transactions)


def given_back(made: Purchases, returned: Returned) -> r.Units:
    """Money that each customer who bought was given back, in units, never above 0."""
    back = np.zeros(len(made.ids), dtype=np.int64)
    if len(returned):
        places = places_of(made, returned)
        np.add.at(back, places[places >= 0], (returned.money - returned.refunded)[places >= 0])
    if r.REFUNDED in made.sums:
        back -= np.add.reduceat(made.sums[r.REFUNDED], made.starts)
    return back


def coded(lines: pd.DataFrame, collapse: str) -> pd.DataFrame:
    """Lines with integer codes of their customer and of their order (the purchase), as `customer` and `order`."""
    customer = lines[c.CUSTOMER_ID].cat.codes.to_numpy(dtype=np.int64)
    within: npt.NDArray[Any] = np.arange(len(lines))
    if collapse == "day":
        within = lines[c.ORDER_DATE].to_numpy().astype("datetime64[D]")
    elif c.ORDER_ID in lines:
        blank = (lines[c.ORDER_ID] == "").to_numpy()
        within = np.where(
            blank, -1 - within, lines[c.ORDER_ID].cat.codes.to_numpy()
        )  # without an id, a line is an order
    order = pd.DataFrame({"c": customer, "o": within}).groupby(["c", "o"], sort=False).ngroup().to_numpy()
    return lines.assign(**{CUSTOMER: customer, ORDER: order})


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
