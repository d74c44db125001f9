"""Section with one persona card per segment."""

from collections.abc import Iterable

from segcli.message import message
from segcli.reports.blocks import Block, Card, Details, Heading, Text
from segcli.reports.persona_cards import build_persona_card
from segcli.reports.report import Findings

TITLE = message("Personas")
TRAITS_EXPLANATION = message(
    "Traits compare a segment with all customers: ratio to the base, and difference in standard deviations (sd). "
    "If a value is known for only part of a segment, n is their number."
)


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield the cards of the first segmentation, those of the others on demand, and a reading guide."""
    position_by_column = {
        segmentation.column: {name: position for position, name in enumerate(segmentation.segments)}
        for segmentation in findings.segmentations
    }
    for number, (column, personas) in enumerate(findings.personas.items()):
        positions = position_by_column[column]
        anchors = findings.name_card_anchors(column)
        cards: list[Card] = [
            build_persona_card(persona, positions[persona.segment], anchors[positions[persona.segment]])
            for persona in personas
        ]
        if number == 0:
            yield Heading(column, level=3)
            yield from cards
        else:
            yield Details(column, cards)
    yield Text([TRAITS_EXPLANATION], is_quiet=True)
