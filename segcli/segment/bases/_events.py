"""Events that bases read: those of a table up to the as-of day, of the customers in the customer table."""

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.events import EVENT_ROLES, SHARED_ROLES
from segcli.customers.event_rows import EventRows
from segcli.errors import InputProblem, UsageProblem
from segcli.model import Customers


def select_events(
    customers: Customers, base: str, table: str, *needed_columns: str, days: int | None = None
) -> EventRows:
    """Return the events of a table, with the row of each event's customer.

    Args:
        customers: customers with events.
        base: name of the base, for errors.
        table: name of the table.
        needed_columns: columns that the table must have.
        days: days before the as-of day whose events count (default: all days).

    Raises:
        InputProblem: there is no such table, or it lacks a column.
        UsageProblem: there is no as-of day.
    """
    rows = customers.events.get(table)
    missing_names = [name for name in needed_columns if rows is None or name not in rows]
    if rows is None or missing_names:
        what = f"column {table}.{missing_names[0]}" if missing_names else f"table {table}"
        raise InputProblem(
            f"no {what} in the events; available: {_list_columns(customers)}",
            source=f"rules.{base}",
            remedy=_suggest_setting(table, "" if rows is None else missing_names[0]),
        )
    if customers.as_of is None:
        raise UsageProblem(f"the base {base} counts days up to the as-of day; hint: set it with --as-of")
    as_of = np.datetime64(customers.as_of)
    event_rows = EventRows.select(rows, customers.table[columns.CUSTOMER_ID], as_of, as_of + np.timedelta64(1, "D"))
    return event_rows if days is None else event_rows.filter(event_rows.days_ago <= days)


def _suggest_setting(table: str, column: str) -> str:
    """Return how to declare a table, or a column of a declared table."""
    setting = f"--set ingest.events.{table}"
    if not column:
        return f"read it with {setting}.path=FILE, or set the option table"
    if column in SHARED_ROLES:
        return f"name it with {setting}.{column}=NAME"
    if column in EVENT_ROLES:
        return f"name it with {setting}.columns.{column}=NAME, or set the option column"
    return "set the option column"


def _list_columns(customers: Customers) -> str:
    available = [
        f"{table}.{name}" for table, rows in customers.events.items() for name in rows.drop(columns=columns.CUSTOMER_ID)
    ]
    return ", ".join(available) or "none"


def read_texts(rows: EventRows, column: str) -> pd.Series:
    """Return a column as texts without surrounding blanks; blank if missing."""
    values = rows.table[column]
    return values.astype("str").where(values.notna(), "").str.strip()
