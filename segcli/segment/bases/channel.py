"""Behavioural: where a customer buys."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, _given, column, numbers, with_unknown

SOURCE = "the channel of most of a customer's order lines, or the largest of columns that count purchases by channel"
NEEDS = f"{c.TOP + c.CHANNEL} or {c.CHANNEL}, or columns of one's own"
ADDS = ()


class Options(_given.Options):
    """Which values stand for themselves, and which columns count purchases."""

    columns: dict[str, str] = Field(
        default_factory=dict, description="Column that counts the purchases in each channel, where there are such."
    )


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's channel; of equals the first named; nobody has one without a purchase."""
    if not options.columns:
        return _given.given(customers, (c.TOP + c.CHANNEL, c.CHANNEL), options)
    names = list(options.columns)
    counts = np.column_stack([np.nan_to_num(numbers(column(customers, name))) for name in options.columns.values()])
    best = np.array(names, dtype=object)[counts.argmax(axis=1)]
    labels = np.where(counts.max(axis=1) > 0, best, UNKNOWN).astype(object)
    ties = int(((counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1)[labels != UNKNOWN].sum())
    note = f"customers with two channels they use as often: {ties:,}; the first named counts"
    return Decided(labels, with_unknown([n for n in names if (labels == n).any()], labels), (note,) * bool(ties))
