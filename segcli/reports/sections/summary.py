"""Section with the key figures in a few sentences."""

from collections.abc import Iterable

import numpy as np

from segcli import columns, formatting
from segcli.evaluation.disclosure_control import WITHHELD_LABEL
from segcli.message import count_message, join_messages, message
from segcli.model import Segmentation
from segcli.reports.blocks import Block, Chart, Text
from segcli.reports.chart_blocks import build_lorenz_chart
from segcli.reports.report import Findings

TITLE = message("Summary")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield sentences about the customer base, each segmentation and inactive customers, then the revenue chart."""
    table = findings.customers.table
    sentences = [_describe_base(findings)]
    if columns.REVENUE in table and len(table):
        sorted_revenue = table[columns.REVENUE].sort_values(ascending=False)
        top_share = (
            sorted_revenue.iloc[: max(len(table) // 5, 1)].sum() / sorted_revenue.sum() if sorted_revenue.sum() else 0.0
        )
        sentences.append(
            message("The top 20% of customers generate {share} of revenue.", share=formatting.format_share(top_share))
        )
    if columns.ORDERS in table and len(table):
        sentences.append(
            message(
                "{share} of customers bought once.", share=formatting.format_share((table[columns.ORDERS] == 1).mean())
            )
        )
    sentences += [
        _describe_largest(segmentation, _count_segments(segmentation, findings))
        for segmentation in findings.persona_segmentations
    ]
    sentences += _describe_inactive(findings)
    yield Text(sentences, has_bullets=True)
    revenue_chart = _build_revenue_chart(findings)
    if revenue_chart is not None:
        yield revenue_chart


def _describe_inactive(findings: Findings) -> list[str]:
    """Return a sentence on the revenue share of the customers with above-median recency."""
    table = findings.customers.table
    if (
        columns.RECENCY_DAYS not in table
        or columns.REVENUE not in table
        or not len(table)
        or table[columns.REVENUE].sum() <= 0
    ):
        return []
    median_recency = float(table[columns.RECENCY_DAYS].median())
    is_inactive = table[columns.RECENCY_DAYS] > median_recency
    inactive_share, revenue_part = (
        formatting.format_share(is_inactive.mean()),
        table.loc[is_inactive, columns.REVENUE].sum() / table[columns.REVENUE].sum(),
    )
    return [
        count_message(
            "{share} of customers have not bought for more than {count} day; "
            "they account for {revenue_share} of revenue.",
            "{share} of customers have not bought for more than {count} days; "
            "they account for {revenue_share} of revenue.",
            round(median_recency),
            share=inactive_share,
            revenue_share=formatting.format_share(revenue_part),
        )
    ]


def _build_revenue_chart(findings: Findings) -> Chart | None:
    """Build the Lorenz curve, if there is revenue."""
    table, privacy = findings.customers.table, findings.privacy
    if columns.REVENUE not in table:
        return None
    revenue = table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=np.nan)
    return build_lorenz_chart(revenue, privacy.smallest_group, privacy.dominance_limit)


def _describe_base(findings: Findings) -> str:
    table, day = findings.customers.table, findings.customers.as_of
    facts = [count_message("{count} customer", "{count} customers", len(table))]
    if columns.ORDERS in table:
        facts.append(count_message("{count} order", "{count} orders", int(table[columns.ORDERS].sum())))
    if columns.REVENUE in table:
        facts.append(
            message(
                "revenue {money}",
                money=formatting.format_total(table[columns.REVENUE].sum(), findings.customers.currency),
            )
        )
    joined_facts = join_messages(", ", facts)
    if day:
        return message("{facts} as of {day}.", facts=joined_facts, day=day)
    return message("{facts}.", facts=joined_facts)


def _count_segments(segmentation: Segmentation, findings: Findings) -> int:
    """Return the number of segments, counting each suppressed one that is merged into a single row."""
    hidden_names = findings.guard.withheld_names.get(segmentation.column, ()) if findings.guard else ()
    return len(segmentation.profile) + max(len(hidden_names) - 1, 0)


def _describe_largest(segmentation: Segmentation, segment_count: int) -> str:
    """Return a sentence on the segment with the most revenue (or the largest one) and its share."""
    sort_column = columns.REVENUE_SHARE if columns.REVENUE_SHARE in segmentation.profile else columns.SHARE
    visible_segments = segmentation.profile[~segmentation.profile[columns.SEGMENT_NAME].str.startswith(WITHHELD_LABEL)]
    largest_segment = (
        (visible_segments if len(visible_segments) else segmentation.profile)
        .sort_values(sort_column, ascending=False, kind="stable")
        .iloc[0]
    )
    values = {
        "name": segmentation.name,
        "segment_name": largest_segment[columns.SEGMENT_NAME],
        "share": formatting.format_share(largest_segment[columns.SHARE]),
    }
    if columns.REVENUE_SHARE not in largest_segment:
        return count_message(
            "Of {count} {name} segment, {segment_name} is the largest: {share} of customers.",
            "Of {count} {name} segments, {segment_name} is the largest: {share} of customers.",
            segment_count,
            **values,
        )
    return count_message(
        "Of {count} {name} segment, {segment_name} has the highest share: "
        "{revenue_share} of revenue from {share} of customers.",
        "Of {count} {name} segments, {segment_name} has the highest share: "
        "{revenue_share} of revenue from {share} of customers.",
        segment_count,
        revenue_share=formatting.format_share(largest_segment[columns.REVENUE_SHARE]),
        **values,
    )
