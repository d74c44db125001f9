"""Cards of personas for people."""

from segcli import formatting
from segcli.message import count_message, join_messages, message
from segcli.model import Persona, SurveyScore, Trait
from segcli.persona.traits import DEMOGRAPHIC, GEOGRAPHIC, NEEDS_BASED, PSYCHOGRAPHIC, TECHNOGRAPHIC
from segcli.reports.blocks import Card

FAMILY_TITLES = {
    # trait family, title of its line
    DEMOGRAPHIC: message("Demographics"),
    GEOGRAPHIC: message("Location"),
    PSYCHOGRAPHIC: message("Attitudes"),
    NEEDS_BASED: message("Needs"),
    TECHNOGRAPHIC: message("Technology"),
}
AVERAGE_INDEX = 100  # of a trait that equals the average of all customers
MAX_TRAITS = 3  # most traits shown per family


def build_persona_card(persona: Persona, segment_position: int | None = None, anchor: str = "") -> Card:
    """Build the card of a persona: what to know and do first, the numbers as details.

    Traits among the most distinctive ones are not repeated by family.
    """
    lines = [
        (message("Name check"), join_messages("; ", persona.contradictions)),
        (message("Typical"), _format_medians(persona)),
        (FAMILY_TITLES[NEEDS_BASED], join_messages("; ", map(_put_in_words, _list_family(persona, NEEDS_BASED)))),
        (message("Stage"), join_messages("; ", filter(None, [persona.stage, persona.next_touchpoint]))),
        (message("Reach"), _format_reach(persona)),
        (message("Suggested"), persona.action),
        (message("Avoid"), persona.avoid),
        (message("Changes"), join_messages("; ", persona.changed)),
    ]
    detail_lines = [
        (message("Middle half"), _format_typical(persona)),
        (message("Above average"), _join_traits(persona.more, persona)),
        (message("Below average"), _join_traits(persona.less, persona)),
        *((title, _format_family(persona, family)) for family, title in FAMILY_TITLES.items() if family != NEEDS_BASED),
        (message("Scores"), join_messages("; ", map(_format_score, persona.scores))),
        (
            message("Value"),
            ""
            if persona.value is None
            else message("{money} per customer", money=formatting.format_money(persona.value)),
        ),
        (message("Example"), _format_example(persona)),
    ]
    footer = [message("confidence {confidence}", confidence=persona.confidence)] if persona.confidence else []
    footer += [message("data to {day}", day=persona.data_to)] if persona.data_to else []
    return Card(
        title=persona.segment,
        fact=_format_size(persona),
        lead=join_messages(" ", [persona.headline, *_describe_spend(persona)]),
        lines=[(name, text) for name, text in lines if text],
        footer=join_messages("; ", [*footer, *persona.warnings]),
        bars=_build_bars(persona),
        detail_lines=[(name, text) for name, text in detail_lines if text],
        segment_position=segment_position,
        anchor=anchor,
    )


def _describe_spend(persona: Persona) -> list[str]:
    """Return a sentence that compares spend with that of all customers, if revenue is known."""
    if persona.revenue_share is None or not persona.share:
        return []
    ratio = formatting.format_ratio(persona.revenue_share / persona.share)
    return [message("They spend {ratio} as much as the average customer.", ratio=ratio)]


def _build_bars(persona: Persona) -> list[tuple[str, float]]:
    """Return the most distinctive traits in words; bars are as long as their difference from all customers."""
    ranked_traits = sorted(
        (*persona.more, *persona.less), key=lambda trait: (-abs(trait.difference), trait.name, trait.level or "")
    )[:MAX_TRAITS]
    largest = max((abs(trait.difference) for trait in ranked_traits), default=0.0) or 1.0
    return [(_put_in_words(trait), abs(trait.difference) / largest) for trait in ranked_traits]


def _put_in_words(trait: Trait) -> str:
    """Put a trait in words, such as `orders: 2.3x the average` or `orders: 40% below the average`."""
    label = formatting.column_label(trait.name)
    if trait.level is not None:
        values = {"label": label, "level": trait.level, "share": formatting.format_share(trait.value)}
        return message(
            "{label}: {level} for {share}, {base} of all", base=formatting.format_share(trait.base), **values
        )
    if trait.index is not None:
        return _compare_with_average(label, trait.index)
    if trait.difference > 0:
        return message("{label}: above average", label=label)
    return message("{label}: below average", label=label)


def _compare_with_average(label: str, index: float) -> str:
    """Say by how many times a value exceeds the average, or by which part if it is less than twice the average."""
    if index >= 2 * AVERAGE_INDEX:
        return message("{label}: {ratio} the average", label=label, ratio=formatting.format_index(index))
    share = formatting.format_share(abs(index / AVERAGE_INDEX - 1))
    if index < AVERAGE_INDEX:
        return message("{label}: {share} below the average", label=label, share=share)
    return message("{label}: {share} above the average", label=label, share=share)


def _format_family(persona: Persona, family: str) -> str:
    return _join_traits(_list_family(persona, family), persona)


def _list_family(persona: Persona, family: str) -> tuple[Trait, ...]:
    """Return the traits of a family that are not among the most distinctive ones."""
    shown_keys = {(trait.name, trait.level) for trait in (*persona.more, *persona.less)}
    remaining_traits = [
        trait for trait in persona.portrait.get(family, ()) if (trait.name, trait.level) not in shown_keys
    ]
    return tuple(remaining_traits[:MAX_TRAITS])


def is_percentage(score: SurveyScore) -> bool:
    """Return whether a score is a rate of customers in per cent."""
    return score.measure.endswith(("purchase", ")")) or score.measure in {"referral", "CSAT"}


def _format_score(score: SurveyScore) -> str:
    """Format a score such as `NPS 46 (33 to 58, n = 131)`; rates are in per cent."""
    unit = "%" if is_percentage(score) else ""
    digits = 1 if score.measure == "CES" else 0
    middle, low, high = (
        formatting.FormattedNumber(f"{value:.{digits}f}{unit}", value)
        for value, unit in ((score.score, unit), (score.low, ""), (score.high, unit))
    )
    return message(
        "{label} {middle} ({low} to {high}, n = {count})",
        label=score.measure,
        middle=middle,
        low=low,
        high=high,
        count=score.n,
    )


def _format_reach(persona: Persona) -> str:
    parts = (
        []
        if persona.consent is None
        else [message("e-mail consent {share}", share=formatting.format_share(persona.consent))]
    )
    preferences, share = filter(None, (persona.channel, persona.moment)), formatting.format_share
    parts += [
        message(
            "{name} {share} (all {base})",
            name=preference.name,
            share=share(preference.share),
            base=share(preference.base),
        )
        for preference in preferences
    ]
    return join_messages("; ", parts)


def _format_example(persona: Persona) -> str:
    example = persona.example
    if example is None:
        return ""
    facts = join_messages(
        ", ",
        [
            message(
                "{label} {value}",
                label=formatting.column_label(column),
                value=formatting.format_value(column, value),
            )
            for column, value in example.measures.items()
        ],
    )
    if example.pseudonym:
        return message("customer {pseudonym}: {facts}", pseudonym=example.pseudonym, facts=facts)
    return message("one customer: {facts}", facts=facts)


def format_trait(trait: Trait, customer_count: int) -> str:
    """Format a trait such as `top channel = express 31%, 3.1x (+0.8 sd)`; n is added if some values are unknown."""
    label = formatting.column_label(trait.name)
    if trait.level is None:
        title, value = label, formatting.format_value(trait.name, trait.value)
    else:
        title, value = (
            message("{label} = {level}", label=label, level=trait.level),
            formatting.format_share(trait.value),
        )
    values: dict[str, object] = {"title": title, "value": value, "difference": trait.difference, "count": trait.n}
    is_partial = trait.n < customer_count
    if trait.index is not None:
        values["index"] = formatting.format_index(trait.index)
        if is_partial:
            return message("{title} {value}, {index} ({difference:+.1f} sd, n = {count})", **values)
        return message("{title} {value}, {index} ({difference:+.1f} sd)", **values)
    if is_partial:
        return message("{title} {value} ({difference:+.1f} sd, n = {count})", **values)
    return message("{title} {value} ({difference:+.1f} sd)", **values)


def _join_traits(traits: tuple[Trait, ...], persona: Persona) -> str:
    return join_messages("; ", [format_trait(trait, persona.customers) for trait in traits])


def _format_size(persona: Persona) -> str:
    fact: str = count_message(
        "{count} customer · {share} of base",
        "{count} customers · {share} of base",
        persona.customers,
        share=formatting.format_share(persona.share),
    )
    fact = join_messages(" · ", [persona.mark, fact]) if persona.mark else fact
    revenue_share = persona.revenue_share
    if revenue_share is None:
        return fact
    return message("{fact} · {share} of revenue", fact=fact, share=formatting.format_share(revenue_share))


def _format_medians(persona: Persona) -> str:
    return join_messages(
        "; ",
        [
            message("{label} {value}", label=formatting.column_label(name), value=formatting.format_value(name, median))
            for name, (_, median, _) in persona.typical.items()
        ],
    )


def _format_typical(persona: Persona) -> str:
    return join_messages(
        "; ",
        [
            message(
                "{label} {middle} ({low} to {high})",
                label=formatting.column_label(name),
                middle=formatting.format_value(name, median),
                low=formatting.format_value(name, low),
                high=formatting.format_value(name, high),
            )
            for name, (low, median, high) in persona.typical.items()
        ],
    )
