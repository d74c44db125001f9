"""Traits: differences of segments from the base, with index and standardised difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.model import Segmentation, Trait
from segcli.segment.profiles import descriptive_columns

MAX_CELLS = 1 << 22  # values compared at once: small enough for memory, large enough to be fast
FALSE_TRAIT_RATE = 0.05  # probability that a segment drawn by chance has any trait
MIN_KNOWN_CUSTOMERS = 5  # minimum number of customers of a segment with a known value


def compute_traits(
    segmentation: Segmentation, column_names: Sequence[str] | None = None, min_cell_size: int = 0
) -> dict[str, list[Trait]]:
    """Return the traits of each segment, the most distinguishing first.

    A numeric trait compares means. A level of a text column compares shares among customers with a known value. A level
    is excluded if fewer than `min_cell_size` customers of a segment have it, or fewer lack it. `difference` is
    (segment - base) / standard deviation of the base, and `index` is 100 x segment / base.

    Args:
        segmentation: the segmentation.
        column_names: columns to compare (default: all that describe people).
        min_cell_size: minimum number of customers.
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
    """Return the traits that differ by at least `min_difference` standard deviations, and beyond chance.

    With k traits of a segment, a difference is beyond chance if its p-value is below 0.05 / k (Bonferroni).
    """
    from scipy.stats import norm

    traits_by_segment = compute_traits(segmentation, min_cell_size=min_cell_size)
    return {
        segment_name: [
            trait
            for trait in segment_traits
            if abs(trait.difference) >= min_difference
            and abs(trait.z) >= norm.isf(FALSE_TRAIT_RATE / 2 / len(segment_traits))
        ]
        for segment_name, segment_traits in traits_by_segment.items()
    }


def _standard_score(difference: float, member_count: int, known_count: int) -> float:
    """Return a difference in standard errors of the mean of members drawn from all customers without replacement."""
    if member_count >= known_count:
        return 0.0
    error = np.sqrt((known_count - member_count) / ((known_count - 1) * member_count))
    return float(difference / error)


def list_trait_columns(segmentation: Segmentation) -> list[str]:
    """Return the columns that can describe people, except the segmentation's own."""
    return [
        column_name
        for column_name in descriptive_columns(segmentation.customers.table)
        if column_name != segmentation.column
    ]


@dataclass(frozen=True, eq=False)
class _TraitColumn:
    """Column, or a level of one: its values (NaN if unknown), their mean and standard deviation."""

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
    """Yield the columns that vary between customers: numeric columns, and the levels of text columns."""
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
    """Yield the values with their mean and standard deviation, if they are known and vary."""
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
    """Add the traits of all segments in a batch of columns."""
    value_groups = pd.DataFrame(dict(enumerate(trait_column.values for trait_column in column_batch))).groupby(
        labels, sort=True
    )
    means, known_counts = value_groups.mean(), value_groups.count()
    for position, trait_column in enumerate(column_batch):
        is_comparable = trait_column.base_mean > 0 and float(np.nanmin(trait_column.values)) >= 0
        is_share = trait_column.is_share
        total_count = int((~np.isnan(trait_column.values)).sum())
        for segment_name, segment_mean, known_count in zip(
            means.index.astype("str"), means[position], known_counts[position], strict=True
        ):
            if known_count >= max(min_cell_size, MIN_KNOWN_CUSTOMERS) and not (
                is_share and _is_identifying(segment_mean * known_count, known_count, min_cell_size)
            ):
                difference = (float(segment_mean) - trait_column.base_mean) / trait_column.standard_deviation
                traits_by_segment[segment_name].append(
                    Trait(
                        name=trait_column.name,
                        level=trait_column.level,
                        value=float(segment_mean),
                        base=trait_column.base_mean,
                        index=100 * float(segment_mean) / trait_column.base_mean if is_comparable else None,
                        difference=difference,
                        n=int(known_count),
                        z=_standard_score(difference, int(known_count), total_count),
                    )
                )


def _is_identifying(having_count: float, known_count: int, min_cell_size: int) -> bool:
    """Return whether a level identifies few people: a few have it, or all but a few."""
    return 0 < round(having_count) < min_cell_size or 0 < round(known_count - having_count) < min_cell_size


# Families of traits
DEMOGRAPHIC, GEOGRAPHIC, PSYCHOGRAPHIC = "demographic", "geographic", "psychographic"
BEHAVIOURAL, TECHNOGRAPHIC, NEEDS_BASED, OTHER_FAMILY = "behavioural", "technographic", "needs", "other"
TRAIT_FAMILIES = (DEMOGRAPHIC, GEOGRAPHIC, PSYCHOGRAPHIC, BEHAVIOURAL, TECHNOGRAPHIC, NEEDS_BASED, OTHER_FAMILY)

# Columns and built-in bases by family; measures of orders that are not listed here are behavioural.
_FAMILY_MEMBERS = {
    DEMOGRAPHIC: (
        *(
            columns.AGE,
            columns.GENDER,
            columns.INCOME,
            columns.EDUCATION,
            columns.OCCUPATION,
            columns.MARITAL_STATUS,
            columns.CHILDREN,
            columns.HOUSEHOLD_SIZE,
        ),
        *("generation", "family_stage", "age_band", "income_band", "social_class", "household_size"),
    ),
    GEOGRAPHIC: (
        *(
            columns.CITY,
            columns.REGION,
            columns.COUNTRY,
            columns.POSTCODE,
            columns.CLIMATE,
            columns.POPULATION,
            columns.URBAN_RURAL,
        ),
        *("distance", "distance_km", "postcode_area", "city_size"),
    ),
    PSYCHOGRAPHIC: (columns.PSYCHOGRAPHIC, "sentiment"),
    TECHNOGRAPHIC: (
        columns.DEVICE,
        columns.OS,
        columns.TOP_PREFIX + columns.DEVICE,
        columns.TOP_PREFIX + columns.OS,
        columns.TOP_PREFIX + columns.PAYMENT,
        columns.DISTINCT_DEVICES,
        "multi_device",
    ),
    NEEDS_BASED: (
        columns.TOP_PREFIX + columns.CATEGORY,
        "need",
        "need_state",
        "benefit",
        "occasion",
        "product_affinity",
        "feature",
    ),
    BEHAVIOURAL: (
        *(columns.TOP_PREFIX + columns.CHANNEL, columns.POINTS, columns.EMAIL_CONSENT),
        *("usage", "loyalty", "lifecycle", "stage", "channel", "price_behaviour", "decile", "value_tier", "payment"),
    ),
}
_FAMILY_BY_NAME = {name: trait_family for trait_family, names in _FAMILY_MEMBERS.items() for name in names}


def trait_family(column: str, bases_by_column: Mapping[str, str]) -> str:
    """Return the family of a column; `bases_by_column` has the built-in base of columns with custom names."""
    if column.startswith(columns.ATTITUDE_PREFIX):
        return PSYCHOGRAPHIC
    known_family = _FAMILY_BY_NAME.get(bases_by_column.get(column, column).removesuffix(columns.SEGMENT_SUFFIX))
    return known_family or (BEHAVIOURAL if column in columns.MEASURES else OTHER_FAMILY)


def build_portrait(
    segment_traits: Sequence[Trait], bases_by_column: Mapping[str, str], max_traits: int
) -> dict[str, tuple[Trait, ...]]:
    """Return the most distinguishing traits of each family that has any."""
    traits_by_family = {
        family_name: [trait for trait in segment_traits if trait_family(trait.name, bases_by_column) == family_name][
            :max_traits
        ]
        for family_name in TRAIT_FAMILIES
    }
    return {
        family_name: tuple(family_traits) for family_name, family_traits in traits_by_family.items() if family_traits
    }


def map_column_bases(segmentations: Sequence[Segmentation]) -> dict[str, str]:
    """Return the built-in base of each segmentation's column, if it has one."""
    return {
        segmentation.column: str(segmentation.method["base"])
        for segmentation in segmentations
        if segmentation.method.get("base")
    }
