"""A Result for each command's noun; what only one of them needs is imported where it is made."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from segcli import columns as c
from segcli.errors import UsageProblem
from segcli.model import Customers, Example, Persona, Preferred, Segmentation
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.envelope import envelope, records, segmentation
from segcli.reports.result import Result

if TYPE_CHECKING:
    from segcli.evidence.scorecard import Card
    from segcli.persona.explain import Explanation, Told
    from segcli.persona.markers import Markers
    from segcli.segment.ruled import Ruled


def of_customers(customers: Customers) -> Result:
    """`ingest`: the customer table."""

    def parts() -> dict[str, Any]:
        return {"customers": records(customers.table), "warnings": list(customers.warnings)}

    whole = (tables.measures(customers.table),)
    return Result(customers.table, lambda: envelope("ingest", customers, parts()), whole)


def of_segmentation(
    command: str, result: Segmentation, explained: "Explanation | None" = None, marked: "Markers | None" = None
) -> Result:
    """`rfm`, `cluster`: the customer table with scores and segments; found segments also as rules and with markers."""
    tried = tables.candidates(result)
    blocks: tuple[Block, ...] = (
        tables.segments(result),
        *([tried] if tried else []),
        *tables.notes(result.notes),
        *(tables.markers(marked, result.segments) if marked else ()),
        *(tables.rules(explained) if explained else ()),
    )
    table = result.table

    def parts() -> dict[str, Any]:
        return {**segmentation(result), **_explained(explained), **_marked(marked), "customers": records(table)}

    return Result(table, lambda: envelope(command, result.customers, parts()), blocks)


def _explained(found: "Explanation | None") -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "explanation": {
            "fidelity": found.fidelity,
            "otherwise": found.otherwise,
            "rules": [_told(one) for one in found.told],
        }
    }


def _marked(found: "Markers | None") -> dict[str, Any]:
    if found is None:
        return {}
    described = [
        {c.NAME: segment, **vars(one), "marker": found.marks(one)}
        for segment, listed in found.traits.items()
        for one in listed
    ]
    return {"profile": described, "tests": [vars(one) for one in found.tests]}


def _told(one: "Told") -> dict[str, Any]:
    return {"segment": one.segment, "rules": list(one.rules), "coverage": one.coverage, "precision": one.precision}


def of_segmentations(command: str, made: Sequence[Segmentation]) -> Result:
    """Several segmentations of one table: the table with all their columns, a table of segments for each."""
    blocks: list[Block] = []
    for one in made:
        blocks += [Heading(one.column), tables.segments(one), *tables.notes(one.notes), *tables.findings(one)]
    table = made[-1].table

    def parts() -> dict[str, Any]:
        return {"segmentations": [segmentation(one) for one in made], "customers": records(table)}

    return Result(table, lambda: envelope(command, made[-1].customers, parts()), tuple(blocks))


def of_overlap(wanted: "Sequence[Ruled]", made: Sequence[Segmentation]) -> Result:
    """How much segments overlap: by their rules alone within a written segmentation, and across segmentations."""
    from segcli.segment.overlap import across, overlap
    from segcli.segment.rules import members_by_segment

    found = [
        overlap(members_by_segment(done.customers, one)).assign(column=one.column, with_=one.column)
        for one, done in zip(wanted, made, strict=True)
        if one.rules
    ]
    found += [across(one, other).assign(column=one.column, with_=other.column) for one, other in combinations(made, 2)]
    if not found:
        raise UsageProblem("--overlap: one base alone does not overlap; name two, or rules of your own")
    rows = pd.concat(found, ignore_index=True).rename(columns={"with_": "with"})

    def parts() -> dict[str, Any]:
        return {"overlap": records(rows)}

    return Result(rows, lambda: envelope("rules", made[0].customers, parts()), tuple(tables.overlaps(rows)))


def of_scorecards(cards: "Mapping[str, Card]", customers: Customers) -> Result:
    """`rules --scorecard`: for each segmentation whether its segments are worth working with."""
    blocks: list[Block] = []
    for column, (card_rows, noticed) in cards.items():
        blocks += [Heading(column), tables.scorecard(card_rows), *tables.notes(noticed)]
    rows = pd.concat([listed.assign(column=column) for column, (listed, _) in cards.items()], ignore_index=True)

    def parts() -> dict[str, Any]:
        return {"scorecard": records(rows)}

    return Result(rows, lambda: envelope("rules", customers, parts()), tuple(blocks))


def of_personas(described: Mapping[str, Sequence[Persona]], customers: Customers) -> Result:
    """`persona`: one card per segment, for each segmentation column."""
    from segcli.reports.cards import card

    blocks: list[Block] = []
    for column, listed in described.items():
        blocks += [Heading(column)] * (len(described) > 1) + [card(persona) for persona in listed]
    if not any(described.values()):
        blocks = [Text(["Every segment is too small to be told of; privacy.minimum_cell says how small is too small."])]
    rows = pd.DataFrame([_persona_row(column, one) for column, listed in described.items() for one in listed])
    personas = [{"column": column, **persona(one)} for column, listed in described.items() for one in listed]
    return Result(rows, lambda: envelope("persona", customers, {"personas": personas}), tuple(blocks), document=True)


def persona(one: Persona) -> dict[str, Any]:
    """A persona as plain values."""
    typical = {
        n: dict(zip(("lower_quartile", "median", "upper_quartile"), v, strict=True)) for n, v in one.typical.items()
    }
    return {
        **vars(one),
        "more": [vars(t) for t in one.more],
        "less": [vars(t) for t in one.less],
        "typical": typical,
        "portrait": {family: [vars(t) for t in listed] for family, listed in one.portrait.items()},
        "scores": [vars(score) for score in one.scores],
        **{name: _plain(getattr(one, name)) for name in ("channel", "moment", "example")},
        "changed": list(one.changed),
    }


def _plain(one: Preferred | Example | None) -> dict[str, Any] | None:
    return None if one is None else dict(vars(one))


def _persona_row(column: str, one: Persona) -> dict[str, Any]:
    """The parts of a persona that fit a table."""
    return {
        "column": column,
        c.NAME: one.segment,
        c.CUSTOMERS: one.customers,
        c.SHARE: one.share,
        c.REVENUE: one.revenue,
        c.REVENUE_SHARE: one.revenue_share,
        "headline": one.headline,
        "more": "; ".join(t.name if t.level is None else f"{t.name}={t.level}" for t in one.more),
        "less": "; ".join(t.name if t.level is None else f"{t.name}={t.level}" for t in one.less),
        "action": one.action,
        "avoid": one.avoid,
        "stage": one.stage,
        "consent": one.consent,
        "confidence": one.confidence,
    }
