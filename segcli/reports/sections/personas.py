"""A card per segment."""

from collections.abc import Iterable

from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.cards import card
from segcli.reports.report import Findings

TITLE = "Personas"
HOW_TO_READ = (
    "Traits compare a segment with all customers: times the base, and the difference in standard deviations (sd). "
    "Where a fact is known for part of a segment only, n counts them."
)


def blocks(findings: Findings) -> Iterable[Block]:
    """How to read the cards, then the cards."""
    yield Text([HOW_TO_READ])
    for column, listed in findings.personas.items():
        yield Heading(column, level=3)
        yield from (card(persona) for persona in listed)
