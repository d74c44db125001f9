"""Which columns of a customer table can describe people."""

import pandas as pd

from segcli import columns
from segcli.columns import ColumnKind
from segcli.ingest.special import special_category_columns

MAX_TRAIT_LEVELS = 30  # a text column with more values names people or places, not traits
NON_TRAIT_KINDS = (ColumnKind.ID, ColumnKind.DATE)
UNDESCRIPTIVE_COLUMNS = (columns.LATITUDE, columns.LONGITUDE, columns.BIRTH_YEAR)  # their averages say nothing


def descriptive_columns(table: pd.DataFrame) -> list[str]:
    """The columns without ids, dates, places on the map, scores, or special categories of data."""
    return [name for name in table.columns if _is_descriptive(name, table[name])]


def _is_descriptive(name: str, values: pd.Series) -> bool:
    if (
        name in columns.SCORE_COLUMNS
        or name in UNDESCRIPTIVE_COLUMNS
        or name.endswith(columns.SEGMENT_SUFFIX)
        or columns.column_kind(name) in NON_TRAIT_KINDS
        or special_category_columns([name])
    ):
        return False
    if name in columns.MEASURES:
        return name in columns.PORTRAIT_MEASURES
    if pd.api.types.is_numeric_dtype(values):
        return True
    return values.dtype.kind != "M" and 1 < values.nunique() <= MAX_TRAIT_LEVELS
