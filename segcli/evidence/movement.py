"""How a segmentation moved between two days: who stayed in a segment, and how far its shares drifted."""

from collections.abc import Callable, Collection
from datetime import timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.customers.history import customers_as_of
from segcli.errors import InputProblem
from segcli.evidence.drift import population_stability_index as index
from segcli.model import Customers, Segmentation

SegmentationFactory = Callable[[Customers, Collection[str] | None], list[Segmentation]]


def segment_retention(earlier_segmentation: Segmentation, later_segmentation: Segmentation) -> pd.DataFrame:
    """For each segment of now, how many were in it before, and which share of them still is.

    Returns:
        segment, before (customers), stayed (share; missing where nobody was in it).
    """
    earlier_labels = pd.Series(
        earlier_segmentation.labels.to_numpy(), index=earlier_segmentation.customers.table[columns.CUSTOMER_ID]
    )
    later_labels = pd.Series(
        later_segmentation.labels.to_numpy(), index=later_segmentation.customers.table[columns.CUSTOMER_ID]
    ).reindex(earlier_labels.index)
    retention_rows = []
    for segment_name in later_segmentation.segments:
        was_member = (earlier_labels == segment_name).to_numpy()
        retained_count = int((was_member & (later_labels == segment_name).to_numpy()).sum())
        retention_rows.append(
            [segment_name, int(was_member.sum()), retained_count / was_member.sum() if was_member.any() else np.nan]
        )
    return pd.DataFrame(retention_rows, columns=[columns.SEGMENT_NAME, "before", "stayed"])


def segment_share_psi(earlier_segmentation: Segmentation, later_segmentation: Segmentation) -> float:
    """Population stability index of the shares of segments: sum of (a - e) ln(a / e).

    An empty segment counts as half a customer.
    """
    segment_names = sorted({*earlier_segmentation.segments, *later_segmentation.segments})
    segment_counts = (
        segmentation.labels.value_counts().reindex(segment_names, fill_value=0).astype("float64")
        for segmentation in (earlier_segmentation, later_segmentation)
    )
    return index(*map(np.asarray, segment_counts))


def make_earlier_segmentations(
    customers: Customers, days_back: int, make_segmentations: SegmentationFactory, column_names: Collection[str]
) -> dict[str, Segmentation]:
    """The same segmentations some days earlier, by column; none where there are no single orders to go back on.

    Args:
        customers: of today.
        days_back: how far back.
        make_segmentations: makes the segmentations of customers at an earlier day, at least those of these columns.
        column_names: of the segmentations that are needed.
    """
    if customers.transactions is None:
        return {}
    earlier_day = customers.transactions.as_of - timedelta(days=days_back)
    try:
        return {
            segmentation.column: segmentation
            for segmentation in make_segmentations(customers_as_of(customers, earlier_day), column_names)
        }
    except InputProblem:  # nobody had bought by then, or what a base needs was not there yet
        return {}
