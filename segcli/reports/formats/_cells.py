"""A column's values as the texts that stand in CSV: what pandas writes, at the speed of the column."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.ingest.characters import has

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]
Eights = npt.NDArray[Any]
SAMPLE, REPEATING = 500, 0.9  # of so many values no more than this share is different where values repeat
LEAST, MOST = 1e-4, 1e10  # from the one to below the other, Arrow's digits are Python's
FIRST_DAY, LAST_DAY = np.datetime64("1000-01-01"), np.datetime64("9999-12-31")  # years of four digits
TEXT = pa.large_string()


def cells(values: pd.Series, delimiter: str) -> pa.Array | None:
    """The column's cells, quoted where they need it and null where they are empty.

    Returns:
        One text per row; None where only pandas knows how it writes such values.
    """
    if isinstance(values.dtype, pd.StringDtype):
        return quoted(_joined(pa.array(values, TEXT)), delimiter)
    if values.dtype.kind == "M" and isinstance(values.dtype, np.dtype):
        return _days(values.to_numpy())
    return _numbers(values)


def quoted(texts: pa.Array, delimiter: str) -> pa.Array:
    """Texts in quotes where a reader could take a part of one for a mark of the file.

    A lone carriage return is such a part: a reader that ends records at it would break the record in two.
    """
    pattern = f'["\\r\\n{re.escape(delimiter)}]'
    if not has(texts, pattern):
        return texts
    marked = pc.match_substring_regex(texts, pattern)
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(marked, pc.binary_join_element_wise(*_alike('"', doubled, '"', "")), texts)


def _alike(*parts: pa.Array | str) -> list[pa.Array]:
    return [pa.scalar(part, TEXT) if isinstance(part, str) else part for part in parts]


def _joined(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _days(times: Times) -> pa.Array | None:
    days = times.astype("datetime64[D]")
    known = days[~np.isnat(days)]
    if len(known) and (known.min() < FIRST_DAY or known.max() > LAST_DAY):
        return None
    return _each_once(days, lambda distinct: pc.cast(pa.array(distinct), TEXT))


def _numbers(values: pd.Series) -> pa.Array | None:
    if values.dtype == np.float64:
        return _each_once(values.to_numpy(), _floats)
    if values.dtype == np.int64:
        return _each_once(values.to_numpy(), lambda distinct: pc.cast(pa.array(distinct), TEXT))
    if values.dtype == bool:
        return pc.if_else(pa.array(values.to_numpy()), *_alike("True", "False"))
    if isinstance(values.dtype, pd.Int64Dtype):
        return pc.cast(_joined(pa.array(values)), TEXT)
    return None


def _each_once(values: Eights, form: Callable[[Eights], pa.Array]) -> pa.Array:
    """The texts of values of eight bytes; where they repeat, each distinct one is written once and then copied."""
    sample = values[:: max(len(values) // SAMPLE, 1)].view(np.int64)
    if len(np.unique(sample)) > REPEATING * len(sample):
        return form(values)
    coded = pc.dictionary_encode(pa.array(values.view(np.int64)))  # by their bits, in which 0.0 is not -0.0
    return form(coded.dictionary.to_numpy().view(values.dtype)).take(coded.indices)


def _floats(values: Floats) -> pa.Array:
    """As `repr` writes them: whole ones with .0, and very large or small ones as 1e+16 and 1e-05."""
    size, known = np.abs(values), ~np.isnan(values)
    usual = ((size >= LEAST) & (size < MOST)) | (size == 0)
    texts = pc.cast(pa.array(values, mask=~known), TEXT)
    whole = usual & (np.floor(values) == values)
    if whole.any():
        with_point = pc.binary_join_element_wise(*_alike(texts.filter(pa.array(whole)), ".0", ""))
        texts = pc.replace_with_mask(texts, pa.array(whole), with_point)
    rest = known & ~usual
    if rest.any():
        texts = pc.replace_with_mask(texts, pa.array(rest), pa.array(map(repr, values[rest].tolist()), TEXT))
    return texts
