"""Suggest columns that can identify customers if the customer id is missing: email addresses, phone numbers, names."""

import contextlib
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.errors import InputProblem
from segcli.ingest.column_matching import is_name_of, normalise_name
from segcli.ingest.input_file import InputFile, open_input
from segcli.ingest.locales import word_list
from segcli.ingest.parser import RawTable

CONTACT_COLUMNS = {"e-mail address": columns.EMAIL, "phone": columns.PHONE}
NAME_KIND = "name"
MIN_KEY_SHARE = 0.5  # share of lines that must have a value
_WORD_PATTERN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class CustomerKey:
    """Candidate column for identifying customers: its kind of content, and the number of lines with a value."""

    column: str
    kind: str
    present_lines: int
    lines: int
    is_sampled: bool = False

    def __str__(self) -> str:
        """Return the text for a hint."""
        option = f"--map {columns.CUSTOMER_ID}={shlex.quote(self.column)}"
        lines = f"the first {self.lines:,} lines" if self.is_sampled else f"{self.lines:,} lines"
        return f"{self.kind} is present on {self.present_lines:,} of {lines}: {option}"


def suggest_customer_key(input_file: InputFile) -> str:
    """Return a hint with the column that identifies customers on most lines; blank if there is none.

    The hint is verified: the file is opened with it, and must then have a customer id.

    Args:
        input_file: file without a customer id, or with an id that is blank on most lines.
    """
    file_columns = input_file.mapping.columns
    usable = {columns.CUSTOMER_ID, columns.EMAIL, columns.PHONE}
    unavailable = {name for standard, name in file_columns.items() if standard not in usable} | set(
        input_file.source.leave_out
    )
    kinds = find_key_columns(
        (name for name in input_file.header if name not in unavailable), file_columns.get(columns.CUSTOMER_ID)
    )
    order_id = file_columns.get(columns.ORDER_ID)
    if not kinds:
        return ""
    with contextlib.suppress(InputProblem):
        keys = rank_keys(input_file.read_table([*kinds, *([order_id] if order_id else [])]), kinds, order_id)
        return next(
            (
                str(replace(key, is_sampled=input_file.content.is_head))
                for key in keys
                if _is_valid_key(input_file, key)
            ),
            "",
        )
    return ""


def suggest_unique_key(raw_table: RawTable) -> str:
    """Return a sentence with the column that identifies customers in a table with one row each, or blank."""
    kinds = {name: kind for name, kind in find_key_columns(raw_table.header).items() if name in raw_table.columns}
    for key in rank_keys(raw_table, kinds):
        texts = raw_table.columns[key.column]
        if key.present_lines == key.lines == len(pc.unique(texts)):
            return f"next best key: {key}; "
    return ""


def describe_blank_ids(input_file: InputFile, blank_lines: int, line_count: int) -> str:
    """Return a note on a customer id that is blank on most lines, if another column identifies customers better.

    Args:
        input_file: an order export.
        blank_lines: number of lines without a customer id.
        line_count: number of all lines.
    """
    hint = suggest_customer_key(input_file) if blank_lines > MIN_KEY_SHARE * line_count else ""
    return f"the customer id is blank on {blank_lines:,} of {line_count:,} lines; {hint}" if hint else ""


def _is_valid_key(input_file: InputFile, customer_key: CustomerKey) -> bool:
    """Return whether a file that is opened with this column as the customer id has a customer id."""
    declared_columns = {**input_file.requested_source.columns, columns.CUSTOMER_ID: customer_key.column}
    try:
        reopened_file = open_input(
            input_file.requested_source.model_copy(update={"columns": declared_columns}),
            input_file.content,
            may_hold_orders=input_file.is_orders,
        )
    except InputProblem:
        return False
    return (
        reopened_file.mapping.columns.get(columns.CUSTOMER_ID) == customer_key.column
        and reopened_file.is_orders == input_file.is_orders
    )


def find_key_columns(header: Iterable[str], excluded_column: str | None = None) -> dict[str, str]:
    """Return the columns whose name indicates an email address, a phone number or a name, with the kind of each."""
    kinds = {name: _infer_kind(name) for name in header if name != excluded_column}
    return {name: kind for name, kind in kinds.items() if kind}


def rank_keys(raw_table: RawTable, kinds: dict[str, str], order_id: str | None = None) -> list[CustomerKey]:
    """Rank columns by the number of lines with a value, in descending order; drop columns that most lines lack.

    Args:
        raw_table: table with these columns, as text.
        kinds: kind of each column, by name.
        order_id: column of order ids; lines of one order share a value that is on only one of them.
    """
    order_column = None if order_id is None else raw_table.encode_column(order_id)
    order_codes = (
        None
        if order_column is None
        else np.where(
            order_column.without_outer_blanks.row_mask(_blank_mask), -1, order_column.without_outer_blanks.codes
        )
    )
    keys = [
        CustomerKey(name, kind, int(_presence_mask(raw_table.columns[name], order_codes).sum()), raw_table.rows)
        for name, kind in kinds.items()
    ]
    kind_order = [*CONTACT_COLUMNS, NAME_KIND]
    usable = [key for key in keys if key.present_lines > MIN_KEY_SHARE * key.lines]
    return sorted(
        usable, key=lambda key: (-key.present_lines, kind_order.index(key.kind), raw_table.header.index(key.column))
    )


def contact_kind(name: str) -> str:
    """Return the standard contact column (email, phone) that a header name, or part of it, means; blank if none.

    >>> contact_kind("Billing Email"), contact_kind("Shipping Phone"), contact_kind("Shop Phone")
    ('email', 'phone', '')
    """
    return CONTACT_COLUMNS.get(_infer_kind(name), "")


def names_other_people(name: str) -> bool:
    """Return whether a column describes people other than the customer, such as a referrer, seller or courier.

    >>> names_other_people("Sales Rep Email"), names_other_people("referred by"), names_other_people("Email")
    (True, True, False)
    """
    words_in_name = {word.casefold() for word in _WORD_PATTERN.findall(name.replace("_", " "))}
    return is_name_of(name, columns.REFERRER) or not words_in_name.isdisjoint(
        {word.casefold() for word in word_list("other_people")}
    )


def _blank_mask(strings: pa.StringArray) -> pa.BooleanArray:
    return pc.equal(pc.utf8_trim_whitespace(strings), "")


def _presence_mask(texts: pa.ChunkedArray, order_codes: npt.NDArray[np.int64] | None) -> npt.NDArray[np.bool_]:
    is_present = ~np.asarray(_blank_mask(texts), dtype=bool)
    if order_codes is None:
        return is_present
    is_in_order = pd.Series(is_present).groupby(order_codes).transform("any").to_numpy(dtype=bool)
    return np.where(order_codes < 0, is_present, is_in_order)


def _infer_kind(name: str) -> str:
    """Infer the kind of personal data in a column from its name, or part of it, such as Phone in Shipping Phone."""
    if any(word in normalise_name(name) for word in word_list("things")):
        return ""
    name_words = _WORD_PATTERN.findall(name)
    person_words = {normalise_name(word) for word in word_list("person_names")}
    for phrase in map(" ".join, [*_word_suffixes(name_words), *_word_prefixes(name_words)]):
        for kind, standard in CONTACT_COLUMNS.items():
            if is_name_of(phrase, standard):
                return kind
    is_partial_name = is_name_of(name, columns.FIRST_NAME) or is_name_of(name, columns.LAST_NAME)
    is_of_person = (
        bool(name_words)
        and name_words[0].casefold() in word_list("people")
        and normalise_name(name_words[-1]) in person_words
    )
    return NAME_KIND if (is_of_person or normalise_name(name) in person_words) and not is_partial_name else ""


def _word_suffixes(name_parts: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (name_parts[start:] for start in range(len(name_parts)))


def _word_prefixes(name_parts: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (name_parts[:end] for end in range(1, len(name_parts)))
