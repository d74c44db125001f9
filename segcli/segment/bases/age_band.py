"""Demographic: age bands, by completed years of age on the as-of day."""

from itertools import pairwise

from pydantic import Field

from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.ages import age_in_years, discard_impossible_ages
from segcli.segment.bases import BaseResult, append_unknown, assign_bands

SOURCE = "the bands usual in surveys: 18, 25, 35, 45, 55, 65"
NEEDS = "birth_date, birth_year or age"
ADDS = ()


class Options(Section):
    """First ages of the bands, and the highest plausible age."""

    edges: list[int] = Field(
        [18, 25, 35, 45, 55, 65], min_length=1, description="Lower bound of each band except the first, in years."
    )
    oldest: int = Field(110, ge=1, description="Maximum plausible age in years. Older customers are unknown.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer to an age band, such as 25-34."""
    ages, warnings = discard_impossible_ages(age_in_years(customers), options.oldest)
    edges = sorted(options.edges)
    band_names = [f"under {edges[0]}", *(f"{low}-{high - 1}" for low, high in pairwise(edges)), f"{edges[-1]} and over"]
    labels = assign_bands(ages, edges, band_names)
    return BaseResult(labels, append_unknown(band_names, labels), warnings=warnings)
