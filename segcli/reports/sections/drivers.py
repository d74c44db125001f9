"""Section with the driver analysis of spend, repeat purchase or satisfaction."""

from collections.abc import Iterator

from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block
from segcli.reports.report import Findings

TITLE = message("Associations")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the coefficients with their intervals, then sentences about the most certain ones."""
    drivers = findings.drivers
    if drivers is None:
        return
    yield tables.build_drivers_table(drivers)
    yield from tables.build_note_blocks(drivers.notes)
