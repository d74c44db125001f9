"""A Result for each command's noun."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pandas as pd

from segcli import columns as c
from segcli.model import Customers, Persona, Segmentation
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading
from segcli.reports.cards import card
from segcli.reports.envelope import envelope, segmentation
from segcli.reports.result import Result
from segcli.segment.overlap import overlap
from segcli.segment.rules import Ruled, members


def of_customers(customers: Customers) -> Result:
    """`ingest`: the customer table."""

    def parts() -> dict[str, Any]:
        return {"customers": _rows(customers.table), "warnings": list(customers.warnings)}

    whole = (tables.measures(customers.table),)
    return Result(customers.table, lambda: envelope("ingest", customers, parts()), whole)


def of_segmentation(command: str, result: Segmentation) -> Result:
    """`rfm`, `cluster`: the customer table with scores and segments."""
    tried = tables.candidates(result)
    blocks: tuple[Block, ...] = (
        tables.segments(result),
        *([tried] if tried else []),
        *tables.notes(result.notes),
    )
    table = result.table

    def parts() -> dict[str, Any]:
        return {**segmentation(result), "customers": _rows(table)}

    return Result(table, lambda: envelope(command, result.customers, parts()), blocks)


def of_segmentations(command: str, made: Sequence[Segmentation]) -> Result:
    """Several segmentations of one table: the table with all their columns, a table of segments for each."""
    blocks: list[Block] = []
    for one in made:
        blocks += [Heading(one.column), tables.segments(one), *tables.notes(one.notes), *tables.findings(one)]
    table = made[-1].table

    def parts() -> dict[str, Any]:
        return {"segmentations": [segmentation(one) for one in made], "customers": _rows(table)}

    return Result(table, lambda: envelope(command, made[-1].customers, parts()), tuple(blocks))


def of_overlap(ruled: Mapping[str, tuple[Ruled, Customers]]) -> Result:
    """How much the segments of written rules overlap, for each segmentation."""
    found = []
    for column, (one, customers) in ruled.items():
        pairs = overlap([name for name, _ in one.rules], members(customers, one))
        found.append(pairs.assign(column=column))
    rows = pd.concat(found, ignore_index=True)
    customers = next(iter(ruled.values()))[1]

    def parts() -> dict[str, Any]:
        return {"overlap": _rows(rows)}

    return Result(rows, lambda: envelope("rules", customers, parts()), tuple(tables.overlaps(rows)))


def of_personas(described: Mapping[str, Sequence[Persona]], customers: Customers) -> Result:
    """`persona`: one card per segment, for each segmentation column."""
    blocks: list[Block] = []
    for column, listed in described.items():
        blocks += [Heading(column)] * (len(described) > 1) + [card(persona) for persona in listed]
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
    }


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
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", table.to_dict("records"))
