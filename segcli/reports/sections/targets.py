"""Which segments to work with, and why not the others."""

from collections.abc import Iterator

from segcli import columns
from segcli.persona.target import TargetSelection
from segcli.reports import decisions
from segcli.reports.blocks import Block, Chart, Heading
from segcli.reports.report import Findings

TITLE = "Targets"


def build_blocks(findings: Findings) -> Iterator[Block]:
    """The matrix, scores, reasons."""
    if findings.targets is not None:
        yield Heading(findings.targets.segmentation.column, level=3)
        if {"attractiveness", "strength"} <= set(findings.targets.table):
            yield _build_matrix_chart(findings.targets)
        yield from decisions.build_target_blocks(findings.targets)


def _build_matrix_chart(targets: TargetSelection) -> Chart:
    """Segments by attractiveness and strength, the chosen ones full."""
    rows = targets.table.dropna(subset=["attractiveness", "strength"]).to_dict("records")
    points = [
        {
            "name": row[columns.SEGMENT_NAME],
            "x": float(row["strength"]),
            "y": float(row["attractiveness"]),
            "chosen": row["chosen"] == "yes",
        }
        for row in rows
    ]
    chosen_names = ", ".join(point["name"] for point in points if point["chosen"]) or "none"
    data = {
        "points": points,
        "x_title": "our strength",
        "y_title": "attractiveness",
        "full": "chosen",
        "empty": "not chosen",
    }
    alt_text = f"Segments by attractiveness and our strength; chosen: {chosen_names}."
    return Chart("matrix", "Attractiveness and our strength", alt_text, data, ())
