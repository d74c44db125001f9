"""Compare two segmentations of mostly the same customers: migration, drift and notes on what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.config.compare import CompareSettings
from segcli.errors import InputProblem
from segcli.evaluation.drift import Drift, drift_from_counts, measure_drift
from segcli.message import join_messages, message
from segcli.model import Customers, Segmentation
from segcli.segment.profiles import descriptive_columns

ENTERED_LABEL, LEFT_LABEL = "(entered)", "(left)"
FROM_SEGMENT, TO_SEGMENT = "from", "to"


@dataclass(frozen=True, eq=False)
class SegmentationComparison:
    """Result of a comparison of two runs.

    `migration` has the columns from, to, customers, share (of the customers in from) and, if revenue is known,
    value_share (of earlier revenue). `share_drifts` are the drifts of segment shares by segmentation. `feature_drifts`
    are the drifts of columns, largest first. `notes` summarise the result. `drifted_columns` are the columns whose
    drift exceeds the threshold.
    """

    migration: pd.DataFrame
    share_drifts: Sequence[Drift]
    feature_drifts: Sequence[Drift]
    notes: tuple[str, ...]
    drifted_columns: tuple[str, ...]


def compare_segmentations(
    old_segmentations: Sequence[Segmentation], new_segmentations: Sequence[Segmentation], settings: CompareSettings
) -> SegmentationComparison:
    """Compare segmentations of the same name.

    Raises:
        InputProblem: the runs have no segmentation name in common, or no customer.
    """
    new_by_column = {segmentation.column: segmentation for segmentation in new_segmentations}
    pairs = [
        (segmentation, new_by_column[segmentation.column])
        for segmentation in old_segmentations
        if segmentation.column in new_by_column
    ]
    if not pairs:
        column_lists = [
            ", ".join(segmentation.column for segmentation in segmentations) or "none"
            for segmentations in (old_segmentations, new_segmentations)
        ]
        raise InputProblem(
            f"no common segmentation: old {column_lists[0]}, new {column_lists[1]}",
            remedy="pass two tables made with the same settings",
        )
    old_customers, new_customers = pairs[0][0].customers, pairs[0][1].customers
    old_ids = set(old_customers.table[columns.CUSTOMER_ID])
    if not old_ids & set(new_customers.table[columns.CUSTOMER_ID]):
        raise InputProblem(
            "no common customer",
            source=new_customers.input_reports[0].input.name,
            remedy="check that both tables use the same customer ids",
        )
    migration = pd.concat(
        [_count_migration(segmentation, new_segmentation) for segmentation, new_segmentation in pairs],
        ignore_index=True,
    )
    share_drifts = [
        drift_from_counts(segmentation.column, *_count_segment_sizes(segmentation, new_segmentation))
        for segmentation, new_segmentation in pairs
    ]
    feature_drifts = _measure_feature_drifts(old_customers, new_customers)
    drifted_columns = tuple(
        drift.column for drift in (*share_drifts, *feature_drifts) if drift.is_beyond(settings.major)
    )
    notes = [
        note
        for segmentation, new_segmentation in pairs
        for note in _describe_migration(segmentation, new_segmentation, migration)
    ]
    notes += _describe_drifts(share_drifts, feature_drifts, settings)
    return SegmentationComparison(
        migration, share_drifts, feature_drifts, (*notes, _recommend_action(drifted_columns)), drifted_columns
    )


def _count_migration(old_segmentation: Segmentation, new_segmentation: Segmentation) -> pd.DataFrame:
    """Return one row per pair of segments with customers who moved, stayed, entered or left."""
    old_labels = pd.Series(
        old_segmentation.labels.to_numpy(), index=old_segmentation.customers.table[columns.CUSTOMER_ID]
    )
    new_labels = pd.Series(
        new_segmentation.labels.to_numpy(), index=new_segmentation.customers.table[columns.CUSTOMER_ID]
    )
    ids = old_labels.index.union(new_labels.index)
    moves = pd.DataFrame(
        {
            FROM_SEGMENT: old_labels.reindex(ids).fillna(ENTERED_LABEL).to_numpy(),
            TO_SEGMENT: new_labels.reindex(ids).fillna(LEFT_LABEL).to_numpy(),
        }
    )
    if columns.REVENUE in old_segmentation.customers.table:
        revenue = pd.Series(
            old_segmentation.customers.table[columns.REVENUE].to_numpy(dtype=np.float64), index=old_labels.index
        )
        moves["value"] = revenue.reindex(ids).fillna(0.0).to_numpy()
    groups = moves.groupby([FROM_SEGMENT, TO_SEGMENT], sort=True)
    migration_rows = groups.size().rename(columns.CUSTOMERS).reset_index()
    migration_rows[columns.SHARE] = migration_rows[columns.CUSTOMERS] / migration_rows.groupby(FROM_SEGMENT)[
        columns.CUSTOMERS
    ].transform("sum")
    if "value" in moves:
        flow_value = groups["value"].sum().to_numpy()
        from_value = pd.Series(flow_value).groupby(migration_rows[FROM_SEGMENT].to_numpy()).transform("sum").to_numpy()
        migration_rows["value_share"] = np.divide(
            flow_value, from_value, out=np.full(len(flow_value), np.nan), where=from_value > 0
        )
    migration_rows.insert(0, "segmentation", old_segmentation.column)
    return migration_rows


def _count_segment_sizes(
    old_segmentation: Segmentation, new_segmentation: Segmentation
) -> tuple[np.ndarray, np.ndarray]:
    segment_names = sorted({*old_segmentation.segments, *new_segmentation.segments})
    counts = [
        segmentation.labels.value_counts().reindex(segment_names, fill_value=0).to_numpy(dtype=np.float64)
        for segmentation in (old_segmentation, new_segmentation)
    ]
    return counts[0], counts[1]


def _measure_feature_drifts(old_customers: Customers, new_customers: Customers) -> list[Drift]:
    feature_names = [
        feature_name
        for feature_name in descriptive_columns(old_customers.table)
        if feature_name in new_customers.table and feature_name != columns.TENURE_DAYS
    ]  # tenure only grows
    feature_drifts = [
        measure_drift(
            feature_name, old_customers.table[feature_name], new_customers.table[feature_name], len(feature_names)
        )
        for feature_name in feature_names
    ]
    return sorted(feature_drifts, key=lambda drift: (-drift.psi, drift.column))


def _describe_migration(
    old_segmentation: Segmentation, new_segmentation: Segmentation, migration: pd.DataFrame
) -> Iterator[str]:
    migration_rows = migration[migration["segmentation"] == old_segmentation.column]
    remaining_rows = migration_rows[
        (migration_rows[FROM_SEGMENT] != ENTERED_LABEL) & (migration_rows[TO_SEGMENT] != LEFT_LABEL)
    ]
    unchanged_count = remaining_rows.loc[
        remaining_rows[FROM_SEGMENT] == remaining_rows[TO_SEGMENT], columns.CUSTOMERS
    ].sum()
    entered_count, left_count = (
        int(migration_rows.loc[migration_rows[end_column] == end_label, columns.CUSTOMERS].sum())
        for end_column, end_label in ((FROM_SEGMENT, ENTERED_LABEL), (TO_SEGMENT, LEFT_LABEL))
    )
    total = int(remaining_rows[columns.CUSTOMERS].sum())
    yield message(
        "{name}: {share:.0%} of {total} changed segment; {entered} entered, {left} left",
        name=old_segmentation.name,
        share=1 - unchanged_count / total,
        total=total,
        entered=entered_count,
        left=left_count,
    )
    largest_flows = (
        remaining_rows[remaining_rows[FROM_SEGMENT] != remaining_rows[TO_SEGMENT]]
        .sort_values([columns.CUSTOMERS, FROM_SEGMENT, TO_SEGMENT], ascending=[False, True, True])
        .head(1)
    )
    for flow in largest_flows.to_dict("records"):
        yield message(
            "{name}: largest move from {start} to {end}: {customers}",
            name=old_segmentation.name,
            start=flow[FROM_SEGMENT],
            end=flow[TO_SEGMENT],
            customers=flow[columns.CUSTOMERS],
        )
    new_names, vanished_names = (
        [segment_name for segment_name in new_segmentation.segments if segment_name not in old_segmentation.segments],
        [segment_name for segment_name in old_segmentation.segments if segment_name not in new_segmentation.segments],
    )
    if new_names:
        yield message("{name}: new segments: {names}", name=old_segmentation.name, names=", ".join(new_names))
    if vanished_names:
        yield message("{name}: removed segments: {names}", name=old_segmentation.name, names=", ".join(vanished_names))


def _describe_drifts(
    share_drifts: Sequence[Drift], feature_drifts: Sequence[Drift], settings: CompareSettings
) -> Iterator[str]:
    for drift_result in share_drifts:
        yield message(
            "{column}: PSI of segment shares {psi:.2f}, {drift}",
            column=drift_result.column,
            psi=drift_result.psi,
            drift=_grade_drift(drift_result, settings),
        )
    moved_features = [drift_result for drift_result in feature_drifts if drift_result.is_beyond(settings.noticeable)]
    if moved_features:
        drift_texts = [
            message(
                "{feature} {psi:.2f} ({drift})",
                feature=formatting.column_label(drift_result.column),
                psi=drift_result.psi,
                drift=_grade_drift(drift_result, settings),
            )
            for drift_result in moved_features
        ]
        yield message("drifted features: {features}", features=join_messages(", ", drift_texts))
    elif feature_drifts:
        yield message(
            "no feature drifted significantly (largest PSI {psi:.2f}, {feature})",
            psi=feature_drifts[0].psi,
            feature=formatting.column_label(feature_drifts[0].column),
        )


def _grade_drift(drift_result: Drift, settings: CompareSettings) -> str:
    if drift_result.is_beyond(settings.major):
        return message("major")
    return message("noticeable") if drift_result.is_beyond(settings.noticeable) else message("stable")


def _recommend_action(drifted_columns: Sequence[str]) -> str:
    if not drifted_columns:
        return message("keep the segments: no drift")
    names = join_messages(", ", map(formatting.column_label, drifted_columns))
    return message("rebuild the segments: {names} drifted", names=names)
