"""Section with the cohort table: repeat purchases by cohort and period."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from segcli import columns, formatting
from segcli.message import count_message, message
from segcli.reports import tables
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.chart_blocks import build_grid_data
from segcli.reports.optional_analyses import CohortTable
from segcli.reports.report import Findings
from segcli.value.cohorts import COHORT, COHORT_SIZE, CUMULATIVE_VALUE, PERIOD, RETENTION

TITLE = message("Cohorts")
MAX_CHART_COHORTS, MAX_CHART_PERIODS = 18, 12  # size limits of the chart; the table has all
SMALL_COHORTS_NOTE = message("Cohorts with too few customers are omitted, and such cells are blank.")


@dataclass(frozen=True)
class CohortMetric:
    """A cohort metric: its title, the meaning of the shades, and its formats in tables and in chart cells."""

    title: str
    shade_title: str
    format_value: Callable[[float], str]
    format_cell: Callable[[float], str]


def _format_percentage(value: float) -> str:
    return formatting.FormattedNumber(formatting.format_share(value).rstrip("%"), 100 * value)


COHORT_METRICS = {
    RETENTION: CohortMetric(
        message("Share of each cohort that bought again"),
        message("percent"),
        formatting.format_share,
        _format_percentage,
    ),
    columns.CUSTOMERS: CohortMetric(
        message("Returning customers by cohort"), message("customers"), formatting.format_count, formatting.format_count
    ),
    columns.ORDERS: CohortMetric(
        message("Orders by cohort"), message("orders"), formatting.format_count, formatting.format_count
    ),
    columns.REVENUE: CohortMetric(
        message("Revenue by cohort"), message("revenue"), formatting.format_money, formatting.format_money
    ),
    CUMULATIVE_VALUE: CohortMetric(
        message("Cumulative revenue per customer by cohort"),
        message("per customer"),
        formatting.format_money,
        formatting.format_money,
    ),
}


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the heat map of the latest cohorts with a table of all."""
    cohort_table = findings.analyses.cohort_table
    if cohort_table is None:
        yield Text([findings.analyses.skip_reasons.get("cohorts", message("Cohorts need an order export."))])
        return
    if cohort_table.table.empty:
        yield Text([message("Every cohort has too few customers to show.")])
        return
    yield _build_cohort_chart(cohort_table)
    yield from tables.build_note_blocks([*cohort_table.notes, *[SMALL_COHORTS_NOTE] * cohort_table.has_withheld])


def _build_cohort_chart(cohort_table: CohortTable) -> Chart:
    cells = cohort_table.table.pivot_table(
        cohort_table.metric, COHORT, PERIOD, sort=False, aggfunc="first", dropna=False
    )
    cells = cells.sort_index(axis="columns")
    first_position = 1 if cells.shape[1] > 1 else 0  # first purchases would dwarf all later values
    chart_cells = cells.iloc[-MAX_CHART_COHORTS:, first_position : first_position + MAX_CHART_PERIODS]
    metric = COHORT_METRICS[cohort_table.metric]
    data = build_grid_data(
        chart_cells,
        metric.format_cell,
        row_title=message("cohort"),
        column_title=message("periods since the first purchase"),
        shade_title=metric.shade_title,
    )
    alt_text = message(
        "{title}: {cohorts} over {periods}.",
        title=metric.title,
        cohorts=count_message("{count} cohort", "{count} cohorts", len(chart_cells)),
        periods=count_message("{count} period", "{count} periods", chart_cells.shape[1]),
    )
    return Chart(
        "cohorts", metric.title, alt_text, data, [_build_cohort_table(cohort_table.table, cells, metric.format_value)]
    )


def _build_cohort_table(cohort_rows: pd.DataFrame, cells: pd.DataFrame, format_value: Callable[[float], str]) -> Table:
    """Build the table of all cohorts and periods."""
    cohort_sizes = cohort_rows.drop_duplicates(COHORT).set_index(COHORT)[COHORT_SIZE]
    titles = [
        Column(message("Cohort"), align_right=False),
        Column(message("Size")),
        *(Column(str(period)) for period in cells.columns),
    ]
    table_rows = [
        [
            str(name),
            formatting.format_count(cohort_sizes[name]),
            *("" if pd.isna(value) else format_value(float(value)) for value in row),
        ]
        for name, row in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    return Table(titles, table_rows)
