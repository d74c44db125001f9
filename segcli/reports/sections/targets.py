"""Which segments to work with, and why not the others."""

from collections.abc import Iterator

from segcli import columns as c
from segcli.persona.target import Targets
from segcli.reports import decisions
from segcli.reports.blocks import Block, Chart, Heading
from segcli.reports.report import Findings

TITLE = "Targets"


def blocks(findings: Findings) -> Iterator[Block]:
    """The matrix, scores, reasons."""
    if findings.targets is not None:
        yield Heading(findings.targets.segmentation.column, level=3)
        if {"attractiveness", "strength"} <= set(findings.targets.table):
            yield _matrix(findings.targets)
        yield from decisions.targets(findings.targets)


def _matrix(made: Targets) -> Chart:
    """Segments by attractiveness and strength, the chosen ones full."""
    rows = made.table.dropna(subset=["attractiveness", "strength"]).to_dict("records")
    points = [
        {
            "name": row[c.NAME],
            "x": float(row["strength"]),
            "y": float(row["attractiveness"]),
            "chosen": row["chosen"] == "yes",
        }
        for row in rows
    ]
    chosen = ", ".join(one["name"] for one in points if one["chosen"]) or "none"
    data = {
        "points": points,
        "x_title": "our strength",
        "y_title": "attractiveness",
        "full": "chosen",
        "empty": "not chosen",
    }
    says = f"Segments by attractiveness and our strength; chosen: {chosen}."
    return Chart("matrix", "Attractiveness and our strength", says, data, ())
