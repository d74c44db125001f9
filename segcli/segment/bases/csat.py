"""Experience: satisfied, neutral and dissatisfied customers, by an answer from 1 to 5."""

import numpy as np

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, with_unknown
from segcli.segment.bases._answers import answered, wilson

SOURCE = "top-two-box score: the share of 4 and 5 on a scale of 1 to 5; interval by Wilson (1927)"
ORDER = ("dissatisfied", "neutral", "satisfied")


class Options(Section):
    """None: 1-2, 3 and 4-5 are the definition."""


def decide(customers: Customers, options: Options) -> Decided:  # noqa: ARG001 - every base takes options
    """Each customer's group; the score, its interval and the response rate are notes."""
    answers, warnings = answered(customers, c.CSAT, 1, 5)
    labels = banded(answers, [3, 4], ORDER)
    count, happy = int((~np.isnan(answers)).sum()), int((labels == "satisfied").sum())
    low, high = wilson(happy, count)
    note = f"CSAT {happy / max(count, 1):.0%} (95% interval {low:.0%} to {high:.0%}) of {count:,} answers"
    rate = f"{count / len(labels):.0%} answered"
    return Decided(labels, with_unknown(ORDER, labels), (f"{note}; {rate}",) * bool(count), warnings)
