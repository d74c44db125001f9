"""Experience: support that a customer needs, by tickets, handle time and low satisfaction."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.section import Section
from segcli.customers.event_features import name_feature
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, read_optional
from segcli.segment.experience_metrics import segment_masks

SOURCE = (
    "burden = tickets in 365 days x handle time of the customer's tickets / handle time of all tickets; without handle "
    "times, the number of tickets"
)
NEEDS = "tickets_count_365d of a table of ingest.events; tickets_handle_time and tickets_csat_mean if there are any"
ADDS = ("support_burden_tickets", "support_burden_score")
ORDER = ("heavy and dissatisfied", "dissatisfied", "heavy", "light", "none")
BINARY_CSAT_LIMIT, CSAT_LIMIT = 0.5, 3.0  # of ratings from 0 to 1, and of stars or points


class Options(Section):
    """Table of the tickets, and the thresholds of the classes."""

    table: str = Field("tickets", description="Table of ingest.events with the tickets.")
    heavy: float = Field(3.0, gt=0, description="Burden, in average tickets a year, from which it is heavy.")
    low_csat: float | None = Field(
        None,
        description="Mean satisfaction below which a customer is dissatisfied. Default: 3, or 0.5 if no customer has "
        "more than 1.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign heavy and dissatisfied, dissatisfied, heavy or light. Customers without tickets in 365 days are none."""
    tickets, handle_time, csat = (
        read_optional(customers.table, name_feature(options.table, feature))
        for feature in ("count_365d", "handle_time", "csat_mean")
    )
    if np.isnan(tickets).all():
        raise InputProblem(
            f"the table has no column '{name_feature(options.table, 'count_365d')}'",
            source=customers.input_reports[0].input.name,
            remedy=f"declare the tickets with --set ingest.events.{options.table}.path=FILE, or set the option table",
        )
    tickets = np.nan_to_num(tickets)
    burden = _measure_burden(tickets, handle_time)
    low_csat = options.low_csat if options.low_csat is not None else _choose_limit(csat)
    is_heavy, is_dissatisfied = burden >= options.heavy, csat < low_csat
    labels = np.select(
        [tickets == 0, is_heavy & is_dissatisfied, is_dissatisfied, is_heavy], [ORDER[-1], *ORDER[:3]], "light"
    ).astype(object)
    scores = pd.DataFrame({ADDS[0]: tickets.astype(np.int64), ADDS[1]: burden.round(6)}, index=customers.table.index)
    order = tuple(name for name in ORDER if (labels == name).any())
    table = _tabulate_burden(order, labels, tickets, handle_time, csat)
    notes = [message("tickets in 365 days: {count}", count=int(tickets.sum()))]
    if not np.isnan(csat).all():
        notes.append(message("dissatisfied: mean satisfaction below {limit:g}", limit=low_csat))
    return BaseResult(labels, order, tuple(notes), scores=scores, tables={message("Tickets by segment"): table})


def _measure_burden(tickets: FloatArray, handle_time: FloatArray) -> FloatArray:
    """Return the burden in average tickets; a customer without known handle times has average tickets."""
    is_known = ~np.isnan(handle_time) & (tickets > 0)
    total_time = float((tickets[is_known] * handle_time[is_known]).sum())
    if not total_time:
        return tickets
    mean_time = total_time / float(tickets[is_known].sum())
    return np.where(is_known, tickets * handle_time / mean_time, tickets)


def _choose_limit(csat: FloatArray) -> float:
    return BINARY_CSAT_LIMIT if not np.isnan(csat).all() and np.nanmax(csat) <= 1 else CSAT_LIMIT


def _tabulate_burden(
    order: tuple[str, ...],
    labels: npt.NDArray[np.object_],
    tickets: FloatArray,
    handle_time: FloatArray,
    csat: FloatArray,
) -> pd.DataFrame:
    """Return customers, tickets, and the means per ticket and per customer, for all customers and by segment."""
    rows = []
    for name, mask in segment_masks(order, pd.Series(labels)):
        count, times = float(tickets[mask].sum()), np.where(tickets > 0, tickets * handle_time, np.nan)[mask]
        timed_count = float(tickets[mask][~np.isnan(times)].sum())
        rated = csat[mask & (tickets > 0) & ~np.isnan(csat)]
        rows.append(
            [
                name,
                int(mask.sum()),
                int(count),
                count / mask.sum() if mask.any() else np.nan,
                np.nansum(times) / timed_count if timed_count else np.nan,
                rated.mean() if len(rated) else np.nan,
            ]
        )
    return pd.DataFrame(
        rows,
        columns=[
            *(columns.SEGMENT_NAME, columns.CUSTOMERS, "tickets"),
            *("tickets_per_customer", "handle_time", "mean_satisfaction"),
        ],
    )
