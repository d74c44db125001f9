"""How much segments overlap that are not exclusive: by their rules alone, before the first that holds wins."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Segmentation

COLUMNS = ["segment", "other", "customers", "jaccard", "lift"]


def overlap(names: Sequence[str], members: Sequence[npt.NDArray[np.bool_]]) -> pd.DataFrame:
    """One row per pair of segments (each with itself, too), in the order given.

    Args:
        names: of segments; a name may come several times, as a segment may have several rules.
        members: for each of them who its rule holds for, shape (n,).

    Returns:
        Columns segment, other, customers (in both), jaccard (in both / in either), lift (share of the other among the
        segment / share of the other among all; above 1 they meet more often than by chance).
    """
    joined = {name: np.zeros(len(members[0]), dtype=bool) for name in names}
    for name, mask in zip(names, members, strict=True):
        joined[name] |= mask
    return pd.DataFrame(
        [[one, other, *_pair(joined[one], joined[other])] for one in joined for other in joined],
        columns=COLUMNS,
    )


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
