"""The tables people see, made once for the terminal, Markdown and reports."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from segcli import columns as c
from segcli.model import Segmentation, Trait
from segcli.reports import numbers
from segcli.reports.blocks import Block, Column, Heading, Table, Text

if TYPE_CHECKING:
    from segcli.persona.explain import Explanation
    from segcli.persona.markers import Markers

ABBREVIATED = ("kpi", "psi", "roi")
MOST_MARKS, MOST_DIFFERENCES = 3, 5  # that are shown of a segment, and of all
SEGMENT_COLUMNS = (
    # profile column, title, how it reads
    (c.CUSTOMERS, "Customers", numbers.count),
    (c.SHARE, "Share", numbers.share),
    (c.REVENUE, "Revenue", numbers.money),
    (c.REVENUE_SHARE, "Share", numbers.share),
    (c.MEAN_RECENCY_DAYS, "Recency", numbers.days),
    (c.MEAN_ORDERS, "Orders", numbers.plain),
    (c.MEAN_ORDER_VALUE, "Basket", numbers.money),
)


def segments(result: Segmentation) -> Table:
    """One row per segment: size, money, recency, orders."""
    present = [entry for entry in SEGMENT_COLUMNS if entry[0] in result.profile]
    titles = [Column("Segment", right=False), Column("", bar=True)]
    titles += [Column(title) for _, title, _ in present]
    rows = [
        [row[c.NAME], float(row[c.SHARE]), *(show(row[name]) for name, _, show in present)]
        for row in result.profile.to_dict("records")
    ]
    return Table(titles, rows)


def scorecard(rows: pd.DataFrame) -> Table:
    """One row per segment, one column per principle: the number and the verdict."""
    shown = {
        "measurable": numbers.share,
        "accessible": numbers.share,
        "substantial": numbers.count,
        "durable": numbers.share,
    }
    names = list(dict.fromkeys(rows[c.NAME]))
    principles = list(dict.fromkeys(rows["principle"]))
    cells = {
        (row[c.NAME], row["principle"]): _verdict(row, shown.get(row["principle"])) for row in rows.to_dict("records")
    }
    columns = [Column("Segment", right=False), *(Column(name.capitalize(), right=False) for name in principles)]
    return Table(columns, [[name, *(cells[name, principle] for principle in principles)] for name in names])


def _verdict(row: Mapping[Hashable, Any], shown: Callable[[float], str] | None) -> str:
    """Such as `82% pass`; where there is no number to tell, the verdict alone."""
    if row["verdict"] == "not known":
        return "-"
    if row["principle"] == "actionable":
        return str(row["verdict"])
    return f"{shown(row['value']) if shown else format(row['value'], '.2f')} {row['verdict']}"


def findings(result: Segmentation) -> Iterator[Block]:
    """What a segmentation found besides its segments, each table below its title."""
    for title, rows in result.tables.items():
        yield Heading(title, level=4)
        yield found(rows)


def found(rows: pd.DataFrame) -> Table:
    """Any table: texts to the left, numbers to the right, each as its column's name has it read."""
    texts = {name: not pd.api.types.is_numeric_dtype(rows[name]) for name in rows.columns}
    columns = [Column(_title(str(name)), right=not texts[name]) for name in rows.columns]
    cells = [[_cell(name, row[name]) for name in rows.columns] for row in rows.to_dict("records")]
    return Table(columns, cells)


def _title(name: str) -> str:
    return name.upper() if name in ABBREVIATED else name.replace("_", " ").capitalize()


def _cell(name: str, value: object) -> str:
    """A value as its column reads: shares as per cent, indices and correlations to two digits, blank where unknown."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is no value
        return ""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if name.startswith(("share", "rate", "response")) or name.endswith(("_share", "_rate")):
        return numbers.share(number)
    whole = number == round(number) and (abs(number) >= 1 or isinstance(value, int))
    return numbers.count(number) if whole else numbers.decimal(number)


def rules(explained: "Explanation") -> Iterator[Block]:
    """The rule of each segment, with coverage and precision."""
    yield Text([f"as rules, right for {explained.fidelity:.0%} of customers:"], quiet=True)
    titles = [Column("Segment", right=False), Column("Covers"), Column("Right"), Column("If", right=False)]
    yield Table(
        titles, [[o.segment, numbers.share(o.coverage), numbers.share(o.precision), o.when] for o in explained.told]
    )


def markers(found: "Markers", segments: Sequence[str]) -> Iterator[Block]:
    """What marks each segment, the strongest first, and in what else segments differ."""
    from segcli.persona.markers import LEVEL

    titles = [Column("Segment", right=False), Column("Marked by", right=False)]
    yield Table(titles, [[one, ", ".join(_marks(found.of(one))) or "nothing much"] for one in segments])
    others = [one for one in found.tests if not one.feature]
    differ = sorted((one for one in others if one.p_adjusted < LEVEL), key=lambda one: (-one.effect, one.column))
    if others:
        most = ", ".join(one.column for one in differ[:MOST_DIFFERENCES])
        told = f"they differ in {len(differ)} of {len(others)} columns they were not found by"
        yield Text([told + f", most in {most}" * bool(differ) + " (tested at 5 %, Benjamini-Hochberg)"], quiet=True)


def _marks(found: Sequence[Trait]) -> list[str]:
    """The strongest marker variables; of a column of kinds one."""
    strongest: dict[str, Trait] = {}
    for one in found:
        strongest.setdefault(one.name, one)
    return [_mark(one) for one in list(strongest.values())[:MOST_MARKS]]


def _mark(one: Trait) -> str:
    """As `orders 4.2x`, `plan = pro 80% (all 20%)`, or, where there is no ratio, the two means."""
    if one.level is not None:
        return f"{one.name} = {one.level} {numbers.share(one.value)} (all {numbers.share(one.base)})"
    if one.index is not None:
        return f"{numbers.label(one.name)} {one.index / 100:.2g}x"
    return f"{numbers.label(one.name)} {one.value:.3g} (all {one.base:.3g})"


def notes(lines: Sequence[str]) -> list[Text]:
    """Quiet lines below a table, if there are any."""
    return [Text(list(lines), quiet=True)] if lines else []


def overlaps(pairs: pd.DataFrame) -> Iterator[Block]:
    """One row per pair of different segments, those that share most first; a table for each pair of segmentations."""
    for (column, other), listed in pairs.groupby(["column", "with"], sort=False):
        yield Heading(str(column) if column == other else f"{column} and {other}")
        yield _overlap(listed[(listed["segment"] < listed["other"]) | (column != other)])


def _overlap(pairs: pd.DataFrame) -> Table:
    several = pairs.sort_values(["customers", "segment", "other"], ascending=[False, True, True])
    rows = [
        [
            row["segment"],
            row["other"],
            numbers.count(row["customers"]),
            numbers.decimal(row["jaccard"]),
            numbers.decimal(row["lift"]),
        ]
        for row in several.to_dict("records")
    ]
    titles = [Column("Segment", right=False), Column("And", right=False), Column("Customers")]
    return Table([*titles, Column("Jaccard"), Column("Lift")], rows)


def measures(table: pd.DataFrame) -> Table:
    """What the base looks like: quartiles and range of every measure."""
    names = [n for n in table.columns if pd.api.types.is_numeric_dtype(table[n]) and n != c.CUSTOMER_ID]
    quantiles = table[names].astype("float64").quantile([0, 0.25, 0.5, 0.75, 1.0])
    titles = ["", "Lowest", "Lower quarter", "Median", "Upper quarter", "Highest", "Known"]
    rows = [
        [numbers.label(n), *(numbers.of(n, v) for v in quantiles[n]), numbers.count(table[n].notna().sum())]
        for n in names
        if table[n].notna().any()
    ]
    return Table([Column(titles[0], right=False), *(Column(title) for title in titles[1:])], rows)


def candidates(result: Segmentation) -> Table | None:
    """How each number of segments did, where several were tried."""
    tried = result.method.get("candidates", [])
    if len(tried) < 2:  # noqa: PLR2004 - one candidate is no comparison
        return None
    judged = tried[0]["ari_median"] is not None
    rows = [
        [
            str(one["k"]) + (" <-" if one["k"] == result.method["k"] else ""),
            *([max(one["ari_median"], 0.0), f"{one['ari_median']:.2f}"] if judged else [max(one["silhouette"], 0.0)]),
            f"{one['silhouette']:.2f}",
            numbers.share(one["smallest_share"]),
        ]
        for one in tried
    ]
    stable = [Column("Stability")] if judged else []
    return Table(
        [Column("k", right=False), Column("", bar=True), *stable, Column("Silhouette"), Column("Smallest")], rows
    )
