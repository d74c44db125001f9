"""Recency, frequency and monetary value of each customer, taken from the customer table."""

from dataclasses import dataclass

import numpy as np

from segcli import columns as c
from segcli.config.rfm import RfmSettings
from segcli.counting import counted
from segcli.customers.missing import measures_remedy
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.scoring import Values

MONETARY = {
    "sum": c.REVENUE,
    "mean": c.AVERAGE_ORDER_VALUE,
    "median": c.MEDIAN_ORDER_VALUE,
    "max": c.LARGEST_ORDER,
}


@dataclass(frozen=True)
class Dimension:
    """One of the three: `letter` is r, f or m, `name` as in rfm.edges, `column` where the values come from."""

    letter: str
    name: str
    column: str
    values: Values

    @property
    def low_is_best(self) -> bool:
        """Recency is best when small."""
        return self.letter == "r"


def required_measures(settings: RfmSettings) -> tuple[str, ...]:
    """Return the columns of the customer table that RFM scores or writes."""
    return tuple(dict.fromkeys((*c.RFM_MEASURES, MONETARY[settings.monetary])))


def dimensions(customers: Customers, monetary: str) -> tuple[Dimension, ...]:
    """The dimensions the table has: recency and orders always, monetary value if there is money.

    Raises:
        InputProblem: there are no customers, or recency or orders are missing.
    """
    table, source = customers.table, customers.readings[0].input.name
    require_customers(customers)
    wanted = (
        ("r", "recency", c.RECENCY_DAYS),
        ("f", "frequency", c.ORDERS),
        ("m", "monetary", MONETARY[monetary]),
    )
    absent = [column for letter, _, column in wanted if letter != "m" and column not in table]
    if absent:
        raise InputProblem(
            f"no {' and no '.join(absent)}: RFM needs orders with dates, or a table with recency_days and orders; "
            f"the columns are: {', '.join(table.columns)}",
            source=source,
            remedy="Map what is there with --map order_date=NAME; rules and cluster need no orders",
        )
    if wanted[2][2] not in table and c.REVENUE in table:
        raise InputProblem(
            f"the table has no column '{wanted[2][2]}', which rfm.monetary: {monetary} scores",
            source=source,
            remedy=measures_remedy(customers, [wanted[2][2]]) or "Set rfm.monetary to sum, or give the order export",
        )
    present = [(letter, name, column) for letter, name, column in wanted if column in table]
    return tuple(Dimension(letter, name, column, _values(customers, column)) for letter, name, column in present)


def require_customers(customers: Customers) -> None:
    """Refuse to segment nobody.

    Raises:
        InputProblem: the table has no row.
    """
    if customers.table.empty:
        raise InputProblem(
            "no transactions: there is a header and nothing below it",
            source=customers.readings[0].input.name,
            remedy="Export a period with orders",
        )


def _values(customers: Customers, column: str) -> Values:
    values = customers.table[column]
    source = customers.readings[0].input.name
    if values.dtype.kind not in "iuf":
        raise InputProblem(
            "is not a column of numbers", source=source, column=column, remedy="Say how they are written with --decimal"
        )
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = int(np.isnan(numbers).sum())
    if missing:
        raise InputProblem(
            f"{counted(missing, 'customer has no value', 'customers have no value')}",
            source=source,
            column=column,
            remedy="Fill them in, or leave these customers out",
        )
    return numbers
