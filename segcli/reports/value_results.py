"""Results of customer value: CLV, churn forecast and cohorts."""

from typing import Any

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.errors import UsageProblem
from segcli.evaluation.outcome_model import OutcomeForecast
from segcli.message import message
from segcli.model import Customers
from segcli.reports import tables
from segcli.reports.blocks import Block, Column, Heading, Result, Table
from segcli.reports.envelope import build_envelope, describe_provenance, to_records
from segcli.value.churn import ChurnForecast
from segcli.value.clv import ClvResult
from segcli.value.clv_holdout import HoldoutResult
from segcli.value.cohorts import COHORT, COHORT_SIZE, PERIOD, CohortAnalysis

METRIC_LABELS = {
    "retention": message("retention in percent"),
    "customers": message("customers"),
    "orders": message("orders"),
    "revenue": message("revenue"),
    "value": message("value"),
}
BAR_CHARACTERS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"  # from empty to full


def build_clv_result(clv_result: ClvResult, churn_result: ChurnForecast | None = None) -> Result:
    """Build the result of `segcli clv`: the customer table with predictions.

    The blocks show segments, the holdout comparison, and the churn forecast if there is one.
    """
    customer_table = (
        clv_result.table
        if churn_result is None
        else clv_result.table.assign(**{columns.P_NEXT: churn_result.purchase_probability})
    )
    blocks: list[Block] = []
    for column, segment_rows in clv_result.segments.items():
        blocks += [Heading(column)] * (len(clv_result.segments) > 1) + [build_clv_table(segment_rows)]
    blocks += tables.build_note_blocks(clv_result.notes)
    if clv_result.holdout:
        blocks += [Heading(message("Holdout period"), level=4), _build_holdout_table(clv_result.holdout)]
    if churn_result:
        blocks += [Heading(message("Purchase probability"), level=4), *_build_churn_blocks(churn_result)]

    def build_parts() -> dict[str, Any]:
        return {
            "model": clv_result.clv_model.as_dict(),
            "orders_by": clv_result.clv_model.order_fit.model,
            "converged": not clv_result.limits,
            "limits": [vars(limit) for limit in clv_result.limits],
            "calibration_factor": clv_result.clv_model.calibration_factor,
            "correlation": clv_result.clv_model.correlation,
            "until": clv_result.calibration_end,
            "new_customer": {
                model: [{"periods": period, "orders": orders} for period, orders in orders_by_period.items()]
                for model, orders_by_period in clv_result.new_customer.items()
            },
            "totals_expected": dict(clv_result.totals),
            "segmentations": [
                {"column": name, "segments": to_records(segment_rows)}
                for name, segment_rows in clv_result.segments.items()
            ],
            "holdout": None if clv_result.holdout is None else _describe_holdout(clv_result.holdout),
            "provenance": describe_provenance(clv_result.provenance),
            "warnings": list(clv_result.warnings),
            "notes": list(clv_result.notes),
            "churn": None if churn_result is None else _describe_churn(churn_result),
            "customers": to_records(customer_table),
        }

    return Result(customer_table, lambda: build_envelope("clv", clv_result.customers, build_parts()), tuple(blocks))


def build_churn_result(customers: Customers, churn_result: ChurnForecast) -> Result:
    """Build the result of `segcli churn` for an order export: the customer table with probabilities of a purchase."""
    customer_table = customers.table.assign(**{columns.P_NEXT: churn_result.purchase_probability})

    def build_parts() -> dict[str, Any]:
        return {**_describe_churn(churn_result), "customers": to_records(customer_table)}

    return Result(
        customer_table,
        lambda: build_envelope("churn", customers, build_parts()),
        tuple(_build_churn_blocks(churn_result)),
    )


def _build_churn_blocks(churn_result: ChurnForecast) -> list[Block]:
    return [
        tables.build_table(churn_result.deciles),
        tables.build_table(churn_result.periods),
        *tables.build_note_blocks(churn_result.notes),
    ]


def build_outcome_result(customers: Customers, forecast: OutcomeForecast) -> Result:
    """Build the result of `segcli churn --outcome`: the customer table with probabilities of the outcome."""
    customer_table = customers.table.assign(**{columns.P_OUTCOME: forecast.probability})
    blocks: list[Block] = [tables.build_table(forecast.deciles)]
    if forecast.drivers:
        blocks += [Heading(message("Drivers"), level=4), tables.build_drivers_table(forecast.drivers)]
    blocks += tables.build_note_blocks(forecast.notes)

    def build_parts() -> dict[str, Any]:
        return {
            "outcome": forecast.outcome,
            "model": forecast.model,
            "test_customers": forecast.test_customers,
            "scores": forecast.scores,
            "deciles": to_records(forecast.deciles),
            "drivers": None if forecast.drivers is None else to_records(forecast.drivers.table),
            "notes": list(forecast.notes),
            "customers": to_records(customer_table),
        }

    return Result(customer_table, lambda: build_envelope("churn", customers, build_parts()), tuple(blocks))


def _describe_churn(churn_result: ChurnForecast) -> dict[str, Any]:
    return {
        "model": churn_result.model,
        "scores": to_records(churn_result.scores),
        "recommended": churn_result.recommended,
        "periods": to_records(churn_result.periods),
        "deciles": to_records(churn_result.deciles),
        "notes": list(churn_result.notes),
    }


def build_cohorts_result(cohort_result: CohortAnalysis, customers: Customers, metric: str) -> Result:
    """Build the result of `segcli cohort`: one row per cohort and period.

    The blocks show one row per cohort and one column per period.
    """
    if metric not in cohort_result.table:
        raise UsageProblem(
            f"cohort.show: {metric} needs amounts, and there are none; set their column with --map amount=COLUMN, "
            "or show retention, customers or orders"
        )
    note_lines = [
        message("{metric}, by periods since the first purchase", metric=METRIC_LABELS.get(metric, metric)),
        *cohort_result.notes,
    ]
    blocks: tuple[Block, ...] = (_build_heat_table(cohort_result.table, metric), *tables.build_note_blocks(note_lines))

    def build_parts() -> dict[str, Any]:
        return {"cohorts": to_records(cohort_result.table), "notes": list(cohort_result.notes)}

    return Result(cohort_result.table, lambda: build_envelope("cohort", customers, build_parts()), blocks)


def _build_heat_table(cohort_table: pd.DataFrame, metric: str) -> Table:
    """Build a table of cohorts (rows) and periods (columns); cells have a bar by height, blank without data."""
    cohort_sizes = cohort_table.groupby(COHORT, sort=False)[COHORT_SIZE].first()
    cells = cohort_table.pivot_table(metric, COHORT, PERIOD, sort=False, aggfunc="first").reindex(cohort_sizes.index)
    later_cells = cells.to_numpy()[:, 1:] if cells.shape[1] > 1 else cells.to_numpy()
    max_value = float(np.nanmax(later_cells, initial=0.0))  # the first period would dwarf all others
    titles = [
        Column(message("Cohort"), align_right=False),
        Column(message("Size")),
        *(Column(str(period)) for period in cells.columns),
    ]
    rows = [
        [
            str(name),
            formatting.format_count(cohort_sizes[name]),
            *(_format_heat_cell(float(value), metric, max_value) for value in row),
        ]
        for name, row in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    return Table(titles, rows)


def _format_heat_cell(value: float, metric: str, max_value: float) -> str:
    """Format a value with its bar; retention is in per cent."""
    if np.isnan(value):
        return ""
    formatters = {
        "retention": lambda share: formatting.format_count(100 * share),
        "revenue": formatting.format_money,
        "value": formatting.format_money,
    }
    bar = (
        BAR_CHARACTERS[min(round(value / max_value * (len(BAR_CHARACTERS) - 1)), len(BAR_CHARACTERS) - 1)]
        if max_value
        else BAR_CHARACTERS[0]
    )
    return message("{value}{bar}", value=formatters.get(metric, formatting.format_count)(value), bar=bar)


def build_clv_table(segment_rows: pd.DataFrame) -> Table:
    """Build a table with one row per segment: customers, share still alive, orders and value with intervals."""
    titles = [
        Column(message("Segment"), align_right=False),
        Column(message("Customers")),
        Column(message("% alive")),
        Column(message("Predicted orders")),
        Column(""),
    ]
    has_value = columns.CLV in segment_rows
    titles += [Column(message("Predicted value")), Column(""), Column(message("Per customer"))] if has_value else []
    table_rows = []
    for row in segment_rows.to_dict("records"):
        table_rows.append(
            [
                row[columns.SEGMENT_NAME],
                formatting.format_count(row[columns.CUSTOMERS]),
                formatting.format_share(row["alive"] / row[columns.CUSTOMERS]),
            ]
        )
        table_rows[-1] += [
            formatting.format_count(row[columns.EXPECTED_ORDERS]),
            _format_interval(row, columns.EXPECTED_ORDERS, formatting.format_count),
        ]
        if has_value:
            value_per_head = formatting.format_money(row[columns.CLV] / row[columns.CUSTOMERS])
            table_rows[-1] += [
                formatting.format_money(row[columns.CLV]),
                _format_interval(row, columns.CLV, formatting.format_money),
                value_per_head,
            ]
    return Table(titles, table_rows)


def _format_interval(segment_row: dict[Any, Any], column: str, format_value: Any) -> str:  # noqa: ANN401 - function of a number
    low, high = segment_row.get(f"{column}_low"), segment_row.get(f"{column}_high")
    return "" if low is None else message("{low}-{high}", low=format_value(low), high=format_value(high))


def _build_holdout_table(holdout: HoldoutResult) -> Table:
    """Build a table by repeat purchases during calibration: actual and predicted later orders per customer."""
    last_repeats = holdout.by_repeats["repeats"].max()
    rows = [
        [
            f"{row['repeats']:.0f}" + ("+" if row["repeats"] == last_repeats else ""),
            formatting.format_count(row["customers"]),
            formatting.format_decimal(row["actual"]),
            formatting.format_decimal(row["expected"]),
        ]
        for row in holdout.by_repeats.to_dict("records")
    ]
    return Table(
        [
            Column(message("Repeat orders"), align_right=False),
            Column(message("Customers")),
            Column(message("Actual orders")),
            Column(message("Predicted orders")),
        ],
        rows,
    )


def _describe_holdout(holdout: HoldoutResult) -> dict[str, Any]:
    return {
        **vars(holdout),
        "calibration_factor": holdout.calibration_factor,
        "by_repeats": to_records(holdout.by_repeats),
        "errors": to_records(holdout.errors),
    }
