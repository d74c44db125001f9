"""How the customers of segments fare: satisfaction where they were asked, repeat purchase and retention."""

import pandas as pd

from segcli import columns as c
from segcli.model import Score, Segmentation
from segcli.segment.experience import ALL, by_segment
from segcli.segment.rates import rates


def scores(made: Segmentation) -> dict[str, tuple[Score, ...]]:
    """By segment, what can be told: NPS, CSAT, CES and the like from 30 answers on, and rates, as parts of 100."""
    asked = by_segment(made.customers, made.segments, made.labels)
    counted = rates(made.customers, made.segments, made.labels)
    found: dict[str, list[Score]] = {name: [] for name in made.segments}
    _add(found, asked[asked["score"].notna()], ("score", "low", "high", "answers"), 1)
    _add(found, counted[counted["rate"].notna()], ("rate", "low_rate", "high_rate", c.CUSTOMERS), 100)
    return {name: tuple(listed) for name, listed in found.items()}


def _add(found: dict[str, list[Score]], rows: pd.DataFrame, columns: tuple[str, str, str, str], times: float) -> None:
    score, low, high, count = columns
    for row in rows[rows[c.NAME] != ALL].to_dict("records"):
        middle, least, most = (float(row[name]) * times for name in (score, low, high))
        found[str(row[c.NAME])].append(Score(str(row["measure"]), middle, least, most, int(row[count])))
