"""What sets segments apart from the base, with index and standardised difference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Segmentation, Trait
from segcli.segment.describing import descriptive_columns

MAX_CELLS = 1 << 22  # values that are compared at once: few enough for memory, enough to be worth it
MIN_KNOWN_CUSTOMERS = 5  # customers of a segment for whom a fact must be known before it is told

FloatArray = npt.NDArray[np.float64]


def compute_traits(
    segmentation: Segmentation, column_names: Sequence[str] | None = None, min_cell_size: int = 0
) -> dict[str, list[Trait]]:
    """Traits per segment, the most distinguishing first, of these columns or of all that describe people.

    A numeric trait compares means; a level of a text column compares shares among the customers for whom it is
    known. A level that fewer than `min_cell_size` of a segment have, or all but so few, is not told. `difference` is
    (segment - base) / standard deviation of the base; `index` is 100 x segment / base.
    """
    customer_table, labels = segmentation.customers.table, segmentation.labels
    traits_by_segment: dict[str, list[Trait]] = {segment_name: [] for segment_name in segmentation.segments}
    trait_columns = _iter_trait_columns(
        customer_table, list_trait_columns(segmentation) if column_names is None else column_names
    )
    batch_size = max(MAX_CELLS // max(len(customer_table), 1), 1)
    while column_batch := list(islice(trait_columns, batch_size)):
        _add_traits(traits_by_segment, labels.to_numpy(), column_batch, min_cell_size)
    for segment_traits in traits_by_segment.values():
        segment_traits.sort(key=lambda t: (-abs(t.difference), t.name, t.level or ""))
    return traits_by_segment


def salient_traits(segmentation: Segmentation, min_difference: float, min_cell_size: int = 0) -> dict[str, list[Trait]]:
    """The traits worth telling: by at least so many standard deviations."""
    traits_by_segment = compute_traits(segmentation, min_cell_size=min_cell_size)
    return {
        segment_name: [trait for trait in segment_traits if abs(trait.difference) >= min_difference]
        for segment_name, segment_traits in traits_by_segment.items()
    }


def list_trait_columns(segmentation: Segmentation) -> list[str]:
    """Columns that can describe people, but for the segmentation's own."""
    return [
        column_name
        for column_name in descriptive_columns(segmentation.customers.table)
        if column_name != segmentation.column
    ]


@dataclass(frozen=True, eq=False)
class _TraitColumn:
    """A column, or a level of one: its values (NaN where unknown), their mean and standard deviation."""

    name: str
    level: str | None
    values: FloatArray
    base_mean: float
    standard_deviation: float

    @property
    def is_share(self) -> bool:
        """Whether its mean times the number of customers is a count."""
        known_values = self.values[~np.isnan(self.values)]
        return self.level is not None or bool(np.isin(known_values, (0.0, 1.0)).all())


def _iter_trait_columns(customer_table: pd.DataFrame, column_names: Sequence[str]) -> Iterator[_TraitColumn]:
    """What differs between customers: columns of numbers, and the levels of columns of text."""
    for column_name in column_names:
        column_values = customer_table[column_name]
        if pd.api.types.is_numeric_dtype(column_values):
            yield from _make_trait_column(column_name, None, column_values.to_numpy(dtype=np.float64, na_value=np.nan))
        else:
            is_known = column_values.notna().to_numpy()
            for level in sorted(column_values[is_known].unique()):
                has_level = (column_values == level).to_numpy(dtype=np.float64, na_value=0.0)
                yield from _make_trait_column(column_name, str(level), np.where(is_known, has_level, np.nan))


def _make_trait_column(column_name: str, level: str | None, column_values: FloatArray) -> Iterator[_TraitColumn]:
    """The values with their mean and standard deviation, if they are known and differ."""
    is_unknown = np.isnan(column_values)
    known_count = len(column_values) - int(is_unknown.sum())
    if not known_count:
        return
    base_mean = float(np.where(is_unknown, 0.0, column_values).sum() / known_count)
    standard_deviation = float(np.sqrt(np.where(is_unknown, 0.0, (base_mean - column_values) ** 2).sum() / known_count))
    if standard_deviation and not np.isnan(standard_deviation):
        yield _TraitColumn(column_name, level, column_values, base_mean, standard_deviation)


def _add_traits(
    traits_by_segment: dict[str, list[Trait]],
    labels: npt.NDArray[np.object_],
    column_batch: Sequence[_TraitColumn],
    min_cell_size: int,
) -> None:
    """Add the traits of the segments in these columns."""
    value_groups = pd.DataFrame(dict(enumerate(trait_column.values for trait_column in column_batch))).groupby(
        labels, sort=True
    )
    means, known_counts = value_groups.mean(), value_groups.count()
    for position, trait_column in enumerate(column_batch):
        is_comparable = trait_column.base_mean > 0 and float(np.nanmin(trait_column.values)) >= 0
        is_share = trait_column.is_share
        for segment_name, segment_mean, known_count in zip(
            means.index.astype("str"), means[position], known_counts[position], strict=True
        ):
            if known_count >= max(min_cell_size, MIN_KNOWN_CUSTOMERS) and not (
                is_share and _is_identifying(segment_mean * known_count, known_count, min_cell_size)
            ):
                traits_by_segment[segment_name].append(
                    Trait(
                        name=trait_column.name,
                        level=trait_column.level,
                        value=float(segment_mean),
                        base=trait_column.base_mean,
                        index=100 * float(segment_mean) / trait_column.base_mean if is_comparable else None,
                        difference=(float(segment_mean) - trait_column.base_mean) / trait_column.standard_deviation,
                        n=int(known_count),
                    )
                )


def _is_identifying(having_count: float, known_count: int, min_cell_size: int) -> bool:
    """Whether a level tells of single people: some have it but too few, or too few have it not."""
    return 0 < round(having_count) < min_cell_size or 0 < round(known_count - having_count) < min_cell_size
