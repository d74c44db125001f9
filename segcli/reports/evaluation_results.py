"""Results of the evaluation commands: backtest, comparison, experiment and history."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from segcli import columns, formatting
from segcli.evaluation.backtest import BacktestResult
from segcli.evaluation.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT, SegmentationComparison
from segcli.evaluation.drift import RunSummary, summarise_runs
from segcli.evaluation.experiment import ExperimentResult
from segcli.message import join_messages, message
from segcli.model import Customers
from segcli.reports import tables
from segcli.reports.blocks import Block, Column, Heading, Result, Table
from segcli.reports.envelope import build_envelope, to_records


def build_backtest_result(backtest: BacktestResult, customers: Customers) -> Result:
    """Build the result of `segcli backtest`: one row per fold, segmentation and segment.

    The blocks compare segmentations side by side, then show the segments of the latest fold.
    """
    blocks: list[Block] = [build_lift_table(backtest.summary), *tables.build_note_blocks(backtest.notes)]
    latest_fold = backtest.segments[backtest.segments["fold"] == 1]
    baselines = set(backtest.summary.loc[backtest.summary["baseline"], "segmentation"])
    for name, segment_rows in latest_fold.groupby("segmentation", sort=False):
        if name not in baselines:
            until_day = date.fromisoformat(segment_rows["until"].iloc[0])
            blocks += [
                Heading(message("{name}, after {day}", name=name, day=until_day)),
                build_outcome_table(segment_rows),
            ]

    def build_parts() -> dict[str, Any]:
        return {
            "summary": to_records(backtest.summary),
            "folds": to_records(backtest.scores),
            "segments": to_records(backtest.segments),
            "notes": list(backtest.notes),
        }

    return Result(backtest.segments, lambda: build_envelope("backtest", customers, build_parts()), tuple(blocks))


def build_comparison_result(comparison: SegmentationComparison, customers: Customers) -> Result:
    """Build the result of `segcli compare`: transitions between segments, drift and notes."""
    blocks: list[Block] = []
    for name, flow_rows in comparison.migration.groupby("segmentation", sort=False):
        blocks += [Heading(str(name)), _build_migration_table(flow_rows)]
    blocks += tables.build_note_blocks(comparison.notes)

    def build_parts() -> dict[str, Any]:
        return {
            "migration": to_records(comparison.migration),
            "shares": [vars(drift) for drift in comparison.share_drifts],
            "features": [vars(drift) for drift in comparison.feature_drifts],
            "drifted": list(comparison.drifted_columns),
            "notes": list(comparison.notes),
        }

    return Result(comparison.migration, lambda: build_envelope("compare", customers, build_parts()), tuple(blocks))


def build_experiment_result(experiment: ExperimentResult, customers: Customers) -> Result:
    """Build the result of `segcli compare --treated`: one row per segment and group, compared with the holdout."""
    visible_columns = experiment.table[["group", columns.CUSTOMERS, "buyers", "buyer_rate", "revenue_a_head"]]

    def build_parts() -> dict[str, Any]:
        return {
            "groups": to_records(experiment.table),
            "segments": to_records(experiment.segments),
            "notes": list(experiment.notes),
        }

    blocks: tuple[Block, ...] = (
        tables.build_table(visible_columns),
        Heading(message("Effect by segment")),
        _build_effect_table(experiment.segments),
        *tables.build_note_blocks(experiment.notes),
    )
    return Result(experiment.segments, lambda: build_envelope("readout", customers, build_parts()), blocks)


def _build_effect_table(segment_rows: pd.DataFrame) -> Table:
    titles = [
        Column(message("Segment"), align_right=False),
        Column(message("Group"), align_right=False),
        Column(message("Customers")),
        Column(message("Holdout")),
        Column(message("More buyers")),
        Column(message("Incremental revenue")),
        Column(message("Incremental margin")),
        Column(message("Detectable effect")),
        Column(message("Too small"), align_right=False),
    ]
    table_rows = [
        [
            str(row[columns.SEGMENT_NAME]),
            str(row["group"]),
            formatting.format_count(row[columns.CUSTOMERS]),
            formatting.format_count(row["holdout_customers"]),
            _format_effect(row, "difference", "+.1%"),
            _format_effect(row, "incremental_revenue", "+,.0f"),
            _format_effect(row, "incremental_margin", "+,.0f"),
            "" if pd.isna(row["detectable_effect"]) else formatting.format_share(row["detectable_effect"]),
            message("yes") if row["too_small"] == "yes" else message("no"),
        ]
        for row in segment_rows.to_dict("records")
    ]
    return Table(titles, table_rows)


def _format_effect(row: Mapping[Hashable, Any], name: str, number_format: str) -> str:
    """Format an effect with its interval; blank if it is unknown."""
    if pd.isna(row[name]):
        return ""
    value, low, high = (
        formatting.FormattedNumber(format(number, number_format), number)
        for number in (row[name], row[f"{name}_low"], row[f"{name}_high"])
    )
    return message("{value} ({low} to {high})", value=value, low=low, high=high)


def build_history_result(runs: Sequence[RunSummary]) -> Result:
    """Build the result of `segcli compare --history`: one row per run and segmentation."""
    history_rows = summarise_runs(runs)

    def build_history_envelope() -> dict[str, Any]:
        return {"schema": "segcli.history/1", "runs": to_records(history_rows)}

    return Result(history_rows, build_history_envelope, (tables.build_table(history_rows),))


def _build_migration_table(flow_rows: pd.DataFrame) -> Table:
    """Build a table with one row per previous segment: its size, the share that stayed, and the largest outflows.

    New customers are a row of their own; lost customers count as an outflow.
    """
    names = [*sorted({*flow_rows[FROM_SEGMENT], *flow_rows[TO_SEGMENT]} - {ENTERED_LABEL, LEFT_LABEL})]
    shares = flow_rows.pivot_table(columns.SHARE, FROM_SEGMENT, TO_SEGMENT, aggfunc="sum")
    sizes = flow_rows.groupby(FROM_SEGMENT)[columns.CUSTOMERS].sum()
    target_names = [name for name in (*names, LEFT_LABEL) if name in shares.columns]
    titles = [
        Column(message("From"), align_right=False),
        Column(message("Customers")),
        Column(message("Stayed")),
        Column(message("Largest moves to"), align_right=False),
    ]
    table_rows = []
    for name in (segment_name for segment_name in (*names, ENTERED_LABEL) if segment_name in shares.index):
        outflows = shares.loc[name, target_names].dropna().drop(name, errors="ignore")
        top_outflows = sorted(outflows.items(), key=lambda outflow: (-float(outflow[1]), str(outflow[0])))[:3]
        stay_share = shares.loc[name].get(name)
        top_text = join_messages(
            ", ",
            [
                message("{name} {value}", name=target, value=formatting.format_share(share))
                for target, share in top_outflows
            ],
        )
        stay_text = "" if stay_share is None or pd.isna(stay_share) else formatting.format_share(stay_share)
        table_rows.append([name, formatting.format_count(sizes[name]), stay_text, top_text])
    return Table(titles, table_rows)


def build_lift_table(summary: pd.DataFrame) -> Table:
    """Build a table with one row per segmentation: lift and share of the top, rank correlation, verdict."""
    titles = [
        Column(message("Segmentation"), align_right=False),
        Column(message("Top lift")),
        Column(message("Top takes")),
        Column(message("Rank correlation")),
        Column(message("Gini")),
    ]
    rows = [
        [
            str(row["segmentation"]),
            message(
                "{lift} ({low:.1f}-{high:.1f})",
                lift=formatting.format_ratio(row["lift"]),
                low=row["lift_low"],
                high=row["lift_high"],
            ),
            formatting.format_share(row["captured"]),
            message(
                "{value:.2f} ({low:.2f} to {high:.2f})",
                value=row["rank_correlation"],
                low=row["rank_correlation_low"],
                high=row["rank_correlation_high"],
            ),
            formatting.format_decimal(row["gini"]),
            row["verdict"],
        ]
        for row in summary.to_dict("records")
    ]
    return Table([*titles, Column("", align_right=False)], rows)


def build_outcome_table(segment_rows: pd.DataFrame) -> Table:
    """Build a table with one row per segment, in predicted order: buyers, lift, and revenue or orders."""
    titles = [
        Column(message("Segment"), align_right=False),
        Column(message("Customers")),
        Column(message("Bought")),
        Column(""),
        Column(message("Lift")),
    ]
    has_money = columns.REVENUE in segment_rows
    total, share, mean = (
        (columns.REVENUE, columns.REVENUE_SHARE, "revenue_a_head")
        if has_money
        else (columns.ORDERS, "order_share", "orders_a_head")
    )
    value_titles = (message("Revenue"), message("% revenue")) if has_money else (message("Orders"), message("% orders"))
    titles += [*map(Column, value_titles), Column(message("Per customer"))]
    table_rows = [
        [
            str(row[columns.SEGMENT_NAME]),
            formatting.format_count(row[columns.CUSTOMERS]),
            formatting.format_share(row["buyer_rate"]),
            message(
                "{low}-{high}",
                low=formatting.format_share(row["buyer_rate_low"]),
                high=formatting.format_share(row["buyer_rate_high"]),
            ),
            formatting.format_ratio(row["lift"]),
            formatting.format_money(row[total]) if has_money else formatting.format_count(row[total]),
            formatting.format_share(row[share]),
            formatting.format_money(row[mean]) if has_money else formatting.format_decimal(row[mean]),
        ]
        for row in segment_rows.to_dict("records")
    ]
    return Table(titles, table_rows)


def compare_extremes(segment_rows: pd.DataFrame) -> str:
    """Compare the segments of a backtest that were expected to buy most and least often: the first and the last row."""
    first, last = segment_rows.iloc[0], segment_rows.iloc[-1]
    values = {
        "day": date.fromisoformat(first["until"]),
        "first": first[columns.SEGMENT_NAME],
        "first_share": formatting.format_share(first["buyer_rate"]),
        "last": last[columns.SEGMENT_NAME],
        "last_share": formatting.format_share(last["buyer_rate"]),
    }
    if first["buyer_rate_low"] > last["buyer_rate_high"]:
        return message(
            "The segments of {day} predict purchases: {first_share} of {first} bought afterwards, and {last_share} of "
            "{last}.",
            **values,
        )
    return message(
        "The segments of {day} do not predict purchases reliably: {first_share} of {first} bought afterwards, and "
        "{last_share} of {last}.",
        **values,
    )
