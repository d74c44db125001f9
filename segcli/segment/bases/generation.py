"""Demographic: generation, by year of birth."""

from pydantic import Field

from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.ages import age, believable, birth_year
from segcli.segment.bases import Decided, banded, with_unknown

SOURCE = "Pew Research Center, Defining generations (2019): the years of birth of each; Alpha from 2013"
NEEDS = "birth_date, birth_year or age"
ADDS = ()


class Options(Section):
    """Generations by the first year of birth of each."""

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
        description="First year of birth of each generation.",
    )
    oldest: int = Field(110, ge=1, description="Age above which a year of birth is not believed.")


def decide(customers: Customers, options: Options) -> Decided:
    """The generation of each customer; an impossible year of birth is reported and unknown."""
    years = birth_year(customers)
    if customers.as_of is not None:
        ages, warnings = believable(age(customers), options.oldest)
        years = years + 0 * ages
    else:
        warnings = ()
    ascending = sorted(options.first_years.items(), key=lambda pair: pair[1])
    order = [name for name, _ in ascending]
    labels = banded(years, [first for _, first in ascending][1:], order)
    return Decided(labels, with_unknown(order, labels), warnings=warnings)
