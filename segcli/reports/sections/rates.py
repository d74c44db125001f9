"""Repeat purchase, retention, churn and referral, for all and by segment."""

from collections.abc import Iterable

from segcli.reports import sparing, tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings
from segcli.segment.rates import rates

TITLE = "Rates"


def blocks(findings: Findings) -> Iterable[Block]:
    """A table per segmentation, each rate with whom it is of and its interval."""
    for one in findings.described:
        rows = rates(findings.customers, one.segments, one.labels)
        if rows.empty:
            yield Text(["The table has no orders and no referrers."])
            return
        yield Heading(one.column, level=3)
        yield tables.found(sparing.blank_few(rows, findings.privacy.smallest))
    if findings.customers.transactions is None:
        yield Text(["Retention and churn need single orders, and the input holds one row per customer."])
