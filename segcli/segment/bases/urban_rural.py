"""Geographic: whether a customer lives in a city, a town or the country, by a column or a table of one's own."""

import numpy as np

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, with_unknown
from segcli.segment.bases._places import ANY_KEY, order_of, placed
from segcli.segment.lookup import Lookup

SOURCE = "the user's own words, such as those of the degree of urbanisation (Eurostat 2021): city, town, rural"
NEEDS = f"{c.URBAN_RURAL}, or a place and a table"
ADDS = ()
LOOKUP = (ANY_KEY, c.URBAN_RURAL)


class Options(Section):
    """None: the table decides."""


def decide(customers: Customers, options: Options, lookup: Lookup | None = None) -> Decided:  # noqa: ARG001 - as all
    """What the table says of each customer's place."""
    found, notes = placed(customers, lookup, c.URBAN_RURAL)
    labels = np.where(found == "", UNKNOWN, found).astype(object)
    return Decided(labels, with_unknown(order_of(labels, UNKNOWN), labels), notes)
