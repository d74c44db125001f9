"""Section with one persona card per segment."""

from collections.abc import Iterable

from segcli.message import message
from segcli.reports.blocks import Block, Text, show_first
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
    cards_by_column: dict[str, list[Block]] = {
        column: [
            build_persona_card(persona, position_by_column[column][persona.segment], anchor)
            for persona in personas
            for anchor in [findings.name_card_anchors(column)[position_by_column[column][persona.segment]]]
        ]
        for column, personas in findings.personas.items()
    }
    yield from show_first(cards_by_column.items())
    yield Text([TRAITS_EXPLANATION], is_quiet=True)
