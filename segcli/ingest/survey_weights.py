"""Find columns with the weights of survey respondents, which segcli does not apply."""

from collections.abc import Iterator

import pandas as pd

from segcli import columns
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.locales import word_list

MEAN_WEIGHTS = (0.5, 2.0)  # survey weights are scaled to a mean of 1; weights in kilograms rarely have such a mean


def find_weight_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of survey weights: known by name, with different numbers whose mean is near 1."""
    return [name for name in map(str, table.columns) if _is_weight_column(name, table[name])]


def _is_weight_column(name: str, values: pd.Series) -> bool:
    if name in columns.CUSTOMER_TABLE_COLUMNS or not pd.api.types.is_numeric_dtype(values):
        return False
    if normalise_name(name) not in {normalise_name(word) for word in word_list("weight_columns")}:
        return False
    lowest_mean, highest_mean = MEAN_WEIGHTS
    return bool(0 <= values.min() < values.max() and lowest_mean <= values.mean() <= highest_mean)


def note_weight_columns(table: pd.DataFrame) -> Iterator[str]:
    """Yield a note on each column of survey weights."""
    for name in find_weight_columns(table):
        yield f"column '{name}' looks like survey weights; segcli does not apply them: each row counts once"
