"""How much segments overlap that are not exclusive: by their rules alone, before the first that holds wins."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Segmentation

SegmentMembers = Mapping[str, npt.NDArray[np.bool_]]  # for whom each segment's rules hold, shape (n,)
OVERLAP_COLUMNS = ["segment", "other", "customers", "jaccard", "lift"]


def segment_overlap(members_by_segment: SegmentMembers) -> pd.DataFrame:
    """One row per pair of segments (each with itself, too), in the order given.

    Returns:
        Columns segment, other, customers (in both), jaccard (in both / in either), lift (share of the other among the
        segment / share of the other among all; above 1 they meet more often than by chance).
    """
    pairs = product(members_by_segment.items(), repeat=2)
    rows = [[name, other_name, *_measure_overlap(mask, other_mask)] for (name, mask), (other_name, other_mask) in pairs]
    return pd.DataFrame(rows, columns=OVERLAP_COLUMNS)


def cross_overlap(first: Segmentation, second: Segmentation) -> pd.DataFrame:
    """The same for each segment of one segmentation with each of another, of the same customers."""
    masks = [
        [(segmentation.labels == name).to_numpy() for name in segmentation.segments] for segmentation in (first, second)
    ]
    rows = [
        [name, other_name, *_measure_overlap(mask, other_mask)]
        for name, mask in zip(first.segments, masks[0], strict=True)
        for other_name, other_mask in zip(second.segments, masks[1], strict=True)
    ]
    return pd.DataFrame(rows, columns=OVERLAP_COLUMNS)


def _measure_overlap(first_mask: npt.NDArray[np.bool_], second_mask: npt.NDArray[np.bool_]) -> tuple[int, float, float]:
    shared_count, union_count = int((first_mask & second_mask).sum()), int((first_mask | second_mask).sum())
    expected_count = float(first_mask.mean() * second_mask.sum())
    return (
        shared_count,
        shared_count / union_count if union_count else 0.0,
        shared_count / expected_count if expected_count else 0.0,
    )
