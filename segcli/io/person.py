"""Identify a person in results: matching rows, values and texts."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from segcli.io.csv_injection import APOSTROPHE_TEXT, unescape_cell

FORGOTTEN_TEXT = "(forgotten)"
ID_COLUMNS = frozenset({"customerid", "distinctid"})  # in tables that segcli writes
ID_LIST_COLUMNS = frozenset({"mergedids"})  # all ids of one person, joined by `; `
POSSIBLE_ID_COLUMNS = frozenset({"externalid", "externid", "userid", "clientid", "memberid", "id", "customer"})
REFERENCE_COLUMNS = frozenset({"referrer"})  # columns of other customers' rows that may contain the person's id
MIN_ID_LENGTH = 3
_CONTACT_WORDS = ("email", "phone")
_PHONE_CELL = re.compile(r"'?\+?[0-9][0-9 ()./-]{5,24}")
_COMMON_VALUE = re.compile(r"[0-9.,:+-]*|[^0-9]*")  # an id that other cells may contain by chance: a number or a word

ColumnKind = Literal["id", "contact", "possible id", "of others", ""]


def classify_column(name: str) -> ColumnKind:
    """Classify a column by its name: what it may reveal about a person."""
    normalised_name = normalise_column_name(name)
    if normalised_name in ID_COLUMNS | ID_LIST_COLUMNS:
        return "id"
    if normalised_name in REFERENCE_COLUMNS:
        return "of others"
    if any(contact in normalised_name for contact in _CONTACT_WORDS):
        return "contact"
    return "possible id" if normalised_name in POSSIBLE_ID_COLUMNS else ""


def normalise_column_name(column: str) -> str:
    """Return the letters and digits of a column name in lower case."""
    return "".join(character for character in column.casefold() if character.isalnum())


@dataclass(frozen=True)
class Person:
    """Ids and identifiers of a person in results.

    `ids` are customer ids. `identifiers` are addresses, digests and pseudonyms, which are unique to the person in any
    column. `phones` are phone numbers as digits, with and without the country code.
    """

    ids: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    def __or__(self, other: "Person") -> "Person":
        return Person(self.ids | other.ids, self.identifiers | other.identifiers, self.phones | other.phones)

    def owns_row(self, named_cells: Iterable[tuple[str, str]]) -> bool:
        """Return whether a row belongs to the person, by its id or contacts, or else by a distinctive identifier.

        Args:
            named_cells: pairs of column name and cell.
        """
        cells = [(classify_column(column), part) for column, cell in named_cells for part in _split_ids(column, cell)]
        if any(kind in {"id", "contact"} for kind, _ in cells):
            return any(
                (kind == "id" and self.has_id(cell)) or (kind in {"id", "contact"} and self.has_identifier(cell))
                for kind, cell in cells
            )
        return any(
            (kind == "possible id" and self._has_distinctive_id(cell))
            or (kind != "of others" and self.has_identifier(cell))
            for kind, cell in cells
        )

    def may_own_row(self, named_cells: Iterable[tuple[str, str]]) -> bool:
        """Return whether a row may belong to the person: the id is in a column whose name resembles an id column."""
        return any(self.has_id(cell) and classify_column(column) == "possible id" for column, cell in named_cells)

    def has_id(self, cell: str) -> bool:
        """Return whether a cell is one of the ids."""
        return not self.ids.isdisjoint(_normalise_cell(cell))

    def has_identifier(self, cell: str) -> bool:
        """Return whether a cell is an address, a digest, a pseudonym or a phone number of the person."""
        if not self._casefold_identifiers.isdisjoint(form.casefold() for form in _normalise_cell(cell)):
            return True
        return (
            bool(self.phones)
            and _PHONE_CELL.fullmatch(cell.strip()) is not None
            and _extract_digits(cell) in self.phones
        )

    def is_named_by(self, cell: str, column: str) -> bool:
        """Return whether a cell identifies the person; ids that could be other values count only in id columns."""
        is_id = classify_column(column) in {"id", "of others"} and self.has_id(cell)
        return is_id or self._has_distinctive_id(cell) or self.has_identifier(cell)

    def replace_mentions(self, text: str) -> tuple[str, int]:
        """Replace mentions of the person in a text; return the text and the number of mentions."""
        new_text, count = self.mention_pattern.subn(FORGOTTEN_TEXT, text)
        return (
            (new_text, count)
            if count
            else self.mention_pattern.subn(FORGOTTEN_TEXT, unicodedata.normalize("NFC", text))
        )

    def _has_distinctive_id(self, cell: str) -> bool:
        return not self._distinctive_ids.isdisjoint(_normalise_cell(cell))

    @cached_property
    def mention_pattern(self) -> re.Pattern[str]:
        """Pattern of distinctive ids, identifiers and phone numbers as whole words, and of ids quoted in messages."""
        names = sorted(self._distinctive_ids | self.identifiers, key=lambda name: (-len(name), name))
        parts = [rf"(?<![\w@.-]){re.escape(name)}(?!\.?[\w@-])" for name in names]
        parts += [rf"(?<=customer '){re.escape(name)}(?=')" for name in sorted(self.ids - self._distinctive_ids)]
        parts += [rf"(?<![\w+])\+?{'[ ()./-]{0,2}'.join(digits)}(?!\d)" for digits in sorted(self.phones)]
        return re.compile("|".join(parts) if parts else r"(?!)", re.IGNORECASE)

    @cached_property
    def _distinctive_ids(self) -> frozenset[str]:
        return frozenset(
            customer_id
            for customer_id in self.ids
            if len(customer_id) >= MIN_ID_LENGTH and not _COMMON_VALUE.fullmatch(customer_id)
        )

    @cached_property
    def _casefold_identifiers(self) -> frozenset[str]:
        return frozenset(identifier.casefold() for identifier in self.identifiers)


def _split_ids(column: str, cell: str) -> list[str]:
    """Return the ids of a cell that lists several; another cell is returned as it is."""
    return cell.split("; ") if normalise_column_name(column) in ID_LIST_COLUMNS else [cell]


def _normalise_cell(cell: str) -> set[str]:
    """Return the variants of a cell: normalised (NFC, without blanks), with and without a formula apostrophe."""
    text = unicodedata.normalize("NFC", cell).strip().strip("\u200b\ufeff\u2060")
    return {text, unescape_cell(text), *([text[1:]] if APOSTROPHE_TEXT.fullmatch(text) else [])}


def _extract_digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")
