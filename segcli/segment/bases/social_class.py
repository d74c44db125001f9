"""Demographic: social class, by a mapping of occupations."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.message import count_message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column
from segcli.segment.bases._words import classify_words, read_words

SOURCE = (
    "National Readership Survey social grades (AB, C1, C2, DE) for the ten major groups of ISCO-08 and common words; "
    "you can replace the mapping"
)
NEEDS = columns.OCCUPATION
ADDS = ()
SOCIAL_GRADES = {
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
    """Column of occupations, and the words of each class."""

    of: str = Field(columns.OCCUPATION, description="Column to map.")
    classes: dict[str, list[str]] = Field(
        default_factory=lambda: dict(SOCIAL_GRADES),
        min_length=1,
        description="Words of each class, highest class first.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's class. Occupations that the mapping lacks are reported and unknown."""
    require_column(customers, options.of)
    texts = read_words(customers, options.of)
    labels, unmapped = classify_words(texts, options.classes, UNKNOWN)
    count = int(np.isin(texts, unmapped).sum())
    warning = count_message(
        "not in the class map: {names} ({count} customer); counted as {label}",
        "not in the class map: {names} ({count} customers); counted as {label}",
        count,
        names=", ".join(unmapped),
        label=UNKNOWN,
    )
    order = [name for name in options.classes if (labels == name).any()]
    return BaseResult(labels, append_unknown(order, labels), warnings=(warning,) * bool(unmapped))
