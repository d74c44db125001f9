"""How customers say they fare, for all and by segment: NPS, CSAT, CES, handling time, coded sentiment."""

from collections.abc import Iterable
from dataclasses import replace

from segcli import columns as c
from segcli.model import Customers
from segcli.reports import sparing, tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings
from segcli.segment import experience

TITLE = "Experience"


def blocks(findings: Findings) -> Iterable[Block]:
    """A table per segmentation, each score with its interval, answers and response rate."""
    customers = _ease_high(findings)
    asked = [one for one in experience.MEASURES if experience.answers(customers, one) is not None]
    if not asked:
        yield Text(["The table has no answers."])
        return
    for one in findings.described:
        yield Heading(one.column, level=3)
        rows = experience.by_segment(customers, one.segments, one.labels)
        yield tables.found(sparing.blank_few(rows, findings.privacy.smallest))
    yield Text([f"A score of fewer than {experience.FEWEST} answers is not shown. Intervals are of 95 per cent."])


def _ease_high(findings: Findings) -> Customers:
    """The customers with CES answers of which high ones mean easy, as the base ces was told."""
    customers = findings.customers
    told_by = [one for one in findings.segmentations if one.method.get("base") == c.CES]
    options = [one.provenance.settings[f"rules.{one.column}.options"] for one in told_by]
    if any(not told["easy_is_high"] for told in options):
        return replace(customers, table=customers.table.assign(**{c.CES: 8 - customers.table[c.CES]}))
    return customers
