"""Geographic: the area a postcode lies in, by a table of one's own or by its first characters."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column
from segcli.segment.bases._places import look_up_places, order_by_frequency
from segcli.segment.lookup_table import LookupTable

SOURCE = "the user's table; the longest beginning of the postcode that it has counts"
NEEDS = columns.POSTCODE
ADDS = ()
LOOKUP = (columns.POSTCODE, "area")


class Options(Section):
    """Number of characters that form an area without a table."""

    characters: int = Field(2, ge=1, le=10, description="First characters of the postcode, without a table of areas.")


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:
    """The area of each customer's postcode; what the table does not have is unknown."""
    require_column(customers, columns.POSTCODE)
    if lookup is None:
        postcodes, notes = look_up_places(customers, None, columns.POSTCODE)
        areas = np.array(["".join(code.split()).upper()[: options.characters] for code in postcodes], dtype=object)
    else:
        areas, notes = look_up_places(customers, lookup, "area")
    labels = np.where(areas == "", UNKNOWN, areas).astype(object)
    return BaseResult(labels, append_unknown(order_by_frequency(labels, UNKNOWN), labels), notes)
