"""Behavioural: response of a customer to campaign messages, by the shares opened and clicked."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.arrays import IntArray
from segcli.config.section import Section
from segcli.customers.event_features import count_responses
from segcli.customers.event_rows import divide_by_count
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, _events, append_unknown, require_column
from segcli.segment.confidence_intervals import ratio_interval
from segcli.segment.experience_metrics import segment_masks

SOURCE = (
    "open rate and click rate: messages opened or clicked / messages sent in the window; intervals of a ratio by "
    "linearisation (Cochran, Sampling techniques, 1977), with the customer as the unit"
)
NEEDS = "a table of ingest.events with campaign sends: type (sent, opened, clicked), and message if there is one"
ADDS = ("campaign_response_messages", "campaign_response_open_share", "campaign_response_click_share")
ORDER = ("clicks", "opens", "seldom opens", "never responds")


class Options(Section):
    """Table of the sends, their window, and the thresholds of the classes."""

    table: str = Field("campaigns", description="Table of ingest.events.")
    days: int = Field(180, ge=1, description="Days before the as-of day whose messages count.")
    minimum_messages: int = Field(
        3, ge=1, description="Messages that a customer must have been sent; customers with fewer are unknown."
    )
    clicks: float = Field(0.05, gt=0, le=1, description="Share of messages clicked from which a customer clicks.")
    opens: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Share of messages opened from which a customer opens. Some mail programs open every message.",
    )
    by: list[str] = Field(
        default_factory=list, description="Segmentations for rates by segment, for example [rfm_segment]."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the first matching class of clicks, opens, seldom opens and never responds."""
    rows = _events.select_events(customers, "campaign_response", options.table, "type", days=options.days)
    opened, sent = count_responses(rows, "opened")
    clicked, _ = count_responses(rows, "clicked")
    open_share, click_share = (divide_by_count(answered, sent).to_numpy() for answered in (opened, clicked))
    labels = np.select(
        [
            sent < options.minimum_messages,
            click_share >= options.clicks,
            open_share >= options.opens,
            opened + clicked > 0,
        ],
        [UNKNOWN, *ORDER[:3]],
        ORDER[3],
    ).astype(object)
    scores = pd.DataFrame(dict(zip(ADDS, (sent, open_share, click_share), strict=True)), index=customers.table.index)
    all_customers = pd.Series("", index=customers.table.index, dtype="str")
    (total,) = _tabulate_rates([], all_customers, sent, opened, clicked).to_dict("records")
    tables: dict[str, pd.DataFrame] = {}
    for name in options.by:
        segments = require_column(customers, name).astype("str").fillna(UNKNOWN)
        title = message("{name} by {column}", name=message("Response rates"), column=name)
        tables[title] = _tabulate_rates(sorted(segments.unique()), segments, sent, opened, clicked)
    return BaseResult(labels, append_unknown(ORDER, labels), (_describe_total(total),), scores=scores, tables=tables)


def _tabulate_rates(
    names: list[str], segments: pd.Series, sent: IntArray, opened: IntArray, clicked: IntArray
) -> pd.DataFrame:
    """Return one row for all customers and one per segment: messages, and both rates with their intervals."""
    rows = []
    for name, mask in segment_masks(names, segments):
        is_counted = mask & (sent > 0)
        total, rates = int(sent[is_counted].sum()), list[float]()
        for answered in (opened[is_counted].astype(np.float64), clicked[is_counted].astype(np.float64)):
            low, high = ratio_interval(answered, sent[is_counted].astype(np.float64))
            rates += [answered.sum() / total if total else np.nan, max(low, 0.0), min(high, 1.0)]
        rows.append([name, int(is_counted.sum()), total, *rates])
    rate_columns = [f"{part}{rate}" for rate in ("open_rate", "click_rate") for part in ("", "low_", "high_")]
    return pd.DataFrame(rows, columns=[columns.SEGMENT_NAME, columns.CUSTOMERS, "messages", *rate_columns])


def _describe_total(total: Mapping[Hashable, Any]) -> str:
    if not total["messages"]:
        return message("no messages sent in the window")
    return message(
        "messages sent: {messages}; opened: {opened:.1%} (95% interval {open_low:.1%} to {open_high:.1%}); clicked: "
        "{clicked:.1%} ({click_low:.1%} to {click_high:.1%})",
        messages=total["messages"],
        opened=total["open_rate"],
        open_low=total["low_open_rate"],
        open_high=total["high_open_rate"],
        clicked=total["click_rate"],
        click_low=total["low_click_rate"],
        click_high=total["high_click_rate"],
    )
