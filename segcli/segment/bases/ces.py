"""Experience: customers for whom it was hard, neither or easy, by an answer from 1 to 7."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, with_unknown
from segcli.segment.bases._answers import Z, answered

SOURCE = (
    "Dixon, Freeman and Toman, Stop trying to delight your customers (Harvard Business Review, 2010); 1-7 since 2013"
)
ORDER = ("hard", "neither", "easy")


class Options(Section):
    """Which way the scale runs."""

    easy_is_high: bool = Field(default=True, description="Whether 7 means that it was easy; otherwise 1 does.")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's group: 1-3 hard, 4 neither, 5-7 easy; the mean, its interval and the response rate are notes."""
    answers, warnings = answered(customers, c.CES, 1, 7)
    ease = answers if options.easy_is_high else 8 - answers
    labels = banded(ease, [4, 5], ORDER)
    known = ease[~np.isnan(ease)]
    notes: tuple[str, ...] = ()
    if len(known) > 1:
        mean, half = float(known.mean()), Z * float(known.std(ddof=1)) / np.sqrt(len(known))
        interval = f"95% interval {mean - half:.2f} to {mean + half:.2f}"
        notes = (
            f"CES {mean:.2f} of 7 ({interval}) of {len(known):,} answers; {len(known) / len(labels):.0%} answered",
        )
    return Decided(labels, with_unknown(ORDER, labels), notes, warnings)
