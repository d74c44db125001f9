"""Persona cards."""

from segcli.counting import pluralize
from segcli.model import Persona, SurveyScore, Trait
from segcli.persona.portrait import DEMOGRAPHIC, GEOGRAPHIC, NEEDS_BASED, PSYCHOGRAPHIC, TECHNOGRAPHIC
from segcli.reports import numbers
from segcli.reports.blocks import Card

FAMILY_TITLES = {
    # family of the portrait, how its line is called
    DEMOGRAPHIC: "Who",
    GEOGRAPHIC: "Where",
    PSYCHOGRAPHIC: "Believes",
    NEEDS_BASED: "Needs",
    TECHNOGRAPHIC: "Uses",
}
MAX_TRAITS = 3  # traits of a family


def build_persona_card(persona: Persona) -> Card:
    """What a person reads about a segment; what stands among the traits that set it apart most is not said twice."""
    lines = [
        ("More than others", _join_traits(persona.more, persona)),
        ("Less than others", _join_traits(persona.less, persona)),
        *((title, _format_family(persona, family)) for family, title in FAMILY_TITLES.items()),
        ("Fares", "; ".join(map(_format_score, persona.scores))),
        ("Reach", _format_reach(persona)),
        ("Stage", "; ".join(filter(None, [persona.stage, persona.next_touchpoint]))),
        ("Worth", "" if persona.value is None else f"{numbers.format_money(persona.value)} a head"),
        ("Typical", _format_typical(persona)),
        ("Example", _format_example(persona)),
        ("Suggested", persona.action),
        ("Rather not", persona.avoid),
        ("Changed", "; ".join(persona.changed)),
    ]
    footer = [f"confidence {persona.confidence}"] if persona.confidence else []
    footer += [f"data to {persona.data_to.isoformat()}"] if persona.data_to else []
    return Card(
        title=persona.segment,
        fact=_format_size(persona),
        lead=persona.headline,
        lines=[(name, text) for name, text in lines if text],
        footer="; ".join([*footer, *persona.warnings]),
    )


def _format_family(persona: Persona, family: str) -> str:
    shown_keys = {(trait.name, trait.level) for trait in (*persona.more, *persona.less)}
    remaining_traits = [
        trait for trait in persona.portrait.get(family, ()) if (trait.name, trait.level) not in shown_keys
    ]
    return _join_traits(tuple(remaining_traits[:MAX_TRAITS]), persona)


def is_percentage(score: SurveyScore) -> bool:
    """Whether a score is a rate of customers in per cent."""
    return score.measure.endswith(("purchase", ")")) or score.measure in {"referral", "CSAT"}


def _format_score(score: SurveyScore) -> str:
    """Such as `NPS 46 (33 to 58, n = 131)`; rates as per cent."""
    unit = "%" if is_percentage(score) else ""
    digits = 1 if score.measure == "CES" else 0
    low, high = f"{score.low:.{digits}f}", f"{score.high:.{digits}f}{unit}"
    return f"{score.measure} {score.score:.{digits}f}{unit} ({low} to {high}, n = {score.n:,})"


def _format_reach(persona: Persona) -> str:
    parts = [] if persona.consent is None else [f"e-mail consent {numbers.format_share(persona.consent)}"]
    preferences = filter(None, (persona.channel, persona.moment))
    parts += [
        f"{preference.name} {numbers.format_share(preference.share)} (all {numbers.format_share(preference.base)})"
        for preference in preferences
    ]
    return "; ".join(parts)


def _format_example(persona: Persona) -> str:
    example = persona.example
    if example is None:
        return ""
    name = f"customer {example.pseudonym}" if example.pseudonym else "one customer"
    return f"{name}: " + ", ".join(
        f"{numbers.column_label(column)} {numbers.format_value(column, value)}"
        for column, value in example.measures.items()
    )


def format_trait(trait: Trait, customer_count: int) -> str:
    """A trait with its numbers, such as `top channel = express 31%, 3.1x (+0.8 sd)`; n where not all are known."""
    name = numbers.column_label(trait.name)
    title = name if trait.level is None else f"{name} = {trait.level}"
    value_text = (
        numbers.format_share(trait.value) if trait.level is not None else numbers.format_value(trait.name, trait.value)
    )
    index_text = f", {trait.index / 100:.2g}x" if trait.index is not None else ""
    count_text = f", n = {trait.n:,}" if trait.n < customer_count else ""
    return f"{title} {value_text}{index_text} ({trait.difference:+.1f} sd{count_text})"


def _join_traits(traits: tuple[Trait, ...], persona: Persona) -> str:
    return "; ".join(format_trait(trait, persona.customers) for trait in traits)


def _format_size(persona: Persona) -> str:
    fact = f"{pluralize(persona.customers, 'customer')} · {numbers.format_share(persona.share)} of base"
    revenue_share = persona.revenue_share
    return fact if revenue_share is None else f"{fact} · {numbers.format_share(revenue_share)} of revenue"


def _format_typical(persona: Persona) -> str:
    return "; ".join(
        f"{numbers.column_label(name)} {numbers.format_value(name, median)} "
        f"({numbers.format_value(name, low)} to {numbers.format_value(name, high)})"
        for name, (low, median, high) in persona.typical.items()
    )
