"""Repeat purchase, retention, churn and referral, for all and by segment."""

from collections.abc import Iterable

from segcli.reports import sparing, tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings
from segcli.segment.rates import compute_rates

TITLE = "Rates"


def build_blocks(findings: Findings) -> Iterable[Block]:
    """A table per segmentation, each rate with whom it is of and its interval."""
    for segmentation in findings.persona_segmentations:
        rate_rows = compute_rates(findings.customers, segmentation.segments, segmentation.labels)
        if rate_rows.empty:
            yield Text(["The table has no orders and no referrers."])
            return
        yield Heading(segmentation.column, level=3)
        yield tables.build_table(sparing.blank_small_counts(rate_rows, findings.privacy.smallest_group))
    if findings.customers.transactions is None:
        yield Text(["Retention and churn need single orders, and the input holds one row per customer."])
