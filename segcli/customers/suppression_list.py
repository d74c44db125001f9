"""Suppression lists: people who objected, whom every command leaves out (GDPR, Art. 17 and 21)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import pandas as pd

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import match
from segcli.customers.match import By
from segcli.errors import InputProblem
from segcli.files import read as files
from segcli.files.key import is_pseudonym
from segcli.ingest.customer_ids import respell
from segcli.ingest.customer_keys import contact_kind
from segcli.ingest.dialect import DELIMITERS
from segcli.ingest.encoding import decoded, twice
from segcli.ingest.identity import unified
from segcli.ingest.recognise import means

UNICODE = ("utf-8", "utf-16")
PSEUDONYM = "pseudonym"  # a kind of value, beside customer_id, email and phone
INTERNATIONAL = re.compile(r"'?(\+|00)[0-9][0-9 ()./-]{5,20}")
MOST_WORDS = 4  # beside an address, as in: Ann Lee <ann@example.org>
NOTHING = frozenset({"", "-", "n/a", "na", "none", "null", "nan"})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_SEPARATORS = re.compile(r"[\s;,<>|]+")
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

Entries = frozenset[int]


@dataclass(frozen=True)
class SuppressionList:
    """The entries of a list by what they name.

    `identities` maps each kind of identity to its comparable forms and the numbers of the entries that have it;
    `kinds` are the kinds of value that the list holds, of which an input must have one.
    """

    name: str
    entries: int
    identities: Mapping[By, Mapping[str, Entries]] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()

    def with_identities(self, kind: By, forms: Mapping[str, Entries]) -> "SuppressionList":
        """Return the list with further forms of one kind."""
        merged = dict(self.identities.get(kind, {}))
        for form, entries in forms.items():
            merged[form] = merged.get(form, frozenset()) | entries
        return SuppressionList(self.name, self.entries, {**self.identities, kind: merged}, self.kinds)


def load_suppression_list(path: str, settings: IngestSettings) -> SuppressionList:
    """Read a suppression list.

    Args:
        path: a CSV file with a column of customer ids (or pseudonyms), e-mail addresses or phone numbers, or several.
        settings: policies on ids, and the country of phone numbers.

    Raises:
        InputProblem: a row names nobody, no column names people, or the file is not Unicode text.
    """
    records = _records(path)
    if not records:
        raise InputProblem("the suppression list is empty", source=path, remedy="Name its column: customer_id or email")
    kinds, has_header = _column_kinds([record for _, record in records])
    if not kinds:
        raise InputProblem(
            f"no column customer_id, email or phone; the header has: {', '.join(records[0][1])}",
            source=path,
            line=records[0][0],
            remedy="Name the column in the first line, such as customer_id",
        )
    return _collect_entries(path, records, kinds, settings, has_header=has_header)


def _collect_entries(
    path: str,
    records: Sequence[tuple[int, list[str]]],
    kinds: Mapping[int, By],
    settings: IngestSettings,
    *,
    has_header: bool,
) -> SuppressionList:
    """Return the list of all entries.

    Raises:
        InputProblem: a row names nobody, or has more fields than the header.
    """
    width, forms, value_kinds = len(records[0][1]), dict[By, dict[str, Entries]](), set[str]()
    entries = records[has_header:]
    for number, (line, record) in enumerate(entries):
        if any(text.strip() for text in record[width:]):
            raise InputProblem(f"{len(record)} fields, the header has {width}", source=path, line=line)
        identities = list(_identities_of(record, kinds, settings))
        if not identities:
            raise _unreadable(path, line, kinds, settings)
        for value_kind, kind, form in identities:
            value_kinds.add(value_kind)
            of_kind = forms.setdefault(kind, {})
            of_kind[form] = of_kind.get(form, frozenset()) | {number}
    return SuppressionList(path, len(entries), forms, frozenset(value_kinds))


def _unreadable(path: str, line: int, kinds: Mapping[int, By], settings: IngestSettings) -> InputProblem:
    remedy = "Correct the row or delete it"
    if columns.PHONE in kinds.values() and settings.phone_region is None:
        remedy += "; phone numbers without a country code need ingest.phone_region"
    named = " or ".join(dict.fromkeys(kinds.values()))
    return InputProblem(f"the row has no readable {named}", source=path, line=line, remedy=remedy)


def identities_of(text: str, settings: IngestSettings) -> list[tuple[By, str]]:
    """Return the comparable forms of an id, address or number with their kinds; none where it names nobody.

    >>> identities_of("C-17", IngestSettings()), identities_of("n/a", IngestSettings())
    ([('customer_id', 'C-17')], [])
    """
    named = _identities_of([text], {0: "customer_id"}, settings)
    return [(kind, form) for _, kind, form in named if form]


def kind_of(text: str, kind: By) -> str:
    """Return the kind of value that a text of a column is: ids may be addresses, numbers or pseudonyms.

    >>> kind_of("ann@example.org", "customer_id"), kind_of("C-17", "customer_id")
    ('email', 'customer_id')
    """
    if kind != columns.CUSTOMER_ID:
        return kind
    if is_pseudonym(text.strip()):
        return PSEUDONYM
    if email_forms(text):
        return columns.EMAIL
    return columns.PHONE if INTERNATIONAL.fullmatch(text.strip()) else columns.CUSTOMER_ID


def email_forms(text: str) -> list[str]:
    """Return the addresses in a cell as they are compared; none where it is running text.

    >>> email_forms(" Ann@Example.org"), email_forms("Ann Lee <ann@example.org>; 'bob@example.org")
    (['ann@example.org'], ['ann@example.org', 'bob@example.org'])
    """
    if "@" not in text:
        return []
    words = [word for word in _SEPARATORS.split(unified(text)) if word]
    addresses = [word for word in words if "@" in word]
    if len(words) - len(addresses) > MOST_WORDS:
        return []
    bare = (unified(word.removeprefix("'").removeprefix("mailto:")) for word in addresses)
    return [unified(match.email(word)) for word in bare if _ADDRESS.fullmatch(word)]


def phone_forms(texts: Iterable[str], region: str | None) -> dict[str, str]:
    """Return each text that is a phone number with the form in which it is compared."""
    given = list(dict.fromkeys(texts))
    bare = pd.Series([unified(text).removeprefix("'").removesuffix(".0") for text in given], dtype="str")
    bare = bare.str.replace(r"^00(?=[1-9])", "+", regex=True)
    forms = match.key(bare, "phone", region) if len(bare) else bare
    return {text: form for text, form in zip(given, forms, strict=True) if form}


def id_forms(text: str, settings: IngestSettings) -> list[str]:
    """Return the spellings by which results may know a customer id: respelled, and as it is without blanks."""
    return [form for form in dict.fromkeys([respell(text, settings), unified(text)]) if form]


def _identities_of(
    record: Sequence[str], kinds: Mapping[int, By], settings: IngestSettings
) -> Iterator[tuple[str, By, str]]:
    """Yield the kind of value, the kind of identity and the comparable form of every identity in a record."""
    for place, kind in kinds.items():
        text = record[place] if place < len(record) else ""
        if unified(text).casefold() in NOTHING:
            continue
        value_kind = kind_of(text, kind)
        if kind == "customer_id":
            yield value_kind, kind, respell(text, settings)
        if kind != "phone":
            yield from ((value_kind, "email", form) for form in email_forms(text))
        if value_kind == "phone":
            yield from ((value_kind, "phone", form) for form in phone_forms([text], settings.phone_region).values())


def _column_kinds(records: Sequence[Sequence[str]]) -> tuple[dict[int, By], bool]:
    """Return the kind of identity by place of its column, and whether the first record is a header."""
    header = [text.strip() for text in records[0]]
    named = {place: kind for place, name in enumerate(header) if (kind := _kind_by_name(name))}
    if named:
        return named, True
    is_header = not any(kind_of(text, "customer_id") != columns.CUSTOMER_ID for text in header if text)
    by_values = dict[int, By]()
    for place, texts in enumerate(zip_longest(*records[is_header:], fillvalue="")):
        filled = [text for text in texts if unified(text).casefold() not in NOTHING]
        kinds = {kind_of(text, "customer_id") for text in filled}
        if kinds in ({"email"}, {"phone"}):
            by_values[place] = "email" if kinds == {"email"} else "phone"
    if not by_values and not is_header and len(header) == 1:
        return {0: "customer_id"}, False  # addresses, numbers and ids in one column
    return by_values, is_header


def _kind_by_name(name: str) -> By | None:
    for kind in ("customer_id", "email", "phone"):
        if means(name, kind):
            return kind
    kind = contact_kind(name)
    return kind if kind in match.CONTACTS else None


def _records(path: str) -> list[tuple[int, list[str]]]:
    """Return the records that are not blank, with the line on which each starts.

    Raises:
        InputProblem: the file is missing, is not Unicode text, or its quotes break the rules.
    """
    text = _text(path)
    mark = _SEP_LINE.match(text)
    delimiter = mark[1] if mark else _delimiter(text.lstrip().partition("\n")[0])
    reader = csv.reader(io.StringIO(text[mark.end() if mark else 0 :], newline=""), delimiter=delimiter, strict=True)
    found, line, skipped = list[tuple[int, list[str]]](), 1, int(mark is not None)
    try:
        for record in reader:
            if any(field.strip() for field in record):
                found.append((line + skipped, record))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputProblem(
            f"cannot be read as CSV ({error})", source=path, line=line + skipped, remedy="Correct its quotes"
        ) from None
    return found


def identity_columns(text: str) -> tuple[str, list[str], dict[str, int]]:
    """Return the delimiter and header of a list, and the place of the first column of each kind of identity."""
    mark = _SEP_LINE.match(text)
    body = text[mark.end() if mark else 0 :]
    delimiter = mark[1] if mark else _delimiter(body.lstrip().partition("\n")[0])
    header = next(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter), [])
    kinds = [_kind_by_name(name.strip()) for name in header]
    return delimiter, header, {kind: kinds.index(kind) for kind in kinds if kind is not None}


def _text(path: str) -> str:
    content = files.read(path)
    text = decoded(content, Source())
    if text.encoding not in UNICODE:
        line = next(n for n, row in enumerate(content.body.split(b"\n"), 1) if not _is_utf8(row))
        raise InputProblem(
            "a suppression list must be UTF-8: in another encoding names may match nobody",
            source=path,
            line=line,
            remedy="Save it again as CSV UTF-8",
        )
    mojibake = twice(text.body)
    if mojibake.count:
        raise InputProblem(
            f"characters look encoded twice, such as {mojibake.shown}",
            source=path,
            line=mojibake.line,
            remedy="Save the original list as CSV UTF-8",
        )
    return text.body.decode()


def _is_utf8(row: bytes) -> bool:
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(header: str) -> str:
    """Return the delimiter that yields most known names, or else most fields."""

    def fit(delimiter: str) -> tuple[int, int]:
        names = header.split(delimiter)
        return sum(_kind_by_name(name.strip(' "\r')) is not None for name in names), len(names)

    return max(DELIMITERS, key=fit)
