"""What is known of a segment, by what kind of thing it is: who they are, where, what they think, do and use."""

from collections.abc import Mapping, Sequence

from segcli import columns
from segcli.model import Segmentation, Trait

DEMOGRAPHIC, GEOGRAPHIC, PSYCHOGRAPHIC = "demographic", "geographic", "psychographic"
BEHAVIOURAL, TECHNOGRAPHIC, NEEDS_BASED, OTHER_FAMILY = "behavioural", "technographic", "needs", "other"
TRAIT_FAMILIES = (DEMOGRAPHIC, GEOGRAPHIC, PSYCHOGRAPHIC, BEHAVIOURAL, TECHNOGRAPHIC, NEEDS_BASED, OTHER_FAMILY)

# Columns, and built-in bases, by family; what is a measure of orders and not listed here is behavioural.
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
    """The family of a column; `bases_by_column` tells the built-in base of columns with a name of their own."""
    if column.startswith(columns.ATTITUDE_PREFIX):
        return PSYCHOGRAPHIC
    known_family = _FAMILY_BY_NAME.get(bases_by_column.get(column, column).removesuffix(columns.SEGMENT_SUFFIX))
    return known_family or (BEHAVIOURAL if column in columns.MEASURES else OTHER_FAMILY)


def build_portrait(
    segment_traits: Sequence[Trait], bases_by_column: Mapping[str, str], max_traits: int
) -> dict[str, tuple[Trait, ...]]:
    """The most distinguishing traits of each family that says anything."""
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
    """The built-in base behind each segmentation's column, where there is one."""
    return {
        segmentation.column: str(segmentation.method["base"])
        for segmentation in segmentations
        if segmentation.method.get("base")
    }
