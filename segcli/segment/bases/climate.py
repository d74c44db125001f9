"""Geographic: the climate a customer lives in, by a column or a table of one's own."""

import re

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, with_unknown
from segcli.segment.bases._places import ANY_KEY, order_of, placed
from segcli.segment.lookup import Lookup

SOURCE = "the user's own words, or codes of the Koeppen-Geiger classification by their main group"
NEEDS = f"{c.CLIMATE}, or a place and a table"
ADDS = ()
LOOKUP = (ANY_KEY, c.CLIMATE)
GROUPS = {"A": "tropical", "B": "dry", "C": "temperate", "D": "continental", "E": "polar"}
CODE = re.compile(r"A[fmws]|B[WS][hk]?|[CD][fsw][abcd]|E[TF]|[A-E]")


class Options(Section):
    """How codes are told."""

    groups: dict[str, str] = Field(
        default_factory=lambda: dict(GROUPS), description="Names of the main groups of Koeppen-Geiger codes."
    )


def decide(customers: Customers, options: Options, lookup: Lookup | None = None) -> Decided:
    """What the table says of each customer's place; a code such as Cfb is told by its group."""
    found, notes = placed(customers, lookup, c.CLIMATE)
    told = {text: options.groups.get(text[0], text) if CODE.fullmatch(text) else text for text in set(found)}
    labels = np.array([told[text] or UNKNOWN for text in found], dtype=object)
    return Decided(labels, with_unknown(order_of(labels, UNKNOWN), labels), notes)
