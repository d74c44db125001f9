"""Demographic: generation, by year of birth."""

from pydantic import Field

from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.ages import age_in_years, birth_years, discard_impossible_ages
from segcli.segment.bases import BaseResult, append_unknown, assign_bands

SOURCE = "Pew Research Center, Defining generations (2019): the years of birth of each; Alpha from 2013"
NEEDS = "birth_date, birth_year or age"
ADDS = ()


class Options(Section):
    """First birth year of each generation, and the highest plausible age."""

    first_years: dict[str, int] = Field(
        default={
            "Greatest": 0,
            "Silent": 1928,
            "Boomers": 1946,
            "Gen X": 1965,
            "Millennials": 1981,
            "Gen Z": 1997,
            "Alpha": 2013,
        },
        min_length=1,
        description="First birth year of each generation.",
    )
    oldest: int = Field(110, ge=1, description="Maximum plausible age in years. Older customers are unknown.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's generation. Impossible birth years are reported and unknown."""
    years = birth_years(customers)
    if customers.as_of is not None:
        ages, warnings = discard_impossible_ages(age_in_years(customers), options.oldest)
        years = years + 0 * ages
    else:
        warnings = ()
    sorted_generations = sorted(options.first_years.items(), key=lambda pair: pair[1])
    generation_names = [name for name, _ in sorted_generations]
    labels = assign_bands(years, [first_year for _, first_year in sorted_generations][1:], generation_names)
    return BaseResult(labels, append_unknown(generation_names, labels), warnings=warnings)
