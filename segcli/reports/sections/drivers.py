"""What goes together with spend, repeat or satisfaction."""

from collections.abc import Iterator

from segcli.reports import tables
from segcli.reports.blocks import Block
from segcli.reports.report import Findings

TITLE = "What goes together with it"


def blocks(findings: Findings) -> Iterator[Block]:
    """The coefficients with their intervals, and the surest of them as sentences."""
    found = findings.drivers
    if found is None:
        return
    yield tables.found(found.table.assign(level=found.table["level"].fillna("")))
    yield from tables.notes(found.notes)
