"""Cohorts: customers with the same first period, and the share of them who buy in each later period.

retention[c, t] = customers of c who bought in their period t / customers of c whose period t lies within the data. It
is blank after the end of the data. Period 0 is the calendar period of the first purchase.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns, formatting
from segcli.config.cohort import CohortSettings
from segcli.customers.order_history import CUSTOMER_ROW, LINE_MONEY, ORDER_DAY, list_orders
from segcli.errors import UsageProblem
from segcli.message import message
from segcli.model import Customers

MONTHS_PER_PERIOD = {"month": 1, "quarter": 3}
COHORT, PERIOD, COHORT_SIZE, OBSERVED_CUSTOMERS = "cohort", "period", "size", "watched"
RETENTION, CUMULATIVE_VALUE = "retention", "value"
UNKNOWN_COHORT = "unknown"

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CohortAnalysis:
    """Cohort table and notes; `table` has one row per cohort and period.

    Columns: cohort; period (0, 1, ...); size (customers of the cohort); watched (customers whose period lies within the
    data); customers (buyers among them); retention (customers / watched); orders. Where there is money, also revenue
    and value (cumulative revenue per customer, only for cohorts whose customers are all observed).
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def analyse_cohorts(customers: Customers, settings: CohortSettings) -> CohortAnalysis:
    """Compute the cohorts of an order export.

    Raises:
        InputProblem: the input is not an order export.
        UsageProblem: the cohort column does not exist.
    """
    purchase_rows = list_orders(customers)
    period_numbers = _number_periods(purchase_rows[ORDER_DAY], settings.period)
    first_periods = (
        pd.Series(period_numbers).groupby(purchase_rows[CUSTOMER_ROW].to_numpy()).min().to_numpy(dtype=np.int64)
    )
    cohort_names, cohort_order = _assign_cohorts(customers, settings, purchase_rows)
    last_period = int(period_numbers.max())
    events = pd.DataFrame(
        {
            COHORT: cohort_names[purchase_rows[CUSTOMER_ROW].to_numpy()],
            PERIOD: period_numbers - first_periods[purchase_rows[CUSTOMER_ROW].to_numpy()],
            CUSTOMER_ROW: purchase_rows[CUSTOMER_ROW].to_numpy(),
            columns.REVENUE: purchase_rows[LINE_MONEY].to_numpy(),
        }
    )
    has_money = customers.transactions is not None and customers.transactions.has_money
    table = _aggregate_events(
        events, _count_observed(cohort_names, first_periods, last_period, cohort_order), has_money=has_money
    )
    return CohortAnalysis(table, tuple(_build_notes(customers, settings, purchase_rows[ORDER_DAY])))


def _number_periods(days: pd.Series, period: str) -> IntArray:
    """Return the number of the calendar period of each day."""
    months = days.dt.year * 12 + days.dt.month - 1
    return np.asarray(months // MONTHS_PER_PERIOD[period], dtype=np.int64)


def _format_period(period_number: int, period: str) -> str:
    """Format a period number, such as `2024-03` or `2024-Q1`."""
    periods_per_year = 12 // MONTHS_PER_PERIOD[period]
    year, part = divmod(period_number, periods_per_year)
    return f"{year}-{part + 1:02}" if period == "month" else f"{year}-Q{part + 1}"


def _assign_cohorts(
    customers: Customers, settings: CohortSettings, purchase_rows: pd.DataFrame
) -> tuple[npt.NDArray[np.object_], list[str]]:
    """Return the cohort of each customer, and all cohorts in display order."""
    if settings.by in MONTHS_PER_PERIOD:
        first_days = purchase_rows.groupby(CUSTOMER_ROW, sort=True)[ORDER_DAY].min()
        period_numbers = _number_periods(first_days, settings.by)
        distinct_periods = np.unique(period_numbers)
        cohort_names = {
            int(period_number): _format_period(int(period_number), settings.by) for period_number in distinct_periods
        }
        return np.array([cohort_names[int(period_number)] for period_number in period_numbers], dtype=object), list(
            cohort_names.values()
        )
    if settings.by not in customers.table:
        column_names = ", ".join(map(str, customers.table.columns))
        raise UsageProblem(f"cohort.by: '{settings.by}' is not month, quarter or a column; available: {column_names}")
    cohort_values = customers.table[settings.by].astype("str").fillna("").str.strip().replace("", UNKNOWN_COHORT)
    return cohort_values.to_numpy(dtype=object), sorted(
        cohort_values.unique(), key=lambda name: (name == UNKNOWN_COHORT, name)
    )


def _count_observed(
    cohort_names: npt.NDArray[np.object_], first_periods: IntArray, last_period: int, cohort_order: list[str]
) -> pd.DataFrame:
    """Return the size of each cohort, and the number of its customers observed in each period."""
    spans = pd.DataFrame({COHORT: cohort_names, "span": last_period - first_periods})
    rows: list[tuple[str, int, int, int]] = []
    for cohort_name in cohort_order:
        sorted_spans = np.sort(spans.loc[spans[COHORT] == cohort_name, "span"].to_numpy())
        cohort_size = len(sorted_spans)
        observed_counts = cohort_size - np.searchsorted(sorted_spans, range(int(sorted_spans[-1]) + 1))
        rows += [
            (cohort_name, period, cohort_size, int(observed_count))
            for period, observed_count in enumerate(observed_counts)
        ]
    return pd.DataFrame(rows, columns=[COHORT, PERIOD, COHORT_SIZE, OBSERVED_CUSTOMERS])


def _aggregate_events(events: pd.DataFrame, observed_frame: pd.DataFrame, *, has_money: bool) -> pd.DataFrame:
    """Return the buyers, orders and revenue of each cohort and period."""
    groups = events.groupby([COHORT, PERIOD])
    cells = pd.DataFrame({columns.CUSTOMERS: groups[CUSTOMER_ROW].nunique(), columns.ORDERS: groups.size()})
    cells[columns.REVENUE] = groups[columns.REVENUE].sum()
    table = observed_frame.merge(cells.reset_index(), on=[COHORT, PERIOD], how="left")
    count_columns = [columns.CUSTOMERS, columns.ORDERS]
    table[count_columns] = table[count_columns].fillna(0).astype("int64")
    table.insert(5, RETENTION, table[columns.CUSTOMERS] / table[OBSERVED_CUSTOMERS])
    if not has_money:
        return table.drop(columns=columns.REVENUE)
    table[columns.REVENUE] = table[columns.REVENUE].fillna(0.0).round(6)
    cumulative_value = table.groupby(COHORT, sort=False)[columns.REVENUE].cumsum() / table[COHORT_SIZE]
    return table.assign(
        **{CUMULATIVE_VALUE: cumulative_value.where(table[OBSERVED_CUSTOMERS] == table[COHORT_SIZE]).round(6)}
    )


def _build_notes(customers: Customers, settings: CohortSettings, purchase_days: pd.Series) -> Iterator[str]:
    last_day = purchase_days.max().date()
    if customers.as_of is not None and not _is_period_end(last_day, settings.period):
        if settings.period == "month":
            yield message("the last month is not complete: the data end on {day}", day=last_day)
        else:
            yield message("the last quarter is not complete: the data end on {day}", day=last_day)
    if settings.by not in MONTHS_PER_PERIOD and settings.by.startswith(columns.TOP_PREFIX):
        yield message(
            "{label} is the most frequent value of a customer's orders, not the first",
            label=formatting.column_label(settings.by),
        )


def _is_period_end(day: date, period: str) -> bool:
    """Return whether a period ends with this day."""
    next_ordinal = day.toordinal() + 1
    next_day = date.fromordinal(next_ordinal)
    return next_day.day == 1 and (next_day.month - 1) % MONTHS_PER_PERIOD[period] == 0
