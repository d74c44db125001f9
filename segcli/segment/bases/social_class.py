"""Demographic: social class, by a map of occupations."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.counting import counted
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, with_unknown
from segcli.segment.bases._words import classed, words

SOURCE = (
    "National Readership Survey social grades (AB, C1, C2, DE) for the ten major groups of ISCO-08 and common words; "
    "the map is the user's to replace"
)
NEEDS = c.OCCUPATION
ADDS = ()
GRADES = {
    "AB": ["manager", "managers", "director", "executive", "professional", "professionals", "doctor", "lawyer",
           "engineer", "teacher", "self-employed professional"],
    "C1": ["technician", "technicians and associate professionals", "clerk", "clerical support workers", "office",
           "office worker", "administrator", "nurse", "student", "clerical or service worker"],
    "C2": ["craft and related trades workers", "skilled agricultural, forestry and fishery workers", "tradesperson",
           "skilled worker", "skilled manual worker", "mechanic", "electrician", "farmer"],
    "DE": ["plant and machine operators, and assemblers", "elementary occupations", "service and sales workers",
           "manual worker", "labourer", "sales", "service worker", "unemployed", "pensioner", "retired", "homemaker"],
}  # fmt: skip


class Options(Section):
    """Which occupations belong to which class."""

    of: str = Field(c.OCCUPATION, description="Column that is mapped.")
    classes: dict[str, list[str]] = Field(
        default_factory=lambda: dict(GRADES), min_length=1, description="Words of each class, highest class first."
    )


def decide(customers: Customers, options: Options) -> Decided:
    """The class of each customer; occupations that the map does not have are reported and unknown."""
    column(customers, options.of)
    texts = words(customers, options.of)
    labels, unmapped = classed(texts, options.classes, UNKNOWN)
    count = int(np.isin(texts, unmapped).sum())
    warning = (
        f"not in the map of classes: {', '.join(unmapped)} ({counted(count, 'customer')}); they count as {UNKNOWN}"
    )
    order = [name for name in options.classes if (labels == name).any()]
    return Decided(labels, with_unknown(order, labels), warnings=(warning,) * bool(unmapped))
