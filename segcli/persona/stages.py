"""In which stage of their life with us the customers of a segment are."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from segcli import columns as c
from segcli.model import Segmentation

TELLS = ("lifecycle", "stage", c.RFM_SEGMENT)  # columns that tell the stage of a single customer, the surest first


@dataclass(frozen=True)
class Stage:
    """A stage and how that is known; `share` is of the segment's customers (1 where the segment's name tells it)."""

    name: str
    share: float
    by: str


def stages(made: Segmentation, known: Mapping[str, str]) -> dict[str, Stage]:
    """The stage of each segment: by its name, or else the one that most of its customers are in; none where unknown.

    Args:
        made: the segmentation.
        known: stage by segment name in lower case.
    """
    return {name: stage for name in made.segments if (stage := _stage(made, name, known)) is not None}


def _stage(made: Segmentation, segment: str, known: Mapping[str, str]) -> Stage | None:
    if segment.casefold() in known:
        return Stage(known[segment.casefold()], 1.0, "by its name")
    table = made.customers.table
    column = next((name for name in TELLS if name in table and name != made.column), None)
    if column is None:
        return None
    members = table.loc[(made.labels == segment).to_numpy(), column].astype("str").str.casefold()
    counted = _counted(members.map(lambda label: known.get(label, "")))
    return Stage(str(counted.index[0]), float(counted.iloc[0]), f"by {column}") if len(counted) else None


def _counted(stages_of: pd.Series) -> pd.Series:
    """Shares of the stages that are known, the largest first; of equals the first in the alphabet."""
    shares = stages_of[stages_of != ""].value_counts(normalize=True, sort=False).sort_index()
    return shares.sort_values(ascending=False, kind="stable")
