"""Fairness audits of segmentations by each column that the settings reserve for audits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.fairness import FairnessSettings
from segcli.customers.missing_measures import add_remedy
from segcli.errors import ConfigProblems
from segcli.evaluation.fairness import (
    SelectionRates,
    compare_selection_rates,
    find_proxies,
    measure_balance,
    note_unjudged_groups,
)
from segcli.message import message
from segcli.model import Customers, Segmentation
from segcli.segment.clustering.feature_selection import standard_names

RFM_FEATURES = (columns.RECENCY_DAYS, columns.ORDERS, columns.REVENUE)  # the inputs of RFM


@dataclass(frozen=True)
class FairnessAudit:
    """Fairness audit by one column.

    `balance_tables` are the balance of segments by segmentation, `selection` are the selection rates of targets (if
    any), and `proxy_table` are the features that reveal the group.
    """

    column: str
    balance_tables: Mapping[str, pd.DataFrame]
    selection: SelectionRates | None
    proxy_table: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        """Whether the ratio of selection rates reaches the minimum, or nobody was chosen."""
        return self.selection is None or self.selection.has_passed


def audit_fairness(
    segmentations: Sequence[Segmentation],
    settings: FairnessSettings,
    min_cell_size: int,
    target_mask: npt.NDArray[np.bool_] | None,
) -> list[FairnessAudit]:
    """Audit segmentations by each column that the settings reserve for audits.

    Args:
        segmentations: segmentations of the same customers.
        settings: columns and bounds.
        min_cell_size: minimum number of customers of a reported group.
        target_mask: which customers are in a target segment, if any were chosen.

    Raises:
        ConfigProblems: a column does not exist.
    """
    customers = segmentations[-1].customers  # they include the columns of the earlier segmentations
    features = list(
        dict.fromkeys(column_name for segmentation in segmentations for column_name in _list_features(segmentation))
    )
    audits = []
    for column_name in settings.audit_only:
        group_labels = customers.table[_find_audit_column(customers, column_name)]
        selection_result = (
            None
            if target_mask is None
            else compare_selection_rates(target_mask, group_labels, min_cell_size, settings.minimum_ratio)
        )
        available_features = [feature for feature in features if feature in customers.table and feature != column_name]
        balance_tables = {
            segmentation.column: measure_balance(segmentation, group_labels, min_cell_size)
            for segmentation in segmentations
        }
        audit_notes = (
            *note_unjudged_groups(group_labels, min_cell_size),
            *_note_imbalance(balance_tables, settings),
            *_note_selection(selection_result, settings),
        )
        audits.append(
            FairnessAudit(
                column_name,
                balance_tables,
                selection_result,
                find_proxies(customers.table, group_labels, available_features, min_cell_size),
                audit_notes,
            )
        )
    return audits


def mask_small_groups(fairness_audit: FairnessAudit, min_cell_size: int) -> FairnessAudit:
    """Mask numbers about few people: of a group in a segment, or of its chosen customers."""
    balance_tables = {}
    for column, balance_rows in fairness_audit.balance_tables.items():
        is_small = _is_small_count((balance_rows["share"] * balance_rows[columns.CUSTOMERS]).round(), min_cell_size)
        balance_tables[column] = balance_rows.assign(
            balance=balance_rows["balance"].mask(is_small), share=balance_rows["share"].mask(is_small)
        )
    selection_result = fairness_audit.selection
    if selection_result is not None:
        selection_table = selection_result.table
        is_small = _is_small_count(selection_table["chosen"], min_cell_size) | _is_small_count(
            selection_table[columns.CUSTOMERS] - selection_table["chosen"], min_cell_size
        )
        masked_columns = {
            name: selection_table[name].astype("float64").mask(is_small) for name in ("chosen", "rate", "low", "high")
        }
        selection_result = replace(selection_result, table=selection_table.assign(**masked_columns))
    return replace(fairness_audit, balance_tables=balance_tables, selection=selection_result)


def _is_small_count(counts: pd.Series, min_cell_size: int) -> pd.Series:
    return (counts > 0) & (counts < min_cell_size)


def _find_audit_column(customers: Customers, column_name: str) -> str:
    """Return the name of an audit column in the table; the settings may use its name in the file.

    Raises:
        ConfigProblems: the column does not exist.
    """
    (standard_name,) = standard_names(customers, [column_name])
    if standard_name not in customers.table:
        column_list = ", ".join(customers.table.columns)
        problem_text = f"fairness.audit_only: no column '{column_name}'; available: {column_list}"
        raise ConfigProblems([add_remedy(problem_text, customers, [standard_name])])
    return standard_name


def _list_features(segmentation: Segmentation) -> list[str]:
    """Return the input columns of a segmentation, if it records them."""
    if "features" in segmentation.method:
        return [str(feature["name"]) for feature in segmentation.method["features"]]
    return list(RFM_FEATURES) if segmentation.column == columns.RFM_SEGMENT else []


def _note_imbalance(balance_tables: Mapping[str, pd.DataFrame], settings: FairnessSettings) -> Iterator[str]:
    """Yield notes on segments with a balance below the minimum."""
    for column, balance_rows in balance_tables.items():
        segment_names = list(balance_rows.loc[balance_rows["balance"] < settings.minimum_balance, columns.SEGMENT_NAME])
        if segment_names:
            yield message(
                "{column}: balance below {minimum:g} in {names}",
                column=column,
                minimum=settings.minimum_balance,
                names=", ".join(segment_names),
            )


def _note_selection(selection_result: SelectionRates | None, settings: FairnessSettings) -> Iterator[str]:
    if selection_result is None or np.isnan(selection_result.ratio):
        return None
    values = {"ratio": selection_result.ratio, "minimum": settings.minimum_ratio}
    if selection_result.has_passed:
        verdict = message("ratio of selection rates {ratio:.2f} passes (at least {minimum:g})", **values)
    else:
        verdict = message("ratio of selection rates {ratio:.2f} is too low (at least {minimum:g})", **values)
    if np.isnan(selection_result.p_value):
        yield verdict
    else:
        yield message(
            "{verdict}; p of such a difference if the groups are equal: {p_value:.3g}",
            verdict=verdict,
            p_value=selection_result.p_value,
        )
