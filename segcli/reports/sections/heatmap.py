"""Section with the heat map of recency and frequency scores, by customers or mean revenue."""

from collections.abc import Callable, Iterator

import pandas as pd

from segcli import columns, formatting
from segcli.message import message
from segcli.reports import crosstabs
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.chart_blocks import build_grid_data
from segcli.reports.report import Findings

TITLE = message("Recency and frequency")
NO_SCORES_NOTE = message("There is no RFM segmentation with scores.")
RECENCY_AXIS, FREQUENCY_AXIS = message("recency score"), message("frequency score")
BLANK_CELLS_NOTE = message("Blank cells have no customers, or too few to show.")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the heat map with its numbers, and a note on blank cells."""
    if findings.score_cells is None:
        has_scores = any(
            segmentation.column == columns.RFM_SEGMENT and columns.R_SCORE in segmentation.table
            for segmentation in findings.segmentations
        )
        yield Text([message("Too few customers have some of the scores.") if has_scores else NO_SCORES_NOTE])
        return
    cell_rows = crosstabs.split_score_cells(findings.score_cells)
    if cell_rows.empty:
        yield Text([message("No pair of scores has enough customers to show.")])
        return
    yield build_score_chart(cell_rows)
    yield Text([BLANK_CELLS_NOTE], is_quiet=True)


def build_score_chart(cell_rows: pd.DataFrame) -> Chart:
    """Build the heat map: best recency on top, best frequency on the right; shades are mean revenue if available."""
    counts = _pivot_scores(cell_rows, columns.CUSTOMERS)
    customer_table = _build_score_table(counts, message("Customers by recency score"), formatting.format_count)
    if columns.MEAN_REVENUE not in cell_rows:
        data = build_grid_data(
            counts,
            formatting.format_count,
            row_title=RECENCY_AXIS,
            column_title=FREQUENCY_AXIS,
            shade_title=message("customers"),
        )
        recency, frequency, best_value = _find_best_cell(counts)
        alt_text = message(
            "Most customers, {count}, have recency {recency} and frequency {frequency}.",
            count=formatting.format_count(best_value),
            recency=recency,
            frequency=frequency,
        )
        return Chart(
            "heat_map", message("Recency and frequency scores, by customers"), alt_text, data, [customer_table]
        )
    means = _pivot_scores(cell_rows, columns.MEAN_REVENUE)
    data = build_grid_data(
        means,
        formatting.format_money,
        row_title=RECENCY_AXIS,
        column_title=FREQUENCY_AXIS,
        shade_title=message("mean revenue per customer"),
    )
    recency, frequency, best_value = _find_best_cell(means)
    alt_text = message(
        "Recency {recency} and frequency {frequency} have the highest revenue per customer, {money} on average.",
        recency=recency,
        frequency=frequency,
        money=formatting.format_money(best_value),
    )
    title = message("Recency and frequency scores, by mean revenue per customer")
    return Chart(
        "heat_map",
        title,
        alt_text,
        data,
        [customer_table, _build_score_table(means, message("Mean revenue by recency score"), formatting.format_money)],
    )


def _pivot_scores(cell_rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure by recency score (rows, best first) and frequency score (columns)."""
    score_pivot = cell_rows.pivot_table(measure, columns.R_SCORE, columns.F_SCORE, aggfunc="first")
    return score_pivot.sort_index(ascending=False).sort_index(axis="columns")


def _find_best_cell(score_pivot: pd.DataFrame) -> tuple[int, int, float]:
    """Return the recency score, the frequency score and the value of the cell with the highest value."""
    pairs = [
        (float(value), int(recency), int(frequency))
        for recency, row in zip(score_pivot.index, score_pivot.to_numpy(), strict=True)
        for frequency, value in zip(score_pivot.columns, row, strict=True)
        if pd.notna(value)
    ]
    best_value, recency, frequency = max(pairs)
    return recency, frequency, best_value


def _build_score_table(score_pivot: pd.DataFrame, title: str, format_value: Callable[[float], str]) -> Table:
    titles = [
        Column(title, align_right=False),
        *(Column(message("Frequency {score}", score=score)) for score in score_pivot.columns),
    ]
    rows = [
        [str(score), *("" if pd.isna(value) else format_value(float(value)) for value in row)]
        for score, row in zip(score_pivot.index, score_pivot.to_numpy(), strict=True)
    ]
    return Table(titles, rows)
