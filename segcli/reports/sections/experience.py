"""Section with customer experience for all and by segment: NPS, CSAT, CES, handling time, coded sentiment."""

from collections.abc import Iterable
from dataclasses import replace

from segcli import columns
from segcli.message import message
from segcli.model import Customers
from segcli.reports import disclosure, tables
from segcli.reports.blocks import Block, Text, show_first
from segcli.reports.report import Findings
from segcli.segment import experience_metrics

TITLE = message("Experience")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a table per segmentation with scores, intervals, answers and response rates."""
    customers = _align_effort_scores(findings)
    answered_measures = [
        entry
        for entry in experience_metrics.EXPERIENCE_MEASURES
        if experience_metrics.read_answers(customers, entry) is not None
    ]
    if not answered_measures:
        yield Text([message("The table has no answers.")])
        return
    score_tables = (
        (entry.column, experience_metrics.score_by_segment(customers, entry.segments, entry.labels))
        for entry in findings.persona_segmentations
    )
    yield from show_first(
        (column, [tables.build_table(disclosure.blank_small_counts(score_rows, findings.privacy.smallest_group))])
        for column, score_rows in score_tables
    )
    yield Text(
        [
            (
                message(
                    "Scores from fewer than {minimum} answers are not shown. Intervals are 95% confidence intervals.",
                    minimum=experience_metrics.MIN_ANSWERS_FOR_SCORE,
                )
            )
        ]
    )


def _align_effort_scores(findings: Findings) -> Customers:
    """Return the customers with CES answers scaled so that high means easy, as set for the base `ces`."""
    customers = findings.customers
    ces_segmentations = [
        segmentation for segmentation in findings.segmentations if segmentation.method.get("base") == columns.CES
    ]
    options = [
        segmentation.provenance.settings[f"rules.{segmentation.column}.options"] for segmentation in ces_segmentations
    ]
    if any(not base_options["easy_is_high"] for base_options in options):
        return replace(customers, table=customers.table.assign(**{columns.CES: 8 - customers.table[columns.CES]}))
    return customers
