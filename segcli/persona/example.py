"""One customer who stands for a segment, under a pseudonym or no name at all."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.files.key import is_pseudonym
from segcli.model import ExampleCustomer, Segmentation


def find_medoid(
    segmentation: Segmentation, in_segment: npt.NDArray[np.bool_], measure_names: Sequence[str]
) -> ExampleCustomer | None:
    """The medoid: whose distances to all others of the segment sum up to least; None without measures.

    Kaufman and Rousseeuw, Finding groups in data (1990), ch. 2; city-block distances between ranks, so that no measure
    outweighs another. Of equals the first by id.
    """
    table = segmentation.customers.table
    present_measures = [
        measure_name
        for measure_name in measure_names
        if measure_name in table and pd.api.types.is_numeric_dtype(table[measure_name])
    ]
    if not present_measures or not in_segment.any():
        return None
    members = table.loc[in_segment]
    ranks = members[present_measures].astype("Float64").rank(pct=True).fillna(0.5).to_numpy(dtype=np.float64)
    distance_sums = np.sum([_sum_distances(rank_column) for rank_column in ranks.T], axis=0)
    medoid = members.iloc[int(distance_sums.round(9).argmin())]
    known_measures = {
        measure_name: float(medoid[measure_name]) for measure_name in present_measures if pd.notna(medoid[measure_name])
    }
    measure_name = str(medoid[columns.CUSTOMER_ID])
    return ExampleCustomer(measure_name if is_pseudonym(measure_name) else None, known_measures)


def _sum_distances(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """For each value the sum of its distances to all others, by sums up to it in sorted order.

    >>> _sum_distances(np.array([3.0, 1.0, 2.0])).tolist()
    [3.0, 3.0, 2.0]
    """
    order = np.argsort(values, kind="stable")
    sorted_values, count = values[order], len(values)
    cumulative_sums = np.concatenate([[0.0], np.cumsum(sorted_values)])
    positions = np.arange(count)
    distances_below = positions * sorted_values - cumulative_sums[:-1]
    distances_above = (cumulative_sums[-1] - cumulative_sums[1:]) - (count - 1 - positions) * sorted_values
    distance_sums = np.empty(count)
    distance_sums[order] = distances_below + distances_above
    return distance_sums
