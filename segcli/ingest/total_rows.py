"""Rows that are no orders: subtotals, grand totals and balances that reports put between their lines."""

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.arrow import is_empty
from segcli.ingest.export import Export
from segcli.ingest.languages import words

LABELED = (columns.CUSTOMER_ID, columns.PRODUCT)
TOLERANCE = 0.011  # of a total against the sum of the lines above: both are rounded to cents


def find_total_rows(export: Export, amounts: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Mark the rows that name a total instead of a customer, a product or an order.

    A label proves it where the row names no order. In an export without orders the amount must also be the sum of lines
    above: somebody may be called Total.

    Args:
        export: an order export, or a chunk of one.
        amounts: of each row, as read.
    """
    rows = np.zeros(export.cells.rows, dtype=bool)
    names_order = columns.ORDER_ID in export.recognition.columns
    if names_order:
        candidates = np.flatnonzero(is_empty(export.rows_trimmed(columns.ORDER_ID).at_rows()))
    else:
        candidates = np.flatnonzero(_may_be_labels(export.rows_trimmed(columns.CUSTOMER_ID).at_rows()))
    labeled = candidates[np.logical_or.reduce([_are_labels(export, standard, candidates) for standard in LABELED])]
    for row in labeled.tolist():
        rows[row] = names_order or _is_sum_of_lines_above(amounts, rows, row)
    return rows


def _are_labels(export: Export, standard: str, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Mark the rows whose text in a column is a label; each distinct text is looked at once."""
    texts = export.texts(standard)
    if texts is None or not len(rows):
        return np.zeros(len(rows), dtype=bool)
    encoded = pc.dictionary_encode(texts.take(pa.array(rows))).combine_chunks()
    labels = [_pattern().fullmatch(text.strip()) is not None for text in encoded.dictionary.to_pylist()]
    is_label: npt.NDArray[np.bool_] = np.array(labels, dtype=bool)[np.asarray(encoded.indices)]
    return is_label


def _may_be_labels(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Mark texts that begin like a label; a look at their first letters is enough to leave out nearly all."""
    beginnings = pa.array(sorted({word[:3].casefold() for word in words("totals")}))
    return np.asarray(pc.is_in(pc.utf8_lower(pc.utf8_slice_codeunits(texts, 0, 3)), value_set=beginnings))


def _is_sum_of_lines_above(amounts: npt.NDArray[np.float64], is_total: npt.NDArray[np.bool_], row: int) -> bool:
    """Tell whether an amount is the sum of the lines above: since the last total, or all but totals."""
    above = np.nan_to_num(np.where(is_total[:row], 0.0, amounts[:row]))
    last = int(np.flatnonzero(is_total[:row]).max(initial=-1)) + 1
    return any(len(part) > 1 and abs(float(part.sum()) - amounts[row]) <= TOLERANCE for part in (above[last:], above))


@cache
def _pattern() -> re.Pattern[str]:
    """Return a pattern of labels: a word, perhaps with what it sums up behind it."""
    labels = "|".join(re.escape(word) for word in sorted(words("totals"), key=len, reverse=True))
    return re.compile(rf"(?:{labels})(?:[\s:\-\u2013\uff1a(].*)?", re.IGNORECASE)
