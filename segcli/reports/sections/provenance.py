"""What the report was made from."""

from collections.abc import Iterable

from segcli.reports import numbers
from segcli.reports.blocks import Block, Column, Table, Text
from segcli.reports.report import Findings

TITLE = "Provenance"


def blocks(findings: Findings) -> Iterable[Block]:
    """Inputs with their fingerprints, the as-of day, seeds and versions."""
    inputs = [reading.input for reading in findings.customers.readings]
    rows = [[one.name, numbers.count(one.rows), numbers.count(one.size), one.sha256] for one in inputs]
    yield Table([Column("Input", right=False), Column("Rows"), Column("Bytes"), Column("SHA-256", right=False)], rows)
    versions = {name: v for one in findings.segmentations for name, v in one.provenance.versions.items()}
    seeds = sorted({one.provenance.seed for one in findings.segmentations if one.provenance.seed is not None})
    day = findings.customers.as_of
    facts = ([f"as of {day.isoformat()}"] if day else []) + [f"seed {seed}" for seed in seeds]
    facts.append(", ".join(f"{name} {v}" for name, v in versions.items()))
    yield Text(facts, bullets=True)
