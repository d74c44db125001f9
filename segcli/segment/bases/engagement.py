"""Behavioural: engagement of a customer, by recency and frequency of all their events."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli.config.section import Section
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _events

SOURCE = (
    "recency and frequency (Hughes, Strategic database marketing, 1994) of events instead of orders; frequency counts "
    "distinct days, so that a log with many rows per visit does not outweigh the others"
)
NEEDS = "tables of ingest.events"
ADDS = ("engagement_days_since_last", "engagement_active_days")
ORDER = ("very active", "active", "less active", "inactive", "none")
PASSIVE_TYPES = ("sent", "delivered", "undelivered", "unsubscribed")  # not interest of the customer


class Options(Section):
    """Tables of events, their window, and the thresholds of the classes."""

    tables: list[str] = Field(default_factory=list, description="Tables of ingest.events. Default: all.")
    days: int = Field(90, ge=1, description="Days before the as-of day in which active days count.")
    recent_days: int = Field(30, ge=0, description="Days since the last event up to which a customer is active.")
    frequent_days: int = Field(5, ge=1, description="Active days in the window from which a customer is very active.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign very active, active, less active, inactive or none. Sends, bounces and unsubscribes do not count.

    Very active and active customers had an event within `recent_days`, less active customers within `days`.
    """
    tables = options.tables or list(customers.events)
    if not tables:
        raise InputProblem(
            "no tables of events", source="rules.engagement", remedy="read each with --set ingest.events.NAME.path=FILE"
        )
    days_since_last = np.full(len(customers.table), np.iinfo(np.int64).max)
    active_days = [_collect_days(customers, table, days_since_last) for table in tables]
    pairs = pd.concat(active_days).drop_duplicates()
    counts = np.bincount(pairs["customer"][pairs["days"] <= options.days], minlength=len(customers.table))
    has_events = days_since_last < np.iinfo(np.int64).max
    is_recent = days_since_last <= options.recent_days
    labels = np.select(
        [is_recent & (counts >= options.frequent_days), is_recent, days_since_last <= options.days, has_events],
        ORDER[:-1],
        ORDER[-1],
    ).astype(object)
    scores = pd.DataFrame(
        {ADDS[0]: pd.Series(days_since_last).where(has_events).astype("Int64"), ADDS[1]: counts}
    ).set_axis(customers.table.index)
    note = message("events of the tables: {tables}", tables=", ".join(tables))
    return BaseResult(labels, tuple(name for name in ORDER if (labels == name).any()), (note,), scores=scores)


def _collect_days(customers: Customers, table: str, days_since_last: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return the distinct days with an event of each customer, and lower `days_since_last` in place."""
    rows = _events.select_events(customers, "engagement", table)
    if "type" in rows.table:
        is_passive = [rows.mark_words("type", "event_types", words) for words in PASSIVE_TYPES]
        rows = rows.filter(~np.logical_or.reduce(is_passive))
    np.minimum.at(days_since_last, rows.positions, rows.days_ago)
    return pd.DataFrame({"customer": rows.positions, "days": rows.days_ago}).drop_duplicates()
