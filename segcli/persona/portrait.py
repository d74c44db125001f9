"""What is known of a segment, by what kind of thing it is: who they are, where, what they think, do and use."""

from collections.abc import Mapping, Sequence

from segcli import columns as c
from segcli.model import Segmentation, Trait

DEMOGRAPHIC, GEOGRAPHIC, PSYCHOGRAPHIC = "demographic", "geographic", "psychographic"
BEHAVIOURAL, TECHNOGRAPHIC, NEEDS, OTHER = "behavioural", "technographic", "needs", "other"
FAMILIES = (DEMOGRAPHIC, GEOGRAPHIC, PSYCHOGRAPHIC, BEHAVIOURAL, TECHNOGRAPHIC, NEEDS, OTHER)

# Columns, and built-in bases, by family; what is a measure of orders and not listed here is behavioural.
_MEMBERS = {
    DEMOGRAPHIC: (
        *(c.AGE, c.GENDER, c.INCOME, c.EDUCATION, c.OCCUPATION, c.MARITAL_STATUS, c.CHILDREN, c.HOUSEHOLD_SIZE),
        *("generation", "family_stage", "age_band", "income_band", "social_class", "household_size"),
    ),
    GEOGRAPHIC: (
        *(c.CITY, c.REGION, c.COUNTRY, c.POSTCODE, c.CLIMATE, c.POPULATION, c.URBAN_RURAL),
        *("distance", "distance_km", "postcode_area", "city_size"),
    ),
    PSYCHOGRAPHIC: (c.PSYCHOGRAPHIC, "sentiment"),
    TECHNOGRAPHIC: (
        c.DEVICE,
        c.OS,
        c.TOP + c.DEVICE,
        c.TOP + c.OS,
        c.TOP + c.PAYMENT,
        c.DISTINCT_DEVICES,
        "multi_device",
    ),
    NEEDS: (c.TOP + c.CATEGORY, "need", "need_state", "benefit", "occasion", "product_affinity", "feature"),
    BEHAVIOURAL: (
        *(c.TOP + c.CHANNEL, c.POINTS, c.EMAIL_CONSENT),
        *("usage", "loyalty", "lifecycle", "stage", "channel", "price_behaviour", "decile", "value_tier", "payment"),
    ),
}
_FAMILY = {name: family for family, names in _MEMBERS.items() for name in names}


def family(column: str, bases: Mapping[str, str]) -> str:
    """The family of a column; `bases` tells the built-in base of columns with a name of their own."""
    if column.startswith(c.ATTITUDE):
        return PSYCHOGRAPHIC
    known = _FAMILY.get(bases.get(column, column).removesuffix(c.SEGMENT))
    return known or (BEHAVIOURAL if column in c.MEASURES else OTHER)


def portrait(told: Sequence[Trait], bases: Mapping[str, str], most: int) -> dict[str, tuple[Trait, ...]]:
    """The most distinguishing traits of each family that says anything."""
    found = {name: [one for one in told if family(one.name, bases) == name][:most] for name in FAMILIES}
    return {name: tuple(listed) for name, listed in found.items() if listed}


def bases_of(segmentations: Sequence[Segmentation]) -> dict[str, str]:
    """The built-in base behind each segmentation's column, where there is one."""
    return {one.column: str(one.method["base"]) for one in segmentations if one.method.get("base")}
