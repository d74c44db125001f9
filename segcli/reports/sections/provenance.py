"""Section with the provenance of the report."""

from collections.abc import Iterable

from segcli import formatting
from segcli.message import message
from segcli.reports.blocks import Block, Column, Table, Text
from segcli.reports.report import Findings

TITLE = message("Provenance")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield the inputs with their hashes, the as-of day, seeds and versions."""
    input_files = [input_report.input for input_report in findings.customers.input_reports]
    rows = [
        [entry.name, formatting.format_count(entry.rows), formatting.format_count(entry.size), entry.sha256]
        for entry in input_files
    ]
    yield Table(
        [
            Column(message("Input"), align_right=False),
            Column(message("Rows")),
            Column(message("Bytes")),
            Column("SHA-256", align_right=False),
        ],
        rows,
    )
    versions = {
        name: version for entry in findings.segmentations for name, version in entry.provenance.versions.items()
    }
    seeds = sorted({entry.provenance.seed for entry in findings.segmentations if entry.provenance.seed is not None})
    day = findings.customers.as_of
    facts: list[str] = [message("as of {day}", day=day)] if day else []
    facts += [message("seed {seed}", seed=str(seed)) for seed in seeds]
    facts.append(", ".join(f"{name} {version}" for name, version in versions.items()))
    yield Text(facts, has_bullets=True)
