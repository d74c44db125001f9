"""Experience: satisfied, neutral and dissatisfied customers, by an answer from 1 to 5."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, with_unknown
from segcli.segment.bases._answers import Options, answered, told

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "top-two-box score: the share of 4 and 5 on a scale of 1 to 5; interval by Wilson (1927)"
NEEDS = c.CSAT
ADDS = ()
ORDER = ("dissatisfied", "neutral", "satisfied")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's group: 1-2, 3 or 4-5; the score, its interval and the response rate are a note."""
    answers, warnings = answered(customers, "CSAT")
    labels = banded(answers[:, 0], [3, 4], ORDER)
    notes, tables = told(customers, "CSAT", options)
    return Decided(labels, with_unknown(ORDER, labels), notes, warnings, tables=tables)
