"""A card per segment."""

from collections.abc import Iterable

from segcli.model import Persona
from segcli.reports import numbers
from segcli.reports.blocks import Block, Chart, Heading, Text
from segcli.reports.cards import card
from segcli.reports.report import Findings

TITLE = "Personas"
HOW_TO_READ = (
    "Traits compare a segment with all customers: times the base, and the difference in standard deviations (sd). "
    "Where a fact is known for part of a segment only, n counts them."
)


def blocks(findings: Findings) -> Iterable[Block]:
    """How to read the cards, then the cards, each with a picture of its traits."""
    yield Text([HOW_TO_READ])
    for column, listed in findings.personas.items():
        yield Heading(column, level=3)
        for persona in listed:
            yield card(persona)
            if persona.more or persona.less:
                yield _portrait(persona)


def _portrait(persona: Persona) -> Chart:
    """What sets the segment apart, most first."""
    told = sorted((*persona.more, *persona.less), key=lambda one: (-one.difference, one.name, one.level or ""))
    traits = [
        {
            "name": numbers.label(one.name) if one.level is None else f"{numbers.label(one.name)} = {one.level}",
            "difference": one.difference,
            "told": f"{one.difference:+.1f}",
            "marker": one.difference > 0,
        }
        for one in told
    ]
    apart = [f"{one['name']} {one['told']} sd" for one in traits]
    says = f"What sets {persona.segment} apart: {', '.join(apart)}."
    data = {"traits": traits, "title": "difference from all customers, in standard deviations"}
    return Chart("portrait", f"What sets {persona.segment} apart", says, data, ())
