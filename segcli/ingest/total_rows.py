"""Find rows that are not orders: subtotals, grand totals and balances that reports insert between lines."""

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.arrow import mark_empty, read_first_bytes
from segcli.ingest import money
from segcli.ingest.input_file import InputFile
from segcli.ingest.locales import word_list
from segcli.ingest.order_export import OrderExport
from segcli.ingest.parser import sample_records

LABEL_PREFIX_LENGTH = 3  # number of letters that rule out nearly all other texts
HEAD_SAMPLE_RECORDS, FILE_SAMPLE_RECORDS = 1000, 20_000  # records in which to look for total labels
LABELED_COLUMNS = (columns.CUSTOMER_ID, columns.PRODUCT, columns.ORDER_ID)


def find_total_rows(
    export: OrderExport, amounts: npt.NDArray[np.float64], is_undated: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Mark the rows that name a total instead of a customer, a product or an order, or that are sums without a name.

    A label is sufficient if the row has no order id, or if a label of several words is in place of the customer.
    Otherwise the amount must also be the sum of other lines (those above, those of the order, or those of the
    customer), because Total may be a person's name. A row without a customer and a date is a total if its amount is
    the sum of the lines above; its label may be in a column that is not read, or missing.

    Args:
        export: an order export, or a chunk of one.
        amounts: amount of each row, as parsed.
        is_undated: mask of the rows without a readable date.
    """
    is_total = np.zeros(export.raw_table.rows, dtype=bool)
    texts_by_column = {
        name: export.get_stripped_rows(name).take_rows() for name in LABELED_COLUMNS if name in export.mapping.columns
    }
    labels = {name: _find_total_labels(column) for name, column in texts_by_column.items()}
    is_labeled = np.logical_or.reduce(list(labels.values()))
    blank_order = mark_empty(texts_by_column[columns.ORDER_ID]) if columns.ORDER_ID in texts_by_column else is_total
    is_nameless = mark_empty(texts_by_column[columns.CUSTOMER_ID]) & is_undated
    if not (is_labeled.any() or is_nameless.any()):
        return is_total
    is_nameless &= np.nan_to_num(amounts) != 0
    running_sums = _RunningSums(amounts, is_labeled)
    for row in np.flatnonzero(is_labeled).tolist():
        customer = texts_by_column[columns.CUSTOMER_ID][row].as_py()
        is_named = labels[columns.CUSTOMER_ID][row] and " " in customer
        names_no_order = bool(blank_order[row]) and bool(
            labels[columns.CUSTOMER_ID][row] or labels.get(columns.PRODUCT, is_total)[row]
        )
        is_total[row] = (
            names_no_order
            or is_named
            or running_sums.match(row)
            or _is_sum_of_same_value(texts_by_column, amounts, is_labeled, row)
        )
    is_total[_find_sums_without_labels(running_sums, np.flatnonzero(is_nameless & ~is_labeled))] = True
    return is_total


def has_total_labels(input_file: InputFile) -> bool:
    """Return whether the first records have total labels in place of products, so that products must be read."""
    name = input_file.mapping.columns.get(columns.PRODUCT)
    if name is None:
        return False
    index = input_file.header.index(name)
    texts = [
        record[index]
        for record in sample_records(
            input_file.dialect, HEAD_SAMPLE_RECORDS if input_file.content.is_head else FILE_SAMPLE_RECORDS
        )
        if index < len(record)
    ]
    return bool(_find_total_labels(pa.array([text.strip() for text in texts], pa.string())).any())


def _is_sum_of_same_value(
    texts_by_column: dict[str, pa.StringArray],
    amounts: npt.NDArray[np.float64],
    is_total: npt.NDArray[np.bool_],
    row: int,
) -> bool:
    """Return whether an amount is the sum of the other lines of the row's order or customer."""
    line_amounts = np.nan_to_num(np.where(is_total, 0.0, amounts))
    for name in (columns.ORDER_ID, columns.CUSTOMER_ID):
        if name in texts_by_column and texts_by_column[name][row].as_py():
            has_same_value = (
                np.asarray(pc.equal(texts_by_column[name], texts_by_column[name][row]), dtype=bool) & ~is_total
            )
            max_single = (
                0 if _is_bare_label(texts_by_column, row) else 1
            )  # "Total Gym" may cost the same as another product of its order
            if (
                has_same_value.sum() > max_single
                and abs(float(line_amounts[has_same_value].sum()) - amounts[row]) <= money.CENT_TOLERANCE
            ):
                return True
    return False


def _is_bare_label(texts_by_column: dict[str, pa.StringArray], row: int) -> bool:
    labels = {word.casefold() for word in word_list("totals")}
    return any(column[row].as_py().strip(" :").casefold() in labels for column in texts_by_column.values())


def _find_total_labels(strings: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Mark the texts that are labels; a check of their first bytes rules out nearly all others."""
    is_label = np.zeros(len(strings), dtype=bool)
    rows = np.flatnonzero(_label_start_bytes()[read_first_bytes(strings)])
    if len(rows):
        prefixes = pc.utf8_lower(pc.utf8_slice_codeunits(strings.take(pa.array(rows)), 0, LABEL_PREFIX_LENGTH))
        rows = rows[np.asarray(pc.is_in(prefixes, value_set=_label_prefixes()), dtype=bool)]
    if len(rows):
        dictionary_array = pc.dictionary_encode(strings.take(pa.array(rows)))
        is_match = [_label_pattern().fullmatch(text) is not None for text in dictionary_array.dictionary.to_pylist()]
        is_label[rows] = np.array(is_match, dtype=bool)[np.asarray(dictionary_array.indices)]
    return is_label


@cache
def _label_start_bytes() -> npt.NDArray[np.bool_]:
    """Return a mask of the byte values with which a label may begin."""
    is_start = np.zeros(256, dtype=bool)
    labels = [variant for word in word_list("totals") for variant in (word, word.upper(), word.lower())]
    is_start[[label.encode()[0] for label in labels]] = True
    return is_start


@cache
def _label_prefixes() -> pa.StringArray:
    return pa.array(sorted({word[:LABEL_PREFIX_LENGTH].lower() for word in word_list("totals")}))


class _RunningSums:
    """Sums of the lines above a row, without totals: those since the last total, and all.

    There may be as many rows to check as lines, so each sum is a difference of two cumulative sums.
    """

    def __init__(self, amounts: npt.NDArray[np.float64], is_total: npt.NDArray[np.bool_]) -> None:
        line_amounts = np.nan_to_num(np.where(is_total, 0.0, amounts))
        ends_of_totals = np.where(is_total, np.arange(1, len(amounts) + 1), 0)
        self._amounts = amounts
        self._sums_above = np.concatenate([[0.0], np.cumsum(line_amounts)])
        self._section_starts = np.concatenate([[0], np.maximum.accumulate(ends_of_totals)])
        self._last_end, self._excluded_sum = 0, 0.0

    def match(self, row: int) -> bool:
        """Return whether the amount of a row is one of the sums of at least two lines above it."""
        section_start = max(int(self._section_starts[row]), self._last_end)
        return any(
            row - start > 1
            and abs(float(self._sums_above[row]) - sum_before - self._amounts[row]) <= money.CENT_TOLERANCE
            for start, sum_before in ((section_start, self._sums_above[section_start]), (0, self._excluded_sum))
        )

    def exclude(self, row: int) -> None:
        """Leave out a row, which is a total, from the sums of the rows below."""
        self._last_end, self._excluded_sum = row + 1, self._excluded_sum + float(self._amounts[row])


def _find_sums_without_labels(running_sums: _RunningSums, candidate_rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the candidates whose amount is the sum of the lines above."""
    total_rows = []
    for row in candidate_rows.tolist():
        if running_sums.match(row):
            running_sums.exclude(row)
            total_rows.append(row)
    return np.array(total_rows, dtype=np.intp)


@cache
def _label_pattern() -> re.Pattern[str]:
    """Return a pattern of labels: a word, optionally followed by a description of the sum."""
    labels = "|".join(re.escape(word) for word in sorted(word_list("totals"), key=len, reverse=True))
    return re.compile(rf"(?:{labels})(?:[\s:\-\u2013\uff1a(].*)?", re.IGNORECASE)
