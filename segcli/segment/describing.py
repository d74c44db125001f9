"""Which columns of a customer table can describe people."""

import pandas as pd

from segcli import columns as c
from segcli.columns import Kind
from segcli.ingest.special import special

MAX_LEVELS = 30  # a text column with more values names people or places, not traits
NOT_TRAITS = (Kind.ID, Kind.DATE)
UNTOLD = (c.LATITUDE, c.LONGITUDE, c.BIRTH_YEAR)  # their averages say nothing


def describing(table: pd.DataFrame) -> list[str]:
    """The columns without ids, dates, places on the map, scores, or special categories of data."""
    return [name for name in table.columns if _describes(name, table[name])]


def _describes(name: str, values: pd.Series) -> bool:
    if name in c.SCORES or name in UNTOLD or name.endswith(c.SEGMENT) or c.kind(name) in NOT_TRAITS or special([name]):
        return False
    if name in c.MEASURES:
        return name in c.PORTRAIT
    if pd.api.types.is_numeric_dtype(values):
        return True
    return values.dtype.kind != "M" and 1 < values.nunique() <= MAX_LEVELS
