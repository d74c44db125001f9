"""Results of whether segments hold."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from segcli import columns as c
from segcli.evidence.backtest import Backtest
from segcli.evidence.compare import ENTERED, FROM, LEFT, TO, Compared
from segcli.evidence.history import Run, history
from segcli.evidence.readout import Readout
from segcli.model import Customers
from segcli.reports import numbers, tables
from segcli.reports.blocks import Block, Column, Heading, Table
from segcli.reports.envelope import envelope, records
from segcli.reports.result import Result


def of_backtest(made: Backtest, customers: Customers) -> Result:
    """`backtest`: one row per fold, segmentation and segment; a summary of segmentations side by side."""
    blocks: list[Block] = [side_by_side(made.summary), *tables.notes(made.notes)]
    latest = made.segments[made.segments["fold"] == 1]
    baseline = set(made.summary.loc[made.summary["baseline"], "segmentation"])
    for name, rows in latest.groupby("segmentation", sort=False):
        if name not in baseline:
            blocks += [Heading(f"{name}, after {rows['until'].iloc[0]}"), foretold(rows)]

    def parts() -> dict[str, Any]:
        return {
            "summary": records(made.summary),
            "folds": records(made.scores),
            "segments": records(made.segments),
            "notes": list(made.notes),
        }

    return Result(made.segments, lambda: envelope("backtest", customers, parts()), tuple(blocks))


def of_comparison(made: Compared, customers: Customers) -> Result:
    """`compare`: who moved from which segment to which; drifts and advice."""
    blocks: list[Block] = []
    for name, rows in made.migration.groupby("segmentation", sort=False):
        blocks += [Heading(str(name)), _migration(rows)]
    blocks += tables.notes(made.notes)

    def parts() -> dict[str, Any]:
        return {
            "migration": records(made.migration),
            "shares": [vars(one) for one in made.shares],
            "features": [vars(one) for one in made.features],
            "drifted": list(made.drifted),
            "notes": list(made.notes),
        }

    return Result(made.migration, lambda: envelope("compare", customers, parts()), tuple(blocks))


def of_readout(made: Readout, customers: Customers) -> Result:
    """`compare --treated`: one row per group, and how each differs from the holdout."""
    shown = made.table[["group", c.CUSTOMERS, "buyers", "buyer_rate", "revenue_a_head"]]

    def parts() -> dict[str, Any]:
        return {"groups": records(made.table), "notes": list(made.notes)}

    blocks: tuple[Block, ...] = (tables.found(shown), *tables.notes(made.notes))
    return Result(made.table, lambda: envelope("readout", customers, parts()), blocks)


def of_history(runs: Sequence[Run]) -> Result:
    """`compare --history`: one row per run and segmentation."""
    rows = history(runs)

    def envelope_() -> dict[str, Any]:
        return {"schema": "segcli.history/1", "runs": records(rows)}

    return Result(rows, envelope_, (tables.found(rows),))


def _migration(rows: pd.DataFrame) -> Table:
    """From down, to across: shares of those from; who left is a column, who entered a row."""
    names = [*sorted({*rows[FROM], *rows[TO]} - {ENTERED, LEFT})]
    shares = rows.pivot_table(c.SHARE, FROM, TO, aggfunc="sum")
    sizes = rows.groupby(FROM)[c.CUSTOMERS].sum()
    across = [name for name in (*names, LEFT) if name in shares.columns]
    titles = [Column("From", right=False), Column("Customers"), Column("Stayed"), Column("Most to", right=False)]
    cells = []
    for name in (one for one in (*names, ENTERED) if one in shares.index):
        moved = shares.loc[name, across].dropna().drop(name, errors="ignore")
        most = sorted(moved.items(), key=lambda one: (-float(one[1]), str(one[0])))[:3]
        stayed = shares.loc[name].get(name)
        told = ", ".join(f"{to} {numbers.share(share)}" for to, share in most)
        kept = "" if stayed is None or pd.isna(stayed) else numbers.share(stayed)
        cells.append([name, numbers.count(sizes[name]), kept, told])
    return Table(titles, cells)


def side_by_side(summary: pd.DataFrame) -> Table:
    """One row per segmentation: lift, share of revenue of the top, rank correlation, verdict."""
    titles = [
        Column("Segmentation", right=False),
        Column("Best buys"),
        Column("Top takes"),
        Column("Rank"),
        Column("Gini"),
    ]
    rows = [
        [
            str(row["segmentation"]),
            f"{row['lift']:.1f}x ({row['lift_low']:.1f}-{row['lift_high']:.1f})",
            numbers.share(row["captured"]),
            f"{row['rank_correlation']:.2f}",
            f"{row['gini']:.2f}",
            str(row["verdict"]),
        ]
        for row in summary.to_dict("records")
    ]
    return Table([*titles, Column("", right=False)], rows)


def foretold(rows: pd.DataFrame) -> Table:
    """One row per segment, in the order that was foretold: who came back, and what they spent."""
    titles = [Column("Segment", right=False), Column("Customers"), Column("Bought"), Column(""), Column("Lift")]
    titles += [Column("Revenue"), Column("Share"), Column("A head")]
    cells = [
        [
            str(row[c.NAME]),
            numbers.count(row[c.CUSTOMERS]),
            numbers.share(row["buyer_rate"]),
            f"{numbers.share(row['buyer_rate_low'])}-{numbers.share(row['buyer_rate_high'])}",
            f"{row['lift']:.1f}x",
            numbers.money(row[c.REVENUE]),
            numbers.share(row[c.REVENUE_SHARE]),
            numbers.money(row["revenue_a_head"]),
        ]
        for row in rows.to_dict("records")
    ]
    return Table(titles, cells)
