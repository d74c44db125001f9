"""Segments that the table itself gives: the values of a column, rare ones merged."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, with_unknown

OTHER = "other"


class Options(Section):
    """Which values stand for themselves."""

    minimum_share: float = Field(
        0.02, ge=0, le=1, description="Share of customers below which a value is merged into other."
    )


def given(customers: Customers, wanted: Sequence[str], options: Options) -> Decided:
    """The values of a column as segments; those too rare to be one are merged, blanks are unknown.

    Args:
        customers: with one of the columns wanted.
        wanted: names of columns, the first that is there serves.
        options: below which share a value is rare.
    """
    texts = column(customers, *wanted).astype("str").fillna("").str.strip().to_numpy(dtype=object)
    names, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
    frequent = [
        str(name) for name, count in zip(names, counts, strict=True) if count >= options.minimum_share * counts.sum()
    ]
    rare = sorted(set(map(str, names)) - set(frequent))
    labels = np.where(texts == "", UNKNOWN, np.where(np.isin(texts, frequent), texts, OTHER)).astype(object)
    order = sorted(frequent, key=lambda name: (-int(counts[names == name][0]), name))
    note = f"merged into {OTHER}, each below {options.minimum_share:.0%}: {', '.join(rare)}"
    return Decided(labels, with_unknown([*order, *([OTHER] if rare else [])], labels), (note,) * bool(rare))
