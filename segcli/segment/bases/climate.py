"""Geographic: climate of a customer's place, from a column or your lookup table."""

import re

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown
from segcli.segment.bases._places import ANY_PLACE_COLUMN, look_up_places, order_by_frequency
from segcli.segment.lookup_table import LookupTable

SOURCE = "your own values, or the main groups of the Koeppen-Geiger classification"
NEEDS = f"{columns.CLIMATE}, or a place and a table"
ADDS = ()
LOOKUP = (ANY_PLACE_COLUMN, columns.CLIMATE)
KOEPPEN_GROUPS = {"A": "tropical", "B": "dry", "C": "temperate", "D": "continental", "E": "polar"}
KOEPPEN_CODE = re.compile(r"A[fmws]|B[WS][hk]?|[CD][fsw][abcd]|E[TF]|[A-E]")


class Options(Section):
    """Names of the climate groups."""

    groups: dict[str, str] = Field(
        default_factory=lambda: dict(KOEPPEN_GROUPS), description="Names of the main groups of Koeppen-Geiger codes."
    )


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:
    """Assign the climate of each customer's place. A code such as Cfb becomes the name of its main group."""
    place_climates, notes = look_up_places(customers, lookup, columns.CLIMATE)
    climate_names = {
        text: options.groups.get(text[0], text) if KOEPPEN_CODE.fullmatch(text) else text
        for text in set(place_climates)
    }
    labels = np.array([climate_names[text] or UNKNOWN for text in place_climates], dtype=object)
    return BaseResult(labels, append_unknown(order_by_frequency(labels, UNKNOWN), labels), notes)
