"""How results name a person, and which rows, values and texts do."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from segcli.files.formulas import GUARDED, unescape

FORGOTTEN = "(forgotten)"
ID_COLUMNS = frozenset({"customerid", "distinctid"})  # of tables that segcli writes
POSSIBLE_ID_COLUMNS = frozenset({"externalid", "externid", "userid", "clientid", "memberid", "id", "customer"})
OF_OTHERS = frozenset({"referrer"})  # columns of other people's rows that may name the person
LEAST_CHARACTERS = 3
_CONTACTS = ("email", "phone")
_PHONE = re.compile(r"'?\+?[0-9][0-9 ()./-]{5,24}")
_VALUE = re.compile(r"[0-9.,:+-]*|[^0-9]*")  # an id that other cells may hold by chance: a number, or a word

ColumnKind = Literal["id", "contact", "possible id", "of others", ""]


def column_kind(name: str) -> ColumnKind:
    """Return what a column may say of a person, by its name."""
    bare = bare_name(name)
    if bare in ID_COLUMNS:
        return "id"
    if bare in OF_OTHERS:
        return "of others"
    if any(contact in bare for contact in _CONTACTS):
        return "contact"
    return "possible id" if bare in POSSIBLE_ID_COLUMNS else ""


def bare_name(column: str) -> str:
    """Return the letters and digits of a name in lower case."""
    return "".join(mark for mark in column.casefold() if mark.isalnum())


@dataclass(frozen=True)
class Person:
    """How results name a person.

    `ids` are customer ids, `marks` are addresses, digests and pseudonyms, which name nobody else wherever they stand,
    and `phones` are numbers as digits, with and without the country code.
    """

    ids: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    def __or__(self, other: "Person") -> "Person":
        return Person(self.ids | other.ids, self.marks | other.marks, self.phones | other.phones)

    def owns(self, row: Iterable[tuple[str, str]]) -> bool:
        """Tell whether a row is the person's: by its id or its contacts; other tables show it by what nobody else has.

        Args:
            row: names of columns and cells.
        """
        cells = [(column_kind(column), cell) for column, cell in row]
        if any(kind in {"id", "contact"} for kind, _ in cells):
            return any(
                (kind == "id" and self.has_id(cell)) or (kind in {"id", "contact"} and self.has_mark(cell))
                for kind, cell in cells
            )
        return any(
            (kind == "possible id" and self._has_distinctive_id(cell)) or (kind != "of others" and self.has_mark(cell))
            for kind, cell in cells
        )

    def may_own(self, row: Iterable[tuple[str, str]]) -> bool:
        """Tell whether a row may be the person's, by a column that is named like one of ids."""
        return any(self.has_id(cell) and column_kind(column) == "possible id" for column, cell in row)

    def has_id(self, cell: str) -> bool:
        """Tell whether a cell is one of the ids."""
        return not self.ids.isdisjoint(_forms(cell))

    def has_mark(self, cell: str) -> bool:
        """Tell whether a cell is an address, a digest, a pseudonym or a phone number of the person."""
        if not self._casefold_marks.isdisjoint(form.casefold() for form in _forms(cell)):
            return True
        return bool(self.phones) and _PHONE.fullmatch(cell.strip()) is not None and _digits(cell) in self.phones

    def is_named_by(self, cell: str, column: str) -> bool:
        """Tell whether a cell names the person; ids that may be other values count in columns of ids only."""
        is_id = column_kind(column) in {"id", "of others"} and self.has_id(cell)
        return is_id or self._has_distinctive_id(cell) or self.has_mark(cell)

    def without_mentions(self, text: str) -> tuple[str, int]:
        """Return a text without mentions of the person, and how many there were."""
        replaced, count = self.mentions.subn(FORGOTTEN, text)
        return (replaced, count) if count else self.mentions.subn(FORGOTTEN, unicodedata.normalize("NFC", text))

    def _has_distinctive_id(self, cell: str) -> bool:
        return not self._distinctive.isdisjoint(_forms(cell))

    @cached_property
    def mentions(self) -> re.Pattern[str]:
        """Distinctive ids, marks and phone numbers as whole words, and any id where a message quotes it."""
        names = sorted(self._distinctive | self.marks, key=lambda name: (-len(name), name))
        parts = [rf"(?<![\w@.-]){re.escape(name)}(?!\.?[\w@-])" for name in names]
        parts += [rf"(?<=customer '){re.escape(name)}(?=')" for name in sorted(self.ids - self._distinctive)]
        parts += [rf"(?<![\w+])\+?{'[ ()./-]{0,2}'.join(digits)}(?!\d)" for digits in sorted(self.phones)]
        return re.compile("|".join(parts) if parts else r"(?!)", re.IGNORECASE)

    @cached_property
    def _distinctive(self) -> frozenset[str]:
        return frozenset(one for one in self.ids if len(one) >= LEAST_CHARACTERS and not _VALUE.fullmatch(one))

    @cached_property
    def _casefold_marks(self) -> frozenset[str]:
        return frozenset(mark.casefold() for mark in self.marks)


def _forms(cell: str) -> set[str]:
    """Return a cell in one Unicode form without blanks, with and without an apostrophe against formulas."""
    text = unicodedata.normalize("NFC", cell).strip().strip("\u200b\ufeff\u2060")
    return {text, unescape(text), *([text[1:]] if GUARDED.fullmatch(text) else [])}


def _digits(text: str) -> str:
    return "".join(mark for mark in text if mark in "0123456789")
