"""A column's values as the texts that stand in CSV: what pandas writes, at the speed of the column."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.ingest.characters import contains_any_of

FloatArray = npt.NDArray[np.float64]
DateArray = npt.NDArray[np.datetime64]
EightByteArray = npt.NDArray[Any]
SAMPLE_SIZE, MAX_DISTINCT_SHARE = 500, 0.9  # of so many values no more than this share is different where values repeat
MIN_PLAIN_FLOAT, MAX_PLAIN_FLOAT = 1e-4, 1e10  # from the one to below the other, Arrow's digits are Python's
FIRST_PLAIN_DAY, LAST_PLAIN_DAY = np.datetime64("1000-01-01"), np.datetime64("9999-12-31")  # years of four digits
STRING_TYPE = pa.large_string()


def format_column(column_values: pd.Series, delimiter: str) -> pa.Array | None:
    """The column's cells, quoted where they need it and null where they are empty.

    Returns:
        One text per row; None where only pandas knows how it writes such values.
    """
    if isinstance(column_values.dtype, pd.StringDtype):
        return quote_cells(_combine_chunks(pa.array(column_values, STRING_TYPE)), delimiter)
    if column_values.dtype.kind == "M" and isinstance(column_values.dtype, np.dtype):
        return _format_days(column_values.to_numpy())
    return _format_numbers(column_values)


def quote_cells(texts: pa.Array, delimiter: str) -> pa.Array:
    """Texts in quotes where a reader could take a part of one for a mark of the file.

    A lone carriage return is such a part: a reader that ends records at it would break the record in two.
    """
    pattern = f'["\\r\\n{re.escape(delimiter)}]'
    if not contains_any_of(texts, pattern):
        return texts
    needs_quotes = pc.match_substring_regex(texts, pattern)
    doubled_quotes = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needs_quotes, pc.binary_join_element_wise(*_string_scalars('"', doubled_quotes, '"', "")), texts)


def _string_scalars(*parts: pa.Array | str) -> list[pa.Array]:
    return [pa.scalar(part, STRING_TYPE) if isinstance(part, str) else part for part in parts]


def _combine_chunks(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _format_days(dates: DateArray) -> pa.Array | None:
    days = dates.astype("datetime64[D]")
    known_days = days[~np.isnat(days)]
    if len(known_days) and (known_days.min() < FIRST_PLAIN_DAY or known_days.max() > LAST_PLAIN_DAY):
        return None
    return _format_distinct(days, lambda distinct: pc.cast(pa.array(distinct), STRING_TYPE))


def _format_numbers(column_values: pd.Series) -> pa.Array | None:
    if column_values.dtype == np.float64:
        return _format_distinct(column_values.to_numpy(), _format_floats)
    if column_values.dtype == np.int64:
        return _format_distinct(column_values.to_numpy(), lambda distinct: pc.cast(pa.array(distinct), STRING_TYPE))
    if column_values.dtype == bool:
        return pc.if_else(pa.array(column_values.to_numpy()), *_string_scalars("True", "False"))
    if isinstance(column_values.dtype, pd.Int64Dtype):
        return pc.cast(_combine_chunks(pa.array(column_values)), STRING_TYPE)
    return None


def _format_distinct(column_values: EightByteArray, format_values: Callable[[EightByteArray], pa.Array]) -> pa.Array:
    """The texts of values of eight bytes; where they repeat, each distinct one is written once and then copied."""
    sample = column_values[:: max(len(column_values) // SAMPLE_SIZE, 1)].view(np.int64)
    if len(np.unique(sample)) > MAX_DISTINCT_SHARE * len(sample):
        return format_values(column_values)
    encoded_values = pc.dictionary_encode(
        pa.array(column_values.view(np.int64))
    )  # by their bits, in which 0.0 is not -0.0
    return format_values(encoded_values.dictionary.to_numpy().view(column_values.dtype)).take(encoded_values.indices)


def _format_floats(float_values: FloatArray) -> pa.Array:
    """As `repr` writes them: whole ones with .0, and very large or small ones as 1e+16 and 1e-05."""
    magnitude, is_known = np.abs(float_values), ~np.isnan(float_values)
    is_plain = ((magnitude >= MIN_PLAIN_FLOAT) & (magnitude < MAX_PLAIN_FLOAT)) | (magnitude == 0)
    texts = pc.cast(pa.array(float_values, mask=~is_known), STRING_TYPE)
    is_whole = is_plain & (np.floor(float_values) == float_values)
    if is_whole.any():
        with_point = pc.binary_join_element_wise(*_string_scalars(texts.filter(pa.array(is_whole)), ".0", ""))
        texts = pc.replace_with_mask(texts, pa.array(is_whole), with_point)
    is_extreme = is_known & ~is_plain
    if is_extreme.any():
        texts = pc.replace_with_mask(
            texts, pa.array(is_extreme), pa.array(map(repr, float_values[is_extreme].tolist()), STRING_TYPE)
        )
    return texts
