"""Results of what is decided: which segments to work with, and what is said to whom."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from segcli import columns as c
from segcli.persona.plan import Plan
from segcli.persona.target import Targets
from segcli.reports import numbers, tables
from segcli.reports.blocks import Block, Column, Heading, Table
from segcli.reports.envelope import envelope, records
from segcli.reports.result import Result

MATRIX = ("high", "middling", "low")  # rows of the three by three matrix, from above
TOUCHPOINT_COLUMNS = ("stage", "touchpoint", c.NAME, "by", "reach", "reach_share", "first", "every_days")


def of_targets(made: Targets) -> Result:
    """`target`: one row per segment, with its reason."""

    def parts() -> dict[str, Any]:
        return {
            "segmentation": made.segmentation.column,
            "targets": records(made.table),
            "parts": records(made.parts),
            "chosen": list(made.chosen),
            "holds": made.holds,
            "weight_sets": records(made.sets),
            "notes": list(made.notes),
        }

    return Result(made.table, lambda: envelope("target", made.segmentation.customers, parts()), tuple(targets(made)))


def targets(made: Targets) -> Iterator[Block]:
    """Segments with scores and reasons, the matrix, what makes up the scores, other weights."""
    yield _ranked(made)
    yield from tables.notes(made.notes)
    if "cell" in made.table:
        yield Heading("Attractiveness (down) and our strength (across)", level=4)
        yield _matrix(made.table)
    if len(made.parts):
        yield Heading("What the scores are made of", level=4)
        yield _parts(made.parts)
    if len(set(made.sets["set"])) > 1:
        yield Heading("Ranks under other weights", level=4)
        yield _sets(made.sets)


def _ranked(made: Targets) -> Table:
    titles = [Column("Segment", right=False), Column("", bar=True), Column("Score"), Column("Strength")]
    titles += [Column("Contacts"), Column("Cost"), Column("Expected"), Column("ROI"), Column("Why", right=False)]
    rows = []
    for row in made.table.to_dict("records"):
        score, strength = row.get("attractiveness", 0.0), row.get("strength")
        known = "" if strength is None else f"{strength:.0f}"
        name = f"{row[c.NAME]} <-" if row["chosen"] == "yes" else str(row[c.NAME])
        contacts = f"{row['contacts']:,} {row['way']}"
        roi = "" if pd.isna(row["roi"]) else f"{row['roi']:.1f}x"
        money = [_money(row["cost"]), _money(row["expected_margin"])]
        rows.append([name, score / 100, f"{score:.0f}", known, contacts, *money, roi, row["reason"]])
    return Table(titles, rows)


def _money(value: float) -> str:
    return "" if pd.isna(value) else numbers.money(value)


def _matrix(table: pd.DataFrame) -> Table:
    """Segments in the cells of the matrix."""
    thirds = [pd.cut(table[axis], [-1, 100 / 3, 200 / 3, 101], right=False, labels=False) for axis in _AXES]
    titles = [Column("", right=False), *(Column(name, right=False) for name in reversed(MATRIX))]
    rows = []
    for place, name in enumerate(MATRIX):
        inside = [(thirds[0] == 2 - place) & (thirds[1] == across) for across in range(3)]
        rows.append([name, *(", ".join(table.loc[mask, c.NAME]) for mask in inside)])
    return Table(titles, rows)


_AXES = ("attractiveness", "strength")


def _parts(parts: pd.DataFrame) -> Table:
    """Segments down, criteria across: the value and what it adds."""
    weights = parts.drop_duplicates("criterion").set_index("criterion")["weight"]
    titles = [Column("Segment", right=False)]
    titles += [Column(f"{str(name).replace('_', ' ')} ({weight:.0f})") for name, weight in weights.items()]
    rows = [
        [str(segment), *(f"{_value(row['value'])} +{row['adds']:.0f}" for row in listed.to_dict("records"))]
        for segment, listed in parts.groupby(c.NAME, sort=False)
    ]
    return Table(titles, rows)


def _value(value: float) -> str:
    return "not known" if pd.isna(value) else numbers.plain(value)


def _sets(sets: pd.DataFrame) -> Table:
    ranks = sets.pivot_table("rank", c.NAME, "set", sort=False)
    titles = [Column("Segment", right=False), *(Column(str(name)) for name in ranks.columns)]
    return Table(titles, [[str(name), *(f"{rank:.0f}" for rank in row)] for name, row in ranks.iterrows()])


def of_plan(made: Plan) -> Result:
    """`plan`: one row per segment and touchpoint."""

    def parts() -> dict[str, Any]:
        return {
            "segmentation": made.segmentation.column,
            "plan": records(made.table),
            "calendar": records(made.calendar),
            "gaps": list(made.gaps),
        }

    return Result(made.table, lambda: envelope("plan", made.segmentation.customers, parts()), tuple(plan(made)))


def plan(made: Plan) -> Iterator[Block]:
    """Touchpoints by stage with reach and dates, what is said, and what is missing."""
    yield tables.found(made.table[list(TOUCHPOINT_COLUMNS)])
    said = made.table.drop_duplicates(["stage", "touchpoint"])[["stage", "touchpoint", "message", "offer", "kpi"]]
    yield Heading("What is said", level=4)
    yield tables.found(said)
    angles = made.table.drop_duplicates(c.NAME)[[c.NAME, "angle"]]
    yield Heading("What it can build on", level=4)
    yield tables.found(angles)
    yield from gaps(made.gaps)


def gaps(lines: Sequence[str]) -> Iterator[Block]:
    """What a plan leaves open."""
    if lines:
        yield Heading("Gaps", level=4)
        yield from tables.notes(lines)
