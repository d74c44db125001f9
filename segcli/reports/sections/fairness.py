"""Whether segments treat groups of people alike, by columns kept for audits."""

from collections.abc import Iterator

import pandas as pd

from segcli.evidence.audit import Audit
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings

TITLE = "Fairness"
HOW_TO_READ = (
    "Balance is 1 where a segment has the same mix of groups as all customers, 0 where a group is absent. Nobody is in "
    "a segment because of these columns; features that go together with them can bring the same about."
)


def blocks(findings: Findings) -> Iterator[Block]:
    """How to read it, then each column: who is chosen, make-up of segments, features that give the group away."""
    if not findings.audits:
        yield Text(["No column is kept for audits (fairness.audit_only)."])
        return
    yield Text([HOW_TO_READ])
    for one in findings.audits:
        yield Heading(one.column, level=3)
        yield from _audit(one)


def _audit(one: Audit) -> Iterator[Block]:
    if one.selection is not None:
        yield Heading("Who is in a chosen segment", level=4)
        yield tables.found(one.selection.table)
    for column, rows in one.balances.items():
        yield Heading(f"Make-up of {column}", level=4)
        yield tables.found(rows)
    telling = one.proxies[one.proxies["strength"] != "small"] if len(one.proxies) else pd.DataFrame()
    if len(telling):
        yield Heading("Features that go together with it", level=4)
        yield tables.found(telling)
    else:
        yield Text(["No feature goes together with it more than weakly."])
    yield from tables.notes(one.notes)
