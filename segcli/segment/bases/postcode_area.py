"""Geographic: postcode area, from your lookup table or from the first characters."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column
from segcli.segment.bases._places import look_up_places, order_by_frequency
from segcli.segment.lookup_table import LookupTable

SOURCE = "your lookup table; the longest matching prefix of the postcode counts"
NEEDS = columns.POSTCODE
ADDS = ()
LOOKUP = (columns.POSTCODE, "area")


class Options(Section):
    """Number of characters that form an area without a table."""

    characters: int = Field(
        2, ge=1, le=10, description="Number of leading characters that form an area, if there is no lookup table."
    )


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:
    """Assign each customer's area. Postcodes without a match in the table are unknown."""
    require_column(customers, columns.POSTCODE)
    if lookup is None:
        postcodes, notes = look_up_places(customers, None, columns.POSTCODE)
        areas = np.array(["".join(code.split()).upper()[: options.characters] for code in postcodes], dtype=object)
    else:
        areas, notes = look_up_places(customers, lookup, "area")
    labels = np.where(areas == "", UNKNOWN, areas).astype(object)
    return BaseResult(labels, append_unknown(order_by_frequency(labels, UNKNOWN), labels), notes)
