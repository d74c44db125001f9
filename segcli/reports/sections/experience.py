"""How customers say they fare, for all and by segment: NPS, CSAT, CES, handling time, coded sentiment."""

from collections.abc import Iterable
from dataclasses import replace

from segcli import columns
from segcli.model import Customers
from segcli.reports import sparing, tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings
from segcli.segment import experience

TITLE = "Experience"


def build_blocks(findings: Findings) -> Iterable[Block]:
    """A table per segmentation, each score with its interval, answers and response rate."""
    customers = _align_effort_scores(findings)
    answered_measures = [
        entry for entry in experience.EXPERIENCE_MEASURES if experience.read_answers(customers, entry) is not None
    ]
    if not answered_measures:
        yield Text(["The table has no answers."])
        return
    for entry in findings.persona_segmentations:
        yield Heading(entry.column, level=3)
        score_rows = experience.score_by_segment(customers, entry.segments, entry.labels)
        yield tables.build_table(sparing.blank_small_counts(score_rows, findings.privacy.smallest_group))
    yield Text(
        [
            (
                f"A score of fewer than {experience.MIN_ANSWERS_FOR_SCORE} answers is not shown. "
                "Intervals are of 95 per cent."
            )
        ]
    )


def _align_effort_scores(findings: Findings) -> Customers:
    """The customers with CES answers of which high ones mean easy, as the base ces was told."""
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
