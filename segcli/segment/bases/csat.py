"""Experience: satisfied, neutral and dissatisfied customers, by an answer from 1 to 5."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult, append_unknown, assign_bands
from segcli.segment.bases._answers import Options, read_valid_answers, report_score

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "top-two-box score: the share of 4 and 5 on a scale of 1 to 5; interval by Wilson (1927)"
NEEDS = columns.CSAT
ADDS = ()
ORDER = ("dissatisfied", "neutral", "satisfied")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign groups: 1-2, 3 or 4-5. A note reports the score with its interval and the response rate."""
    answers, warnings = read_valid_answers(customers, "CSAT")
    labels = assign_bands(answers[:, 0], [3, 4], ORDER)
    notes, tables = report_score(customers, "CSAT", options)
    return BaseResult(labels, append_unknown(ORDER, labels), notes, warnings, tables=tables)
