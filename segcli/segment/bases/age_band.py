"""Demographic: age bands, by completed years at as_of."""

from itertools import pairwise

from pydantic import Field

from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.ages import age, believable
from segcli.segment.bases import Decided, banded, with_unknown

SOURCE = "the bands usual in surveys: 18, 25, 35, 45, 55, 65"
NEEDS = "birth_date, birth_year or age"
ADDS = ()


class Options(Section):
    """Where bands begin."""

    edges: list[int] = Field(
        [18, 25, 35, 45, 55, 65], min_length=1, description="First age of each band but the first."
    )
    oldest: int = Field(110, ge=1, description="Age above which a birthday is not believed.")


def decide(customers: Customers, options: Options) -> Decided:
    """The age band of each customer, such as 25-34."""
    ages, warnings = believable(age(customers), options.oldest)
    edges = sorted(options.edges)
    order = [f"under {edges[0]}", *(f"{low}-{high - 1}" for low, high in pairwise(edges)), f"{edges[-1]} and over"]
    labels = banded(ages, edges, order)
    return Decided(labels, with_unknown(order, labels), warnings=warnings)
