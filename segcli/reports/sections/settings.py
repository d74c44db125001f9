"""The settings behind each segmentation."""

from collections.abc import Iterable

from segcli.config.reference import scalar_text
from segcli.reports.blocks import Block, Column, Table, Text
from segcli.reports.report import Findings

TITLE = "Settings"


def blocks(findings: Findings) -> Iterable[Block]:
    """Every setting of every segmentation, as used, and as a settings file has it."""
    settings = {key: value for one in findings.segmentations for key, value in one.provenance.settings.items()}
    if not settings:
        yield Text(
            ["The segments were read from the table; their settings are in the run.json of the run that made it."]
        )
        return
    rows = [[key, scalar_text(value)] for key, value in settings.items()]
    yield Table([Column("Setting", right=False), Column("Value", right=False)], rows)
