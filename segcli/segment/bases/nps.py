"""Promoters, passives and detractors, by the answer to how likely one is to recommend (0-10)."""

import numpy as np

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, with_unknown
from segcli.segment.bases._answers import Z, answered

SOURCE = "Reichheld, The one number you need to grow (Harvard Business Review, 2003)"
ORDER = ("detractor", "passive", "promoter")


class Options(Section):
    """None: 0-6, 7-8 and 9-10 are the definition."""


def decide(customers: Customers, options: Options) -> Decided:  # noqa: ARG001 - every base takes options
    """Each customer's group; the score, its interval and the response rate are notes.

    NPS = 100 (p - d), its variance (p + d - (p - d)^2) / n.
    """
    valid, warnings = answered(customers, c.NPS, 0, 10)
    labels = banded(valid, [7, 9], ORDER)
    count = int((~np.isnan(valid)).sum())
    return Decided(labels, with_unknown(ORDER, labels), (_score(labels, count),) * bool(count), warnings)


def _score(labels: np.ndarray, count: int) -> str:
    for_it, against = (labels == "promoter").sum() / count, (labels == "detractor").sum() / count
    score = for_it - against
    half = Z * np.sqrt((for_it + against - score**2) / count)
    low, high = max(score - half, -1.0), min(score + half, 1.0)
    interval = f"95% interval {100 * low:.0f} to {100 * high:.0f}"
    return f"NPS {100 * score:.0f} ({interval}) of {count:,} answers; {count / len(labels):.0%} answered"
