"""Section with the settings of each segmentation."""

from collections.abc import Iterable

from segcli.config.reference import dump_scalar
from segcli.message import message
from segcli.reports.blocks import Block, Column, Details, Table, Text
from segcli.reports.report import Findings

TITLE = message("Settings")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield every setting as used, in the notation of a config."""
    settings = {
        key: value for segmentation in findings.segmentations for key, value in segmentation.provenance.settings.items()
    }
    if not settings:
        yield Text(
            [
                message(
                    "The segments were read from the table; their settings are in the run.json of the run that made it."
                )
            ]
        )
        return
    rows = [[key, dump_scalar(value)] for key, value in settings.items()]
    titles = [Column(message("Setting"), align_right=False), Column(message("Value"), align_right=False)]
    yield Details(message("All settings"), [Table(titles, rows)])
