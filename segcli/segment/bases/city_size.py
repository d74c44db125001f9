"""Geographic: size of a customer's city, from a column or your lookup table."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.errors import ConfigProblems
from segcli.formatting import pluralize
from segcli.message import count_message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, append_unknown, assign_bands
from segcli.segment.bases._places import ANY_PLACE_COLUMN, look_up_places, parse_lookup_numbers
from segcli.segment.lookup_table import LookupTable

SOURCE = (
    "city sizes of OECD and EC (Dijkstra and Poelman, Cities in Europe, 2012): from 50, 100, 250, 500 thousand, "
    "1 and 5 million people"
)
NEEDS = f"{columns.POPULATION}, or a place and a table"
ADDS = ()
LOOKUP = (ANY_PLACE_COLUMN, columns.POPULATION)
CITY_SIZE_EDGES = (50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000)
CITY_SIZE_NAMES = (
    "town or village",
    "small city",
    "medium city",
    "large city",
    "very large city",
    "metropolis",
    "global city",
)


class Options(Section):
    """Edges and names of the city sizes."""

    cuts: list[float] = Field(
        list(CITY_SIZE_EDGES), min_length=1, description="Lower bound of each size except the first, in inhabitants."
    )
    labels: list[str] = Field(list(CITY_SIZE_NAMES), min_length=2, description="Names of the sizes, smallest first.")


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:
    """Assign each customer to a size band by the population of their city."""
    if len(options.labels) != len(options.cuts) + 1:
        sizes = pluralize(len(options.cuts), "cut makes", "cuts make")
        raise ConfigProblems([f"rules: city_size.labels: {sizes} {len(options.cuts) + 1} sizes; name each of them"])
    place_populations, notes = look_up_places(customers, lookup, columns.POPULATION)
    populations = parse_lookup_numbers(
        place_populations, "population", (lookup.source_input if lookup else customers.input_reports[0].input).name
    )
    labels = assign_bands(populations, sorted(options.cuts), options.labels)
    order = [name for name in options.labels if (labels == name).any()]
    unknown_count = int(np.isnan(populations).sum())
    missing_note = (
        count_message("population unknown: {count} customer", "population unknown: {count} customers", unknown_count),
    ) * bool(unknown_count)
    return BaseResult(labels, append_unknown(order, labels), (*notes, *missing_note))
