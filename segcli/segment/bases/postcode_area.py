"""Geographic: the area a postcode lies in, by a table of one's own or by its first characters."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, with_unknown
from segcli.segment.bases._places import order_of, placed
from segcli.segment.lookup import Lookup

SOURCE = "the user's table; the longest beginning of the postcode that it has counts"
NEEDS = c.POSTCODE
ADDS = ()
LOOKUP = (c.POSTCODE, "area")


class Options(Section):
    """What serves where there is no table."""

    characters: int = Field(2, ge=1, le=10, description="First characters of the postcode, without a table of areas.")


def decide(customers: Customers, options: Options, lookup: Lookup | None = None) -> Decided:
    """The area of each customer's postcode; what the table does not have is unknown."""
    column(customers, c.POSTCODE)
    if lookup is None:
        codes, notes = placed(customers, None, c.POSTCODE)
        areas = np.array(["".join(code.split()).upper()[: options.characters] for code in codes], dtype=object)
    else:
        areas, notes = placed(customers, lookup, "area")
    labels = np.where(areas == "", UNKNOWN, areas).astype(object)
    return Decided(labels, with_unknown(order_of(labels, UNKNOWN), labels), notes)
