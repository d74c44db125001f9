"""A card per segment."""

from collections.abc import Iterable

from segcli.reports.blocks import Block, Text
from segcli.reports.cards import card
from segcli.reports.report import Findings

TITLE = "Personas"


def blocks(findings: Findings) -> Iterable[Block]:
    """How to read the cards, then the cards."""
    yield Text(
        [
            "Traits compare a segment with all customers: times the base, and the difference in standard deviations (sd). "
            "n counts the customers of the segment for whom the fact is known."
        ]
    )
    for column, listed in findings.personas.items():
        yield Text([f"From {column}:"])
        yield from (card(persona) for persona in listed)
