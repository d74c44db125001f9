"""Experience: promoters, passives and detractors, by the answer to how likely one is to recommend (0-10)."""

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, with_unknown
from segcli.segment.bases._answers import Options, answered, told

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "decide"]

SOURCE = "Reichheld, The one number you need to grow (Harvard Business Review, 2003)"
NEEDS = c.NPS
ADDS = ()
ORDER = ("detractor", "passive", "promoter")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's group: 0-6, 7-8 or 9-10; the score, its interval and the response rate are a note.

    NPS = 100 (p - d), its variance (p + d - (p - d)^2) / n.
    """
    answers, warnings = answered(customers, "NPS")
    labels = banded(answers[:, 0], [7, 9], ORDER)
    notes, tables = told(customers, "NPS", options)
    return Decided(labels, with_unknown(ORDER, labels), notes, warnings, tables=tables)
