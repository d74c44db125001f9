"""Experience: how long contacts with a customer take, by the average handling time of a contact."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided, _answers, banded, with_unknown

SOURCE = "average handling time = (talk + hold + wrap-up) / contacts; bands at thirds (type 7 quantiles) or given cuts"
NEEDS = f"{c.TALK_SECONDS}, {c.HOLD_SECONDS}, {c.WRAP_SECONDS}, {c.CONTACTS}"
ADDS = ("aht_seconds",)
ORDER = ("short", "usual", "long")


class Options(_answers.Options):
    """Where bands end, and for whom the average is told."""

    cuts: list[float] | None = Field(
        None,
        min_length=2,
        max_length=2,
        description="Seconds from which a contact is usual, and long; default: thirds.",
    )


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's band by their own average; nobody without a contact has one."""
    answers, warnings = _answers.answered(customers, "AHT")
    seconds = answers[:, :-1].sum(axis=1) / answers[:, -1]
    known = seconds[~np.isnan(seconds)]
    cuts = sorted(options.cuts) if options.cuts else (np.quantile(known, [1 / 3, 2 / 3]).tolist() if len(known) else [])
    labels = banded(seconds, cuts, ORDER[: len(cuts) + 1])
    notes, tables = _answers.told(customers, "AHT", options)
    added = customers.table[[]].assign(aht_seconds=seconds.round(3))
    bands = f"contacts are usual from {cuts[0]:.0f} s and long from {cuts[1]:.0f} s" if cuts else "no contacts"
    return Decided(labels, with_unknown(ORDER, labels), (*notes, bands), warnings, scores=added, tables=tables)
