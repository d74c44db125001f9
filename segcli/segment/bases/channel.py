"""Behavioural: channel of a customer's purchases."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.message import CustomerCount, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, _column_values, append_unknown, require_column, to_floats

SOURCE = "the channel of most of a customer's order lines, or the largest of columns that count purchases by channel"
NEEDS = f"{columns.TOP_PREFIX + columns.CHANNEL} or {columns.CHANNEL}, or your own columns"
ADDS = ()


class Options(_column_values.Options):
    """Minimum share of a value, and the columns that count purchases by channel."""

    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Columns that count the purchases in each channel. Default: the channel column.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's main channel. On ties, the first in the options wins. Without purchases: unknown."""
    if not options.columns:
        return _column_values.segments_from_column(
            customers, (columns.TOP_PREFIX + columns.CHANNEL, columns.CHANNEL), options
        )
    names = list(options.columns)
    counts = np.column_stack(
        [np.nan_to_num(to_floats(require_column(customers, name))) for name in options.columns.values()]
    )
    top_channel = np.array(names, dtype=object)[counts.argmax(axis=1)]
    labels = np.where(counts.max(axis=1) > 0, top_channel, UNKNOWN).astype(object)
    tie_count = int(((counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1)[labels != UNKNOWN].sum())
    note = message("customers with tied channels: {count}; the first one is used", count=CustomerCount(tie_count))
    return BaseResult(
        labels,
        append_unknown([present_name for present_name in names if (labels == present_name).any()], labels),
        (note,) * bool(tie_count),
    )
