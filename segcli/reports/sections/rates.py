"""Section with repeat purchase, retention, churn and referral rates, for all and by segment."""

from collections.abc import Iterable

from segcli.message import message
from segcli.reports import disclosure, tables
from segcli.reports.blocks import Block, Text, show_first
from segcli.reports.report import Findings
from segcli.segment.customer_rates import compute_segment_rates

TITLE = message("Rates")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a table per segmentation: each rate with its base and interval."""
    rate_tables = [(entry.column, compute_segment_rates(entry)) for entry in findings.persona_segmentations]
    if any(rate_rows.empty for _, rate_rows in rate_tables):
        yield Text([message("The table has no orders and no referrers.")])
        return
    yield from show_first(
        (column, [tables.build_table(disclosure.blank_small_counts(rate_rows, findings.privacy.smallest_group))])
        for column, rate_rows in rate_tables
    )
    if findings.customers.transactions is None:
        yield Text([message("Retention and churn need an order export; the input has one row per customer.")])
