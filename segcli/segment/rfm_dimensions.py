"""RFM dimensions: recency, frequency and monetary value of each customer, from the customer table."""

from dataclasses import dataclass

import numpy as np

from segcli import columns
from segcli.config.rfm import RfmSettings
from segcli.customers.event_logs import describe_event_log
from segcli.customers.missing_measures import measures_remedy
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.model import Customers
from segcli.segment.scoring import ScoreValues

MONETARY_COLUMNS = {
    "sum": columns.REVENUE,
    "mean": columns.AVERAGE_ORDER_VALUE,
    "median": columns.MEDIAN_ORDER_VALUE,
    "max": columns.LARGEST_ORDER,
}


@dataclass(frozen=True)
class RfmDimension:
    """One RFM dimension: `letter` is r, f or m, `name` is its key in rfm.edges, `column` the source of its values."""

    letter: str
    name: str
    column: str
    values: ScoreValues

    @property
    def low_is_best(self) -> bool:
        """Whether low values are best, as for recency."""
        return self.letter == "r"


def list_rfm_measures(settings: RfmSettings) -> tuple[str, ...]:
    """Return the columns of the customer table that RFM scores or writes."""
    return tuple(dict.fromkeys((*columns.RFM_MEASURES, MONETARY_COLUMNS[settings.monetary])))


def read_dimensions(customers: Customers, monetary: str) -> tuple[RfmDimension, ...]:
    """Return the dimensions of the table: recency and orders always, monetary value if there is money.

    Raises:
        InputProblem: there are no customers, or recency or orders are missing.
    """
    table, source = customers.table, customers.input_reports[0].input.name
    require_customers(customers)
    dimension_columns = (
        ("r", "recency", columns.RECENCY_DAYS),
        ("f", "frequency", columns.ORDERS),
        ("m", "monetary", MONETARY_COLUMNS[monetary]),
    )
    missing_columns = [column for letter, _, column in dimension_columns if letter != "m" and column not in table]
    event_log = customers.input_reports[0].event_log
    if missing_columns and event_log is not None:
        raise describe_event_log(source, event_log)
    if missing_columns:
        option = "order_date=NAME" if columns.RECENCY_DAYS in missing_columns else "orders=NAME"
        raise InputProblem(
            f"no {' and no '.join(missing_columns)}: "
            "RFM needs orders with dates, or a table with recency_days and orders; "
            f"available: {', '.join(table.columns)}",
            source=source,
            remedy=f"name the column with --map {option}; rules and cluster need no orders",
        )
    if dimension_columns[2][2] not in table and columns.REVENUE in table:
        raise InputProblem(
            f"the table has no column '{dimension_columns[2][2]}', which rfm.monetary: {monetary} needs",
            source=source,
            remedy=measures_remedy(customers, [dimension_columns[2][2]])
            or "Set rfm.monetary to sum, or pass the order export",
        )
    present_dimensions = [(letter, name, column) for letter, name, column in dimension_columns if column in table]
    return tuple(
        RfmDimension(letter, name, column, _require_numbers(customers, column))
        for letter, name, column in present_dimensions
    )


def require_customers(customers: Customers) -> None:
    """Reject a table without customers.

    Raises:
        InputProblem: the table has no row.
    """
    if customers.table.empty:
        raise InputProblem(
            "no transactions: only a header, no rows",
            source=customers.input_reports[0].input.name,
            remedy="export a period that has orders",
        )


def _require_numbers(customers: Customers, column: str) -> ScoreValues:
    values = customers.table[column]
    source = customers.input_reports[0].input.name
    if values.dtype.kind not in "iuf":
        raise InputProblem(
            "is not numeric", source=source, column=column, remedy="set the decimal separator with --decimal"
        )
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    missing_count = int(np.isnan(numbers).sum())
    if missing_count:
        raise InputProblem(
            f"{pluralize(missing_count, 'customer has no value', 'customers have no value')}",
            source=source,
            column=column,
            remedy="fill in the values, or exclude these customers",
        )
    return numbers
