"""How much segments overlap that are not exclusive: by their rules alone, before the first that holds wins."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Segmentation

Members = Mapping[str, npt.NDArray[np.bool_]]  # for whom each segment's rules hold, shape (n,)
COLUMNS = ["segment", "other", "customers", "jaccard", "lift"]


def overlap(segments: Members) -> pd.DataFrame:
    """One row per pair of segments (each with itself, too), in the order given.

    Returns:
        Columns segment, other, customers (in both), jaccard (in both / in either), lift (share of the other among the
        segment / share of the other among all; above 1 they meet more often than by chance).
    """
    pairs = product(segments.items(), repeat=2)
    rows = [[name, other, *_pair(mask, with_it)] for (name, mask), (other, with_it) in pairs]
    return pd.DataFrame(rows, columns=COLUMNS)


def across(one: Segmentation, other: Segmentation) -> pd.DataFrame:
    """The same for each segment of one segmentation with each of another, of the same customers."""
    masks = [[(made.labels == name).to_numpy() for name in made.segments] for made in (one, other)]
    rows = [
        [name, another, *_pair(mask, with_it)]
        for name, mask in zip(one.segments, masks[0], strict=True)
        for another, with_it in zip(other.segments, masks[1], strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pair(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> tuple[int, float, float]:
    both, either = int((one & other).sum()), int((one | other).sum())
    expected = float(one.mean() * other.sum())
    return both, both / either if either else 0.0, both / expected if expected else 0.0
