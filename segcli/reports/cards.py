"""Persona cards."""

from segcli.model import Persona, Trait
from segcli.reports import numbers
from segcli.reports.blocks import Card


def card(persona: Persona) -> Card:
    """What a person reads about a segment."""
    lines = [
        ("More than others", _traits(persona.more, persona)),
        ("Less than others", _traits(persona.less, persona)),
    ]
    lines += [("Typical", _typical(persona)), ("Suggested", persona.action)]
    return Card(
        title=persona.segment,
        fact=_fact(persona),
        lead=persona.headline,
        lines=[(name, text) for name, text in lines if text],
        footer="; ".join(persona.warnings),
    )


def trait(told: Trait, customers: int) -> str:
    """A trait with its numbers, such as `top channel = express 31%, 3.1x (+0.8 sd)`; n where not all are known."""
    name = numbers.label(told.name)
    named = name if told.level is None else f"{name} = {told.level}"
    value = numbers.share(told.value) if told.level is not None else numbers.of(told.name, told.value)
    times = f", {told.index / 100:.2g}x" if told.index is not None else ""
    known = f", n = {told.n:,}" if told.n < customers else ""
    return f"{named} {value}{times} ({told.difference:+.1f} sd{known})"


def _traits(told: tuple[Trait, ...], persona: Persona) -> str:
    return "; ".join(trait(one, persona.customers) for one in told)


def _fact(persona: Persona) -> str:
    fact = f"{persona.customers:,} customers · {numbers.share(persona.share)} of base"
    share = persona.revenue_share
    return fact if share is None else f"{fact} · {numbers.share(share)} of revenue"


def _typical(persona: Persona) -> str:
    return "; ".join(
        f"{numbers.label(name)} {numbers.of(name, middle)} ({numbers.of(name, low)} to {numbers.of(name, high)})"
        for name, (low, middle, high) in persona.typical.items()
    )
