"""Cards of personas for people."""

from segcli import formatting
from segcli.formatting import pluralize
from segcli.model import Persona, SurveyScore, Trait
from segcli.persona.traits import DEMOGRAPHIC, GEOGRAPHIC, NEEDS_BASED, PSYCHOGRAPHIC, TECHNOGRAPHIC
from segcli.reports.blocks import Card

FAMILY_TITLES = {
    # trait family, title of its line
    DEMOGRAPHIC: "Demographics",
    GEOGRAPHIC: "Location",
    PSYCHOGRAPHIC: "Attitudes",
    NEEDS_BASED: "Needs",
    TECHNOGRAPHIC: "Technology",
}
MAX_TRAITS = 3  # most traits shown per family


def build_persona_card(persona: Persona) -> Card:
    """Build the card of a persona; traits among the most distinctive ones are not repeated by family."""
    lines = [
        ("Name check", "; ".join(persona.contradictions)),
        ("Above average", _join_traits(persona.more, persona)),
        ("Below average", _join_traits(persona.less, persona)),
        *((title, _format_family(persona, family)) for family, title in FAMILY_TITLES.items()),
        ("Scores", "; ".join(map(_format_score, persona.scores))),
        ("Reach", _format_reach(persona)),
        ("Stage", "; ".join(filter(None, [persona.stage, persona.next_touchpoint]))),
        ("Value", "" if persona.value is None else f"{formatting.format_money(persona.value)} per customer"),
        ("Typical", _format_typical(persona)),
        ("Example", _format_example(persona)),
        ("Suggested", persona.action),
        ("Avoid", persona.avoid),
        ("Changes", "; ".join(persona.changed)),
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
    """Return whether a score is a rate of customers in per cent."""
    return score.measure.endswith(("purchase", ")")) or score.measure in {"referral", "CSAT"}


def _format_score(score: SurveyScore) -> str:
    """Format a score such as `NPS 46 (33 to 58, n = 131)`; rates are in per cent."""
    unit = "%" if is_percentage(score) else ""
    digits = 1 if score.measure == "CES" else 0
    low, high = f"{score.low:.{digits}f}", f"{score.high:.{digits}f}{unit}"
    return f"{score.measure} {score.score:.{digits}f}{unit} ({low} to {high}, n = {score.n:,})"


def _format_reach(persona: Persona) -> str:
    parts = [] if persona.consent is None else [f"e-mail consent {formatting.format_share(persona.consent)}"]
    preferences, share = filter(None, (persona.channel, persona.moment)), formatting.format_share
    parts += [
        f"{preference.name} {share(preference.share)} (all {share(preference.base)})" for preference in preferences
    ]
    return "; ".join(parts)


def _format_example(persona: Persona) -> str:
    example = persona.example
    if example is None:
        return ""
    name = f"customer {example.pseudonym}" if example.pseudonym else "one customer"
    return f"{name}: " + ", ".join(
        f"{formatting.column_label(column)} {formatting.format_value(column, value)}"
        for column, value in example.measures.items()
    )


def format_trait(trait: Trait, customer_count: int) -> str:
    """Format a trait such as `top channel = express 31%, 3.1x (+0.8 sd)`; n is added if some values are unknown."""
    name = formatting.column_label(trait.name)
    title = name if trait.level is None else f"{name} = {trait.level}"
    value_text = (
        formatting.format_share(trait.value)
        if trait.level is not None
        else formatting.format_value(trait.name, trait.value)
    )
    index_text = f", {trait.index / 100:.2g}x" if trait.index is not None else ""
    count_text = f", n = {trait.n:,}" if trait.n < customer_count else ""
    return f"{title} {value_text}{index_text} ({trait.difference:+.1f} sd{count_text})"


def _join_traits(traits: tuple[Trait, ...], persona: Persona) -> str:
    return "; ".join(format_trait(trait, persona.customers) for trait in traits)


def _format_size(persona: Persona) -> str:
    fact = f"{pluralize(persona.customers, 'customer')} · {formatting.format_share(persona.share)} of base"
    fact = f"{persona.mark} · {fact}" if persona.mark else fact
    revenue_share = persona.revenue_share
    return fact if revenue_share is None else f"{fact} · {formatting.format_share(revenue_share)} of revenue"


def _format_typical(persona: Persona) -> str:
    return "; ".join(
        f"{formatting.column_label(name)} {formatting.format_value(name, median)} "
        f"({formatting.format_value(name, low)} to {formatting.format_value(name, high)})"
        for name, (low, median, high) in persona.typical.items()
    )
