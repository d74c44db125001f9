"""Geographic: city, town or countryside, from a column or your lookup table."""

import numpy as np

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown
from segcli.segment.bases._places import ANY_PLACE_COLUMN, look_up_places, order_by_frequency
from segcli.segment.lookup_table import LookupTable

SOURCE = "your own values, for example those of the degree of urbanisation (Eurostat 2021): city, town, rural"
NEEDS = f"{columns.URBAN_RURAL}, or a place and a table"
ADDS = ()
LOOKUP = (ANY_PLACE_COLUMN, columns.URBAN_RURAL)


class Options(Section):
    """No options: the table decides."""


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:  # noqa: ARG001 - every base takes options
    """Assign the type of each customer's place, as in the column or table."""
    place_types, notes = look_up_places(customers, lookup, columns.URBAN_RURAL)
    labels = np.where(place_types == "", UNKNOWN, place_types).astype(object)
    return BaseResult(labels, append_unknown(order_by_frequency(labels, UNKNOWN), labels), notes)
