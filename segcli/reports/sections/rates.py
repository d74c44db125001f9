"""Section with repeat purchase, retention, churn and referral rates, for all and by segment."""

from collections.abc import Iterable

from segcli.message import message
from segcli.reports import disclosure, tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings
from segcli.segment.customer_rates import compute_segment_rates

TITLE = message("Rates")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a table per segmentation: each rate with its base and interval."""
    for segmentation in findings.persona_segmentations:
        rate_rows = compute_segment_rates(segmentation)
        if rate_rows.empty:
            yield Text([message("The table has no orders and no referrers.")])
            return
        yield Heading(segmentation.column, level=3)
        yield tables.build_table(disclosure.blank_small_counts(rate_rows, findings.privacy.smallest_group))
    if findings.customers.transactions is None:
        yield Text([message("Retention and churn need an order export; the input has one row per customer.")])
