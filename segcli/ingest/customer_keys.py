"""Columns that can identify customers where the customer id is missing: e-mail addresses, phone numbers and names."""

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
from segcli.ingest.cells import Cells
from segcli.ingest.languages import words
from segcli.ingest.opening import Opened, opened
from segcli.ingest.recognise import means, normalised

KINDS = {"e-mail address": columns.EMAIL, "phone": columns.PHONE}
NAME = "name"
MOSTLY = 0.5  # share of lines on which a key must be present
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class CustomerKey:
    """A column that may identify customers, what it holds, and on how many lines it is present."""

    column: str
    kind: str
    present: int
    lines: int
    is_head: bool = False

    def __str__(self) -> str:
        """As a hint shows it."""
        option = f"--map {columns.CUSTOMER_ID}={shlex.quote(self.column)}"
        lines = f"the first {self.lines:,} lines" if self.is_head else f"{self.lines:,} lines"
        return f"{self.kind} is present on {self.present:,} of {lines}: {option}"


def suggest_customer_key(file: Opened) -> str:
    """Return the column that identifies customers on most lines, as a hint, or an empty text.

    The hint is tried: the file is opened with it, and must then have a customer id.

    Args:
        file: without a customer id, or with one that is blank on most lines.
    """
    found = file.recognition.columns
    usable = {columns.CUSTOMER_ID, columns.EMAIL, columns.PHONE}
    taken = {name for standard, name in found.items() if standard not in usable} | set(file.source.leave_out)
    kinds = key_columns((name for name in file.header if name not in taken), found.get(columns.CUSTOMER_ID))
    order_id = found.get(columns.ORDER_ID)
    if not kinds:
        return ""
    with contextlib.suppress(InputProblem):
        keys = rank_keys(file.cells([*kinds, *([order_id] if order_id else [])]), kinds, order_id)
        return next((str(replace(key, is_head=file.content.is_head)) for key in keys if _identifies(file, key)), "")
    return ""


def suggest_unique_key(cells: Cells) -> str:
    """Return the column that identifies the customers of a table of one row each, as a sentence, or an empty text."""
    kinds = {name: kind for name, kind in key_columns(cells.header).items() if name in cells.columns}
    for key in rank_keys(cells, kinds):
        texts = cells.columns[key.column]
        if key.present == key.lines == len(pc.unique(texts)):
            return f"Next best key: {key}. "
    return ""


def describe_blank_ids(file: Opened, blank: int, lines: int) -> str:
    """Return a note on a customer id that is blank on most lines, if another column identifies customers better.

    Args:
        file: an order export.
        blank: lines without a customer id.
        lines: all lines.
    """
    hint = suggest_customer_key(file) if blank > MOSTLY * lines else ""
    return f"the customer id is blank on {blank:,} of {lines:,} lines; {hint}" if hint else ""


def _identifies(file: Opened, key: CustomerKey) -> bool:
    """Tell whether a file that is opened with this column as the customer id has one."""
    mapped = {**file.asked.columns, columns.CUSTOMER_ID: key.column}
    try:
        again = opened(file.asked.model_copy(update={"columns": mapped}), file.content, may_hold_orders=file.is_orders)
    except InputProblem:
        return False
    return again.recognition.columns.get(columns.CUSTOMER_ID) == key.column and again.is_orders == file.is_orders


def key_columns(header: Iterable[str], other_than: str | None = None) -> dict[str, str]:
    """Return the columns whose name promises an address, a phone number or a name, with the kind of each."""
    kinds = {name: _kind_of(name) for name in header if name != other_than}
    return {name: kind for name, kind in kinds.items() if kind}


def rank_keys(cells: Cells, kinds: dict[str, str], order_id: str | None = None) -> list[CustomerKey]:
    """Rank columns by the lines on which they are present, the best first, without those that most lines lack.

    Args:
        cells: with these columns, as text.
        kinds: of the columns, by name.
        order_id: column by which lines of one order share what stands on one of them.
    """
    orders = None if order_id is None else cells.coded(order_id)
    shared = None if orders is None else np.where(orders.trimmed.where(_is_blank), -1, orders.trimmed.codes)
    keys = [
        CustomerKey(name, kind, int(_is_present(cells.columns[name], shared).sum()), cells.rows)
        for name, kind in kinds.items()
    ]
    order = [*KINDS, NAME]
    usable = [key for key in keys if key.present > MOSTLY * key.lines]
    return sorted(usable, key=lambda key: (-key.present, order.index(key.kind), cells.header.index(key.column)))


def contact_kind(name: str) -> str:
    """Return the standard column of contacts that a header name or a part of it means: email, phone, or nothing.

    >>> contact_kind("Billing Email"), contact_kind("Shipping Phone"), contact_kind("Shop Phone")
    ('email', 'phone', '')
    """
    return KINDS.get(_kind_of(name), "")


def is_of_others(name: str) -> bool:
    """Whether a column names people other than the customer: who referred, sold or delivered.

    >>> is_of_others("Sales Rep Email"), is_of_others("referred by"), is_of_others("Email")
    (True, True, False)
    """
    parts = {word.casefold() for word in _WORDS.findall(name.replace("_", " "))}
    return means(name, columns.REFERRER) or not parts.isdisjoint({word.casefold() for word in words("other_people")})


def _is_blank(texts: pa.StringArray) -> pa.BooleanArray:
    return pc.equal(pc.utf8_trim_whitespace(texts), "")


def _is_present(texts: pa.ChunkedArray, orders: npt.NDArray[np.int64] | None) -> npt.NDArray[np.bool_]:
    present = ~np.asarray(_is_blank(texts), dtype=bool)
    if orders is None:
        return present
    of_order = pd.Series(present).groupby(orders).transform("any").to_numpy(dtype=bool)
    return np.where(orders < 0, present, of_order)


def _kind_of(name: str) -> str:
    """Return what a column holds of people by its name, or by a part of it, such as the phone of Shipping Phone."""
    if any(word in normalised(name) for word in words("things")):
        return ""
    parts = _WORDS.findall(name)
    names = {normalised(word) for word in words("person_names")}
    for part in map(" ".join, [*_endings(parts), *_beginnings(parts)]):
        for kind, standard in KINDS.items():
            if means(part, standard):
                return kind
    is_half = means(name, columns.FIRST_NAME) or means(name, columns.LAST_NAME)
    is_of_person = bool(parts) and parts[0].casefold() in words("people") and normalised(parts[-1]) in names
    return NAME if (is_of_person or normalised(name) in names) and not is_half else ""


def _endings(words: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (words[place:] for place in range(len(words)))


def _beginnings(words: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (words[:place] for place in range(1, len(words)))
