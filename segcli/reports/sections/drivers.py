"""What goes together with spend, repeat or satisfaction."""

from collections.abc import Iterator

from segcli.reports import tables
from segcli.reports.blocks import Block
from segcli.reports.report import Findings

TITLE = "What goes together with it"


def build_blocks(findings: Findings) -> Iterator[Block]:
    """The coefficients with their intervals, and the surest of them as sentences."""
    drivers = findings.drivers
    if drivers is None:
        return
    yield tables.build_table(drivers.table.assign(level=drivers.table["level"].fillna("")))
    yield from tables.build_note_blocks(drivers.notes)
