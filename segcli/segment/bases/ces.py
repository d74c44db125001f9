"""Experience: customers for whom it was hard, neither or easy, by an answer from 1 to 7."""

from dataclasses import replace

from pydantic import Field

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided, _answers, banded, with_unknown

SOURCE = (
    "Dixon, Freeman and Toman, Stop trying to delight your customers (Harvard Business Review, 2010); 1-7 since 2013"
)
NEEDS = c.CES
ADDS = ()
ORDER = ("hard", "neither", "easy")


class Options(_answers.Options):
    """Which way the scale runs, and for whom the score is told."""

    easy_is_high: bool = Field(default=True, description="Whether 7 means that it was easy; otherwise 1 does.")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's group: 1-3 hard, 4 neither, 5-7 easy; the mean, its interval and the response rate are a note."""
    answers, warnings = _answers.answered(customers, "CES")
    ease = answers[:, 0] if options.easy_is_high else 8 - answers[:, 0]
    labels = banded(ease, [4, 5], ORDER)
    turned = replace(customers, table=customers.table.assign(**{c.CES: ease}))
    notes, tables = _answers.told(turned, "CES", options)
    return Decided(labels, with_unknown(ORDER, labels), notes, warnings, tables=tables)
