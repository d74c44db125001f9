"""Section with the target segments, and the reasons for and against each segment."""

from collections.abc import Iterator

from segcli import columns
from segcli.message import message
from segcli.persona.targets import TargetSelection
from segcli.reports import activation_results
from segcli.reports.blocks import Block, Chart, Heading
from segcli.reports.report import Findings

TITLE = message("Targets")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the matrix, the scores and the reasons."""
    if findings.targets is not None:
        yield Heading(findings.targets.segmentation.column, level=3)
        yield from activation_results.build_target_blocks(findings.targets)
        if {"attractiveness", "strength"} <= set(findings.targets.table):
            yield _build_matrix_chart(findings.targets)


def _build_matrix_chart(targets: TargetSelection) -> Chart:
    """Build the chart of segments by attractiveness and strength; chosen segments are filled."""
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
    chosen_names = ", ".join(point["name"] for point in points if point["chosen"]) or message("none")
    data = {
        "points": points,
        "x_title": message("own strength"),
        "y_title": message("attractiveness"),
        "full": message("chosen"),
        "empty": message("not chosen"),
    }
    alt_text = message("Segments by attractiveness and own strength; chosen: {names}.", names=chosen_names)
    return Chart("matrix", message("Attractiveness and own strength"), alt_text, data, ())
