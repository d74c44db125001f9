"""Geographic: how large the city is that a customer lives in, by a column or a table of one's own."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.counting import counted
from segcli.errors import ConfigProblems
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, banded, with_unknown
from segcli.segment.bases._places import ANY_KEY, numbers_of, placed
from segcli.segment.lookup import Lookup

SOURCE = (
    "city sizes of OECD and EC (Dijkstra and Poelman, Cities in Europe, 2012): from 50, 100, 250, 500 thousand, "
    "1 and 5 million people"
)
NEEDS = f"{c.POPULATION}, or a place and a table"
ADDS = ()
LOOKUP = (ANY_KEY, c.POPULATION)
CUTS = (50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000)
NAMES = ("town or village", "small city", "medium city", "large city", "very large city", "metropolis", "global city")


class Options(Section):
    """Where sizes begin."""

    cuts: list[float] = Field(list(CUTS), min_length=1, description="Population from which each size but the first is.")
    labels: list[str] = Field(list(NAMES), min_length=2, description="Names of the sizes, smallest first.")


def decide(customers: Customers, options: Options, lookup: Lookup | None = None) -> Decided:
    """The size of each customer's city."""
    if len(options.labels) != len(options.cuts) + 1:
        sizes = counted(len(options.cuts), "cut makes", "cuts make")
        raise ConfigProblems([f"rules: city_size.labels: {sizes} {len(options.cuts) + 1} sizes; name each of them"])
    found, notes = placed(customers, lookup, c.POPULATION)
    people = numbers_of(found, "population", (lookup.read_from if lookup else customers.readings[0].input).name)
    labels = banded(people, sorted(options.cuts), options.labels)
    order = [name for name in options.labels if (labels == name).any()]
    missing = (f"population {UNKNOWN}: {counted(int(np.isnan(people).sum()), 'customer')}",) * bool(
        np.isnan(people).any()
    )
    return Decided(labels, with_unknown(order, labels), (*notes, *missing))
