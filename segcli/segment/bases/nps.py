"""Experience: promoters, passives and detractors, by likelihood to recommend (0-10)."""

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult, append_unknown, assign_bands
from segcli.segment.bases._answers import Options, read_valid_answers, report_score

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "Reichheld, The one number you need to grow (Harvard Business Review, 2003)"
NEEDS = columns.NPS
ADDS = ()
ORDER = ("detractor", "passive", "promoter")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign groups: 0-6, 7-8 or 9-10. A note reports the score with its interval and the response rate.

    NPS = 100 (p - d), with variance (p + d - (p - d)^2) / n, for the shares of promoters (p) and detractors (d).
    """
    answers, warnings = read_valid_answers(customers, "NPS")
    labels = assign_bands(answers[:, 0], [7, 9], ORDER)
    notes, tables = report_score(customers, "NPS", options)
    return BaseResult(labels, append_unknown(ORDER, labels), notes, warnings, tables=tables)
