"""Cohorts: customers with the same first period, and the share of them who buy in each later period.

retention[c, t] = customers of c who bought in their period t / customers of c whose period t lies within the data. It
is blank after the end of the data. Period 0 is the calendar period of the first purchase.

Nothing that happens after its start decides who is in a cohort. A column of the order lines has the value of a
customer's first order, and a segmentation the segment at one day, from which the periods count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import IntArray
from segcli.config.cohort import CohortSettings
from segcli.customers.metrics import DESCRIPTIVE_LINE_COLUMNS
from segcli.customers.order_history import CUSTOMER_ROW, LINE_MONEY, ORDER_DAY, list_orders, list_purchase_lines
from segcli.errors import UsageProblem
from segcli.message import message
from segcli.model import Customers, Segmentation

MONTHS_PER_PERIOD = {"month": 1, "quarter": 3}
COHORT, PERIOD, COHORT_SIZE, OBSERVED_CUSTOMERS = "cohort", "period", "size", "watched"
RETENTION, CUMULATIVE_VALUE = "retention", "value"
UNKNOWN_COHORT = "unknown"
NO_COHORT = ""  # customers who came after the day of the segments
FIRST_PREFIX = "first_"
FIRST_COLUMNS = (columns.PRODUCT, *DESCRIPTIVE_LINE_COLUMNS)  # text columns of order lines


@dataclass(frozen=True, eq=False)
class CohortAnalysis:
    """Cohort table and notes; `table` has one row per cohort and period.

    Columns: cohort; period (0, 1, ...); size (customers of the cohort); watched (customers whose period lies within the
    data); customers (buyers among them); retention (customers / watched); orders. Where there is money, also revenue
    and value (cumulative revenue per customer, only for cohorts whose customers are all observed).
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def analyse_cohorts(
    customers: Customers, settings: CohortSettings, segmentations: Sequence[Segmentation] = ()
) -> CohortAnalysis:
    """Compute the cohorts of an order export.

    Args:
        customers: customers with their order lines.
        settings: the cohort definition.
        segmentations: segmentations that `cohort.by` may name.

    Raises:
        InputProblem: the input is not an order export.
        UsageProblem: the cohort column does not exist, or depends on later orders.
    """
    purchase_rows = list_orders(customers)
    period_numbers = _number_periods(purchase_rows[ORDER_DAY], settings.period)
    customer_rows = purchase_rows[CUSTOMER_ROW].to_numpy()
    first_periods = pd.Series(period_numbers).groupby(customer_rows).min().to_numpy(dtype=np.int64)
    last_period, notes = int(period_numbers.max()), list[str]()
    segmentation = next(
        (candidate for candidate in segmentations if settings.by in {candidate.column, candidate.name}), None
    )
    if segmentation is not None:
        start_period = (int(first_periods.min()) + last_period + 1) // 2
        cohort_names, note = _find_segments_at(segmentation, customers, start_period, settings)
        first_periods = np.full(len(first_periods), start_period)
        notes.append(note)
    else:
        cohort_names = _assign_cohorts(customers, settings, purchase_rows, notes)
    is_known = (cohort_names[customer_rows] != NO_COHORT) & (period_numbers >= first_periods[customer_rows])
    events = pd.DataFrame(
        {
            COHORT: cohort_names[customer_rows],
            PERIOD: period_numbers - first_periods[customer_rows],
            CUSTOMER_ROW: customer_rows,
            columns.REVENUE: purchase_rows[LINE_MONEY].to_numpy(),
        }
    )[is_known]
    has_money = customers.transactions is not None and customers.transactions.has_money
    observed = _count_observed(cohort_names, first_periods, last_period)
    table = _aggregate_events(events, observed, has_money=has_money)
    return CohortAnalysis(table, (*_note_incomplete_period(customers, settings, purchase_rows[ORDER_DAY]), *notes))


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
    customers: Customers, settings: CohortSettings, purchase_rows: pd.DataFrame, notes: list[str]
) -> npt.NDArray[np.object_]:
    """Return the cohort of each customer, and append notes on its definition."""
    if settings.by in MONTHS_PER_PERIOD:
        first_days = purchase_rows.groupby(CUSTOMER_ROW, sort=True)[ORDER_DAY].min()
        period_numbers = _number_periods(first_days, settings.by)
        return np.array([_format_period(int(number), settings.by) for number in period_numbers], dtype=object)
    line_column = settings.by.removeprefix(columns.TOP_PREFIX).removeprefix(FIRST_PREFIX)
    has_lines = customers.transactions is not None and line_column in customers.transactions.lines
    if has_lines and line_column in FIRST_COLUMNS:
        if not settings.by.startswith(FIRST_PREFIX):
            notes.append(
                message(
                    "{column} depends on later orders; cohorts use {label} of the first order",
                    column=settings.by,
                    label=line_column,
                )
            )
        return _find_first_values(customers, line_column)
    if settings.by not in customers.table or columns.is_computed(settings.by):
        raise UsageProblem(f"{_describe_unusable(customers, settings.by)}; change cohort.by")
    cohort_values = customers.table[settings.by].astype("str").fillna("").str.strip().replace("", UNKNOWN_COHORT)
    return cohort_values.to_numpy(dtype=object)


def _describe_unusable(customers: Customers, name: str) -> str:
    """Return why cohorts cannot be made by this column, and what they can be made by."""
    line_columns = customers.transactions.lines.columns if customers.transactions is not None else ()
    first_columns = [FIRST_PREFIX + column for column in FIRST_COLUMNS if column in line_columns]
    attributes = [
        column
        for column in map(str, customers.table.columns)
        if not columns.is_computed(column) and column != columns.CUSTOMER_ID
    ]
    available = ", ".join([*MONTHS_PER_PERIOD, *first_columns, *attributes])
    reason = "depends on later orders" if name in customers.table else "is not month, quarter or a column"
    return f"cohort.by: '{name}' {reason}; available: {available}"


def _find_first_values(customers: Customers, line_column: str) -> npt.NDArray[np.object_]:
    """Return the most frequent value on the lines of each customer's first day; ties go to the first in text order."""
    lines = list_purchase_lines(customers)
    is_first = lines[ORDER_DAY] == lines.groupby(CUSTOMER_ROW)[ORDER_DAY].transform("min")
    first_lines = pd.DataFrame(
        {
            CUSTOMER_ROW: lines.loc[is_first, CUSTOMER_ROW],
            COHORT: lines.loc[is_first, line_column].astype("str").fillna("").str.strip(),
        }
    )
    counts = first_lines[first_lines[COHORT] != ""].groupby([CUSTOMER_ROW, COHORT]).size().rename("lines").reset_index()
    counts = counts.sort_values([CUSTOMER_ROW, "lines", COHORT], ascending=[True, False, True])
    modes = counts.drop_duplicates(CUSTOMER_ROW).set_index(CUSTOMER_ROW)[COHORT]
    return modes.reindex(range(len(customers.table))).fillna(UNKNOWN_COHORT).to_numpy(dtype=object)


def _find_segments_at(
    segmentation: Segmentation, customers: Customers, start_period: int, settings: CohortSettings
) -> tuple[npt.NDArray[np.object_], str]:
    """Return the segment of each customer at the start of a period, and a note with the day."""
    assert customers.transactions is not None
    months = start_period * MONTHS_PER_PERIOD[settings.period]
    start_day = date(months // 12, months % 12 + 1, 1)
    labels = segmentation.labels_before((customers.transactions.as_of - start_day).days)
    if labels is None:
        raise UsageProblem(
            f"cohort.by: {segmentation.name} cannot be made for {start_day.isoformat()}, and segments of today depend "
            f"on later orders; available: {', '.join(MONTHS_PER_PERIOD)}, or a segmentation by RFM or rules"
        )
    note = message(
        "cohorts are the segments of {day}, the middle of the history, and periods count from then", day=start_day
    )
    return labels.fillna(NO_COHORT).to_numpy(dtype=object), note


def _count_observed(cohort_names: npt.NDArray[np.object_], first_periods: IntArray, last_period: int) -> pd.DataFrame:
    """Return the size of each cohort, and the number of its customers observed in each period."""
    spans = pd.DataFrame({COHORT: cohort_names, "span": last_period - first_periods})
    rows: list[tuple[str, int, int, int]] = []
    cohort_order = sorted(set(cohort_names) - {NO_COHORT}, key=lambda name: (name == UNKNOWN_COHORT, name))
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


def _note_incomplete_period(customers: Customers, settings: CohortSettings, purchase_days: pd.Series) -> Iterator[str]:
    last_day = purchase_days.max().date()
    if customers.as_of is not None and not _is_period_end(last_day, settings.period):
        if settings.period == "month":
            yield message("the last month is not complete: the data end on {day}", day=last_day)
        else:
            yield message("the last quarter is not complete: the data end on {day}", day=last_day)


def _is_period_end(day: date, period: str) -> bool:
    """Return whether a period ends with this day."""
    next_ordinal = day.toordinal() + 1
    next_day = date.fromordinal(next_ordinal)
    return next_day.day == 1 and (next_day.month - 1) % MONTHS_PER_PERIOD[period] == 0
