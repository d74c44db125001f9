"""Personas: every sentence is generated from numbers of the table; nothing is invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pandas as pd

from segcli import columns as c
from segcli.config.persona import PersonaSettings
from segcli.counting import counted
from segcli.customers import reach
from segcli.model import Persona, Preferred, Score, Segmentation, Trait
from segcli.persona import matrix
from segcli.persona.confidence import confidence
from segcli.persona.example import example
from segcli.persona.matrix import Matrix
from segcli.persona.moments import channels, moments
from segcli.persona.playbook import Playbook
from segcli.persona.portrait import portrait
from segcli.persona.scores import scores
from segcli.persona.stages import Stage, stages
from segcli.persona.traits import MIN_KNOWN, columns, telling

TYPICAL = (c.RECENCY_DAYS, c.ORDERS, c.REVENUE, c.AVERAGE_ORDER_VALUE, c.TENURE_DAYS)
LARGE = 10  # from here on decimals say nothing
SMALL = 30  # customers below which a segment's averages move with single people


@dataclass(frozen=True)
class Background:
    """What personas are told with: touchpoints by stage, words of consent, built-in bases behind columns.

    `smallest` is the fewest customers of a segment that a fact is told of; `example` says whether one customer may
    stand for a segment.
    """

    matrix: Matrix
    words: Sequence[str] = ()
    bases: Mapping[str, str] = field(default_factory=dict)
    smallest: int = MIN_KNOWN
    example: bool = True


def personas(
    segmentation: Segmentation, settings: PersonaSettings, playbook: Playbook, background: Background | None = None
) -> list[Persona]:
    """One persona per segment, in the order of the profile."""
    around = background or Background(matrix.load(None, {}))
    told = telling(segmentation, settings.minimum_difference, around.smallest)
    known = _Known(
        stages(segmentation, around.matrix.stages),
        channels(segmentation),
        moments(segmentation),
        scores(segmentation),
        reach.consented(segmentation.customers, around.words),
    )
    described = []
    for row in cast("list[dict[str, float | str]]", segmentation.profile.to_dict("records")):
        worth_telling = told[str(row[c.NAME])]
        one = _persona(segmentation, row, worth_telling, settings, playbook)
        grown = _grown(one, segmentation, known, around)
        described.append(replace(grown, portrait=portrait(worth_telling, around.bases, settings.traits)))
    return described


@dataclass(frozen=True)
class _Known:
    """What is known of all segments of a segmentation at once, by segment."""

    stages: Mapping[str, Stage]
    channels: Mapping[str, Preferred]
    moments: Mapping[str, Preferred]
    scores: Mapping[str, tuple[Score, ...]]
    consented: reach.Mask | None


def _grown(one: Persona, made: Segmentation, known: _Known, around: Background) -> Persona:
    """The persona with how its customers fare, how they are reached and what comes next."""
    inside = (made.labels == one.segment).to_numpy()
    stage = known.stages.get(one.segment)
    following = around.matrix.of(stage.name)[:1] if stage else []
    value = made.customers.table.loc[inside, c.CLV].mean() if c.CLV in made.customers.table else None
    return replace(
        one,
        scores=known.scores.get(one.segment, ()),
        consent=None if known.consented is None else float(known.consented[inside].mean()),
        channel=known.channels.get(one.segment),
        moment=known.moments.get(one.segment),
        stage=stage.name if stage else "",
        next_touchpoint=f"{following[0].touchpoint}: {following[0].message}" if following else "",
        value=None if value is None else float(value),
        confidence=confidence(made, one.segment),
        data_to=made.customers.as_of,
        example=example(made, inside, tuple(one.typical)) if around.example else None,
    )


def _persona(
    segmentation: Segmentation,
    row: Mapping[str, float | str],
    worth_telling: Sequence[Trait],
    settings: PersonaSettings,
    playbook: Playbook,
) -> Persona:
    segment = str(row[c.NAME])
    members = segmentation.customers.table[segmentation.labels == segment]
    typical = _typical(members, segmentation)
    size = int(row[c.CUSTOMERS])
    return Persona(
        segment=segment,
        headline=_headline(typical, worth_telling),
        customers=size,
        share=float(row[c.SHARE]),
        revenue=_number(row, c.REVENUE),
        revenue_share=_number(row, c.REVENUE_SHARE),
        more=tuple(t for t in worth_telling if t.difference > 0)[: settings.traits],
        less=tuple(t for t in worth_telling if t.difference < 0)[: settings.traits],
        typical=typical,
        action=playbook.action(segment, worth_telling),
        avoid=playbook.avoid.get(segment.casefold(), ""),
        warnings=(f"only {counted(size, 'customer')}: averages are rough",) if size < SMALL else (),
    )


def _number(row: Mapping[str, float | str], name: str) -> float | None:
    return float(row[name]) if name in row else None


def _typical(members: pd.DataFrame, segmentation: Segmentation) -> dict[str, tuple[float, float, float]]:
    """Lower quartile, median and upper quartile of what a customer is known by."""
    present = [name for name in TYPICAL if name in members]
    if not present:
        numeric = [n for n in columns(segmentation) if pd.api.types.is_numeric_dtype(members[n])]
        table = segmentation.customers.table  # quartiles of yes and no say nothing
        present = [n for n in numeric if not table[n].dropna().isin((0, 1)).all()][: len(TYPICAL)]
    quartiles = members[present].astype("float64").quantile([0.25, 0.5, 0.75])
    return {name: tuple(quartiles[name].tolist()) for name in present if quartiles[name].notna().all()}


def _headline(typical: Mapping[str, tuple[float, float, float]], told: Sequence[Trait]) -> str:
    """The median customer in one sentence, or the leading traits where there are no orders."""
    parts = []
    if c.ORDERS in typical:
        orders = typical[c.ORDERS][1]
        parts.append("one order" if orders == 1 else f"{_amount(orders, 1)} orders")
    if c.AVERAGE_ORDER_VALUE in typical:
        parts.append(f"{_amount(typical[c.AVERAGE_ORDER_VALUE][1], 2)} a time")
    if c.RECENCY_DAYS in typical:
        days = typical[c.RECENCY_DAYS][1]
        parts.append(f"last bought {days:,.0f} {'day' if days == 1 else 'days'} ago")
    if parts:
        return f"Typically {', '.join(parts)}."
    leading = [f"{'more' if t.difference > 0 else 'less'} {t.level or t.name}" for t in told[:2]]
    if not leading:
        return "Close to the base in everything known."
    text = " and ".join(leading)
    return f"{text[0].upper()}{text[1:]} than the base."


def _amount(value: float, decimals: int) -> str:
    """A number without decimals where it is whole or large."""
    return f"{value:,.0f}" if value == round(value) or value >= LARGE else f"{value:,.{decimals}f}"
