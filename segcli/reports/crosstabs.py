"""Cross tabulations as segmentations, so that small cells are suppressed like small segments."""

from dataclasses import replace

import pandas as pd

from segcli import columns
from segcli.evaluation.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT
from segcli.model import Customers, Segmentation
from segcli.segment.segmentation import segmentation_from_labels

SCORE_CELLS, TRANSITION_CELLS = "score_cells", "moves"
RECENCY_SCORES, FREQUENCY_SCORES = "recency_scores", "frequency_scores"
CELL_SEPARATOR = " -> "


def crosstab_scores(segmentation: Segmentation) -> list[Segmentation]:
    """Return segmentations by recency score, by frequency score, and by both (cells such as `R5 -> F3`).

    The list is empty if the segmentation has no scores.
    """
    table = segmentation.table
    if columns.R_SCORE not in table or columns.F_SCORE not in table:
        return []
    score_columns = ((columns.R_SCORE, "R"), (columns.F_SCORE, "F"))
    score_labels = [letter + table[name].astype("int64").astype("str") for name, letter in score_columns]
    return _crosstab_labels(segmentation.customers, (RECENCY_SCORES, FREQUENCY_SCORES, SCORE_CELLS), *score_labels)


def split_score_cells(cell_segmentation: Segmentation) -> pd.DataFrame:
    """Return the profile of the cells of `crosstab_scores` with r_score and f_score, without suppressed cells."""
    profile = split_cell_names(cell_segmentation)
    visible_cells = profile[profile[FROM_SEGMENT] != ""].reset_index(drop=True)
    score_values = {
        name: visible_cells[end].str[1:].astype("int64")
        for name, end in ((columns.R_SCORE, FROM_SEGMENT), (columns.F_SCORE, TO_SEGMENT))
    }
    return visible_cells.drop(columns=[FROM_SEGMENT, TO_SEGMENT, columns.SEGMENT_NAME]).assign(**score_values)


def crosstab_transitions(old_segmentation: Segmentation, new_segmentation: Segmentation) -> list[Segmentation]:
    """Return segmentations by previous segment, by current segment, and by both, of previous and current customers.

    Their revenue, if both have it, is the current one, or the previous one of customers who left.
    """
    labels_before = pd.Series(
        old_segmentation.labels.to_numpy(), index=old_segmentation.customers.table[columns.CUSTOMER_ID]
    )
    labels_after = pd.Series(
        new_segmentation.labels.to_numpy(), index=new_segmentation.customers.table[columns.CUSTOMER_ID]
    )
    ids = labels_before.index.union(labels_after.index)
    table = pd.DataFrame({columns.CUSTOMER_ID: ids.astype("str")})
    tables = [segmentation.customers.table for segmentation in (new_segmentation, old_segmentation)]
    if all(columns.REVENUE in customer_table for customer_table in tables):
        new_revenue, old_revenue = (
            customer_table.set_index(columns.CUSTOMER_ID)[columns.REVENUE].reindex(ids) for customer_table in tables
        )
        table[columns.REVENUE] = new_revenue.fillna(old_revenue).astype("float64").fillna(0.0).to_numpy()
    all_customers = Customers(
        table,
        new_segmentation.customers.as_of,
        new_segmentation.customers.input_reports,
    )
    end_labels = [
        labels.reindex(ids).fillna(placeholder).reset_index(drop=True)
        for labels, placeholder in ((labels_before, ENTERED_LABEL), (labels_after, LEFT_LABEL))
    ]
    return _crosstab_labels(all_customers, (FROM_SEGMENT, TO_SEGMENT, TRANSITION_CELLS), *end_labels)


def split_cell_names(cell_segmentation: Segmentation) -> pd.DataFrame:
    """Return the profile of the cells with both names in `from` and `to`; suppressed cells have blank names."""
    name_parts = cell_segmentation.profile[columns.SEGMENT_NAME].str.partition(CELL_SEPARATOR)
    is_named = name_parts[1] != ""
    return cell_segmentation.profile.assign(
        **{FROM_SEGMENT: name_parts[0].where(is_named, ""), TO_SEGMENT: name_parts[2].where(is_named, "")}
    )


def escape_separator(segment_name: str) -> str:
    """Return a segment name without the separator of cell names.

    >>> escape_separator("A -> B")
    'A > B'
    """
    return segment_name.replace(CELL_SEPARATOR, " > ")


def _crosstab_labels(
    customers: Customers, column_names: tuple[str, str, str], first_labels: pd.Series, second_labels: pd.Series
) -> list[Segmentation]:
    escaped_labels = [labels.astype("str").map(escape_separator) for labels in (first_labels, second_labels)]
    cell_labels = escaped_labels[0] + CELL_SEPARATOR + escaped_labels[1]
    return [
        _build_segmentation(customers, name, labels)
        for name, labels in zip(column_names, (*escaped_labels, cell_labels), strict=True)
    ]


def _build_segmentation(customers: Customers, column_name: str, labels: pd.Series) -> Segmentation:
    return segmentation_from_labels(
        replace(customers, transactions=None, contacts=None, warnings=()), column_name, labels, {"name": column_name}
    )
