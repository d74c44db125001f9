"""Persona cards."""

from segcli.counting import counted
from segcli.model import Persona, Score, Trait
from segcli.persona.portrait import DEMOGRAPHIC, GEOGRAPHIC, NEEDS, PSYCHOGRAPHIC, TECHNOGRAPHIC
from segcli.reports import numbers
from segcli.reports.blocks import Card

FAMILIES = {
    # family of the portrait, how its line is called
    DEMOGRAPHIC: "Who",
    GEOGRAPHIC: "Where",
    PSYCHOGRAPHIC: "Believes",
    NEEDS: "Needs",
    TECHNOGRAPHIC: "Uses",
}
MOST = 3  # traits of a family


def card(persona: Persona) -> Card:
    """What a person reads about a segment; what stands among the traits that set it apart most is not said twice."""
    lines = [
        ("More than others", _traits(persona.more, persona)),
        ("Less than others", _traits(persona.less, persona)),
        *((title, _family(persona, family)) for family, title in FAMILIES.items()),
        ("Fares", "; ".join(map(_score, persona.scores))),
        ("Reach", _reach(persona)),
        ("Stage", "; ".join(filter(None, [persona.stage, persona.next_touchpoint]))),
        ("Worth", "" if persona.value is None else f"{numbers.money(persona.value)} a head"),
        ("Typical", _typical(persona)),
        ("Example", _example(persona)),
        ("Suggested", persona.action),
        ("Rather not", persona.avoid),
        ("Changed", "; ".join(persona.changed)),
    ]
    footer = [f"confidence {persona.confidence}"] if persona.confidence else []
    footer += [f"data to {persona.data_to.isoformat()}"] if persona.data_to else []
    return Card(
        title=persona.segment,
        fact=_fact(persona),
        lead=persona.headline,
        lines=[(name, text) for name, text in lines if text],
        footer="; ".join([*footer, *persona.warnings]),
    )


def _family(persona: Persona, family: str) -> str:
    told = {(one.name, one.level) for one in (*persona.more, *persona.less)}
    listed = [one for one in persona.portrait.get(family, ()) if (one.name, one.level) not in told]
    return _traits(tuple(listed[:MOST]), persona)


def is_per_cent(one: Score) -> bool:
    """Whether a score is a rate of customers in per cent."""
    return one.measure.endswith(("purchase", ")")) or one.measure in {"referral", "CSAT"}


def _score(one: Score) -> str:
    """Such as `NPS 46 (33 to 58, n = 131)`; rates as per cent."""
    unit = "%" if is_per_cent(one) else ""
    digits = 1 if one.measure == "CES" else 0
    low, high = f"{one.low:.{digits}f}", f"{one.high:.{digits}f}{unit}"
    return f"{one.measure} {one.score:.{digits}f}{unit} ({low} to {high}, n = {one.n:,})"


def _reach(persona: Persona) -> str:
    parts = [] if persona.consent is None else [f"e-mail consent {numbers.share(persona.consent)}"]
    preferred = filter(None, (persona.channel, persona.moment))
    parts += [f"{one.name} {numbers.share(one.share)} (all {numbers.share(one.base)})" for one in preferred]
    return "; ".join(parts)


def _example(persona: Persona) -> str:
    one = persona.example
    if one is None:
        return ""
    name = f"customer {one.pseudonym}" if one.pseudonym else "one customer"
    return f"{name}: " + ", ".join(f"{numbers.label(n)} {numbers.of(n, v)}" for n, v in one.measures.items())


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
    fact = f"{counted(persona.customers, 'customer')} · {numbers.share(persona.share)} of base"
    share = persona.revenue_share
    return fact if share is None else f"{fact} · {numbers.share(share)} of revenue"


def _typical(persona: Persona) -> str:
    return "; ".join(
        f"{numbers.label(name)} {numbers.of(name, middle)} ({numbers.of(name, low)} to {numbers.of(name, high)})"
        for name, (low, middle, high) in persona.typical.items()
    )
