"""Section with fairness audits: whether segments treat groups of people alike, by audit columns."""

from collections.abc import Iterator

import pandas as pd

from segcli.evaluation.fairness_audit import FairnessAudit
from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Details, Heading, Text
from segcli.reports.report import Findings

TITLE = message("Fairness")
BALANCE_EXPLANATION = message(
    "Balance is 1 where a segment has the same mix of groups as all customers, 0 where a group is absent. segcli "
    "does not use these columns to assign segments, but correlated features can have the same effect."
)


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield a reading guide, then for each column the selection, the make-up of segments and proxy features."""
    if not findings.audits:
        yield Text([message("No audit columns are configured (fairness.audit_only).")])
        return
    yield Text([BALANCE_EXPLANATION])
    for audit in findings.audits:
        yield Heading(audit.column, level=3)
        yield from _build_audit_blocks(audit)


def _build_audit_blocks(audit: FairnessAudit) -> Iterator[Block]:
    if audit.selection is not None:
        yield Heading(message("Selection rates"), level=4)
        yield tables.build_table(audit.selection.table)
    for column, balance_rows in audit.balance_tables.items():
        yield Details(message("Composition of {column}", column=column), [tables.build_table(balance_rows)])
    proxy_features = (
        audit.proxy_table[audit.proxy_table["strength"] != "small"] if len(audit.proxy_table) else pd.DataFrame()
    )
    if len(proxy_features):
        yield Heading(message("Correlated features"), level=4)
        yield tables.build_table(proxy_features)
    else:
        yield Text([message("No feature has more than a weak association with it.")])
    yield from tables.build_note_blocks(audit.notes)
