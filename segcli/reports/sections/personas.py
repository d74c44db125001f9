"""Section with one persona card per segment."""

from collections.abc import Iterable
from typing import Any

from segcli import formatting
from segcli.message import join_messages, message
from segcli.model import Persona
from segcli.reports.blocks import Block, Chart, Heading, Text
from segcli.reports.persona_cards import build_persona_card
from segcli.reports.report import Findings

TITLE = message("Personas")
TRAITS_EXPLANATION = message(
    "Traits compare a segment with all customers: ratio to the base, and difference in standard deviations (sd). "
    "If a value is known for only part of a segment, n is their number."
)


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a reading guide, then the cards, each with a chart of its traits."""
    yield Text([TRAITS_EXPLANATION])
    for column, personas in findings.personas.items():
        yield Heading(column, level=3)
        for persona in personas:
            yield build_persona_card(persona)
            if persona.more or persona.less:
                yield _build_portrait_chart(persona)


def _build_portrait_chart(persona: Persona) -> Chart:
    """Build the chart of the segment's most distinctive traits, largest difference first."""
    ordered_traits = sorted(
        (*persona.more, *persona.less), key=lambda trait: (-trait.difference, trait.name, trait.level or "")
    )
    trait_data: list[dict[str, Any]] = [
        {
            "name": formatting.column_label(trait.name)
            if trait.level is None
            else message("{label} = {level}", label=formatting.column_label(trait.name), level=trait.level),
            "difference": trait.difference,
            "told": formatting.FormattedNumber(f"{trait.difference:+.1f}", trait.difference),
            "marker": trait.difference > 0,
        }
        for trait in ordered_traits
    ]
    trait_texts = [
        message("{label} {difference} sd", label=trait["name"], difference=trait["told"]) for trait in trait_data
    ]
    alt_text = message(
        "What sets {segment} apart: {traits}.", segment=persona.segment, traits=join_messages(", ", trait_texts)
    )
    data = {"traits": trait_data, "title": message("difference from all customers, in standard deviations")}
    return Chart("portrait", message("What sets {segment} apart", segment=persona.segment), alt_text, data, ())
