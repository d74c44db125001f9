"""Experience: customer effort (hard, neither or easy), by an answer from 1 to 7."""

from dataclasses import replace

from pydantic import Field

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _answers, append_unknown, assign_bands

SOURCE = (
    "Dixon, Freeman and Toman, Stop trying to delight your customers (Harvard Business Review, 2010); 1-7 since 2013"
)
NEEDS = columns.CES
ADDS = ()
ORDER = ("hard", "neither", "easy")


class Options(_answers.Options):
    """Direction of the scale, and segmentations for scores by segment."""

    easy_is_high: bool = Field(default=True, description="Whether 7 is the easy end of the scale. If false, it is 1.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign groups: 1-3 hard, 4 neither, 5-7 easy. A note reports the mean with its interval and the response rate."""
    answers, warnings = _answers.read_valid_answers(customers, "CES")
    ease = answers[:, 0] if options.easy_is_high else 8 - answers[:, 0]
    labels = assign_bands(ease, [4, 5], ORDER)
    adjusted_customers = replace(customers, table=customers.table.assign(**{columns.CES: ease}))
    notes, tables = _answers.report_score(adjusted_customers, "CES", options)
    return BaseResult(labels, append_unknown(ORDER, labels), notes, warnings, tables=tables)
