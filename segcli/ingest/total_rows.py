"""Rows that are no orders: subtotals, grand totals and balances that reports put between their lines."""

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.arrow import first_bytes, is_empty
from segcli.ingest import money
from segcli.ingest.cells import sample
from segcli.ingest.export import Export
from segcli.ingest.languages import words
from segcli.ingest.opening import Opened

BEGINNING = 3  # letters by which nearly all texts that are no labels are told
HEAD_RECORDS, FILE_RECORDS = 1000, 20_000  # among which reports show that they have totals
LABELED = (columns.CUSTOMER_ID, columns.PRODUCT, columns.ORDER_ID)


def find_total_rows(export: Export, amounts: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Mark the rows that name a total instead of a customer, a product or an order.

    A label proves it where the row names no order, or where it stands in place of the customer in several words.
    Otherwise the amount must be the sum of other lines: of those above, of the order, or of the customer. Somebody may
    be called Total.

    Args:
        export: an order export, or a chunk of one.
        amounts: of each row, as read.
    """
    rows = np.zeros(export.cells.rows, dtype=bool)
    texts = {name: export.rows_trimmed(name).at_rows() for name in LABELED if name in export.recognition.columns}
    labels = {name: _find_labels(column) for name, column in texts.items()}
    is_labeled = np.logical_or.reduce(list(labels.values()))
    blank_order = is_empty(texts[columns.ORDER_ID]) if columns.ORDER_ID in texts else rows
    for row in np.flatnonzero(is_labeled).tolist():
        customer = texts[columns.CUSTOMER_ID][row].as_py()
        is_named = labels[columns.CUSTOMER_ID][row] and " " in customer
        names_no_order = bool(blank_order[row]) and bool(
            labels[columns.CUSTOMER_ID][row] or labels.get(columns.PRODUCT, rows)[row]
        )
        rows[row] = names_no_order or is_named or _is_sum(texts, amounts, is_labeled, row)
    return rows


def has_labels(file: Opened) -> bool:
    """Tell whether the first records name totals in place of a product, so that products must be read."""
    name = file.recognition.columns.get(columns.PRODUCT)
    if name is None:
        return False
    place = file.header.index(name)
    texts = [
        record[place]
        for record in sample(file.dialect, HEAD_RECORDS if file.content.is_head else FILE_RECORDS)
        if place < len(record)
    ]
    return bool(_find_labels(pa.array([text.strip() for text in texts], pa.string())).any())


def _is_sum(
    texts: dict[str, pa.StringArray], amounts: npt.NDArray[np.float64], is_total: npt.NDArray[np.bool_], row: int
) -> bool:
    """Tell whether an amount is the sum of other lines: of those above, or of the row's order or customer."""
    if _is_sum_of_lines_above(amounts, is_total, row):
        return True
    known = np.nan_to_num(np.where(is_total, 0.0, amounts))
    for name in (columns.ORDER_ID, columns.CUSTOMER_ID):
        if name in texts and texts[name][row].as_py():
            same = np.asarray(pc.equal(texts[name], texts[name][row]), dtype=bool) & ~is_total
            few = 0 if _is_bare_label(texts, row) else 1  # "Total Gym" may cost what another product of its order does
            if same.sum() > few and abs(float(known[same].sum()) - amounts[row]) <= money.TOLERANCE:
                return True
    return False


def _is_bare_label(texts: dict[str, pa.StringArray], row: int) -> bool:
    labels = {word.casefold() for word in words("totals")}
    return any(column[row].as_py().strip(" :").casefold() in labels for column in texts.values())


def _find_labels(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Mark the texts that are labels; their first bytes leave out nearly all others."""
    is_label = np.zeros(len(texts), dtype=bool)
    rows = np.flatnonzero(_may_begin_label()[first_bytes(texts)])
    if len(rows):
        three = pc.utf8_lower(pc.utf8_slice_codeunits(texts.take(pa.array(rows)), 0, BEGINNING))
        rows = rows[np.asarray(pc.is_in(three, value_set=_beginnings_of_labels()), dtype=bool)]
    if len(rows):
        encoded = pc.dictionary_encode(texts.take(pa.array(rows)))
        found = [_pattern().fullmatch(text) is not None for text in encoded.dictionary.to_pylist()]
        is_label[rows] = np.array(found, dtype=bool)[np.asarray(encoded.indices)]
    return is_label


@cache
def _may_begin_label() -> npt.NDArray[np.bool_]:
    """Tell of each byte whether a label may begin with it."""
    begins = np.zeros(256, dtype=bool)
    labels = [form for word in words("totals") for form in (word, word.upper(), word.lower())]
    begins[[label.encode()[0] for label in labels]] = True
    return begins


@cache
def _beginnings_of_labels() -> pa.StringArray:
    return pa.array(sorted({word[:BEGINNING].lower() for word in words("totals")}))


def _is_sum_of_lines_above(amounts: npt.NDArray[np.float64], is_total: npt.NDArray[np.bool_], row: int) -> bool:
    """Tell whether an amount is the sum of the lines above: since the last total, or all but totals."""
    above = np.nan_to_num(np.where(is_total[:row], 0.0, amounts[:row]))
    last = int(np.flatnonzero(is_total[:row]).max(initial=-1)) + 1
    return any(
        len(part) > 1 and abs(float(part.sum()) - amounts[row]) <= money.TOLERANCE for part in (above[last:], above)
    )


@cache
def _pattern() -> re.Pattern[str]:
    """Return a pattern of labels: a word, perhaps with what it sums up behind it."""
    labels = "|".join(re.escape(word) for word in sorted(words("totals"), key=len, reverse=True))
    return re.compile(rf"(?:{labels})(?:[\s:\-\u2013\uff1a(].*)?", re.IGNORECASE)
