"""Find the customers whom a suppression list names, in every column of the inputs that may hold an identity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.counting import counted
from segcli.customers import reach
from segcli.customers.match import By
from segcli.customers.suppression_list import (
    INTERNATIONAL,
    PSEUDONYM,
    Entries,
    SuppressionList,
    email_forms,
    id_forms,
    phone_forms,
)
from segcli.customers.without import without
from segcli.errors import InputProblem
from segcli.files import stream
from segcli.files.key import Key, is_pseudonym
from segcli.ingest.chunk_schema import LINE_END_SAFE, ChunkMismatch, ChunkSchema
from segcli.ingest.chunked import validate_chunk_text
from segcli.ingest.customer_keys import contact_kind, is_of_others
from segcli.ingest.languages import words
from segcli.ingest.opening import Opened, open_again
from segcli.ingest.parsing import parsed
from segcli.model import Customers

REASON = "suppressed"
ADDRESS = r"[^@\s]+@[^@\s]+"
PSEUDONYMS = r"p-[0-9a-f]{24}"
ODD = r"[^!-~]|[;,<>|':]"  # characters by which a text has other forms than lower case
SUFFIX = 7  # last digits by which phone numbers are preselected

Matches = dict[str, Entries]


@dataclass(frozen=True)
class IdentityMatcher:
    """Finds the identities of a list in cells; `observed` gathers the kinds of value that the cells hold."""

    people: SuppressionList
    settings: IngestSettings
    key: Key | None = None
    observed: set[str] = field(default_factory=set)

    def match_ids(self, texts: Iterable[str]) -> Matches:
        """Return the customer ids that the list names, by id, address, number or pseudonym."""
        found: Matches = {}
        given = pa.array(texts, pa.string())
        self._observe_ids(given)
        for text in self._may_match_ids(given):
            entries = self._entries_of_id(text)
            if entries:
                found[text] = entries
        return found

    def match_emails(self, texts: Iterable[str]) -> Matches:
        """Return the cells that hold a listed address, or its pseudonym."""
        found: Matches = {}
        given = pa.array(texts, pa.string())
        self.observed.update([columns.EMAIL] * _any(given, ADDRESS))
        for text in given.filter(pc.or_(self._has_listed_email(given), _has(given, ODD))).to_pylist():
            forms = email_forms(text)
            pseudonym = [text.strip()] if is_pseudonym(text.strip()) else []
            entries = self._union(columns.EMAIL, forms) | self._by_pseudonym(pseudonym)
            if entries:
                found[text] = entries
        return found

    def match_phones(self, texts: Sequence[str]) -> tuple[Matches, list[str]]:
        """Return the cells that hold a listed phone number, and those that would need a country code to compare."""
        forms = phone_forms(texts, self.settings.phone_region)
        found = {text: entries for text, form in forms.items() if (entries := self._union(columns.PHONE, [form]))}
        return found, [text for text in texts if text not in forms]

    def _entries_of_id(self, text: str) -> Entries:
        forms = id_forms(text, self.settings)
        entries = self._union(columns.CUSTOMER_ID, forms) | self._by_pseudonym(forms)
        emails = email_forms(text)
        if emails:
            entries |= self._union(columns.EMAIL, emails)
        elif INTERNATIONAL.fullmatch(text.strip()):
            entries |= self._union(columns.PHONE, phone_forms([text], self.settings.phone_region).values())
        return entries

    def _observe_ids(self, texts: pa.StringArray) -> None:
        """Gather the kinds of value that ids have."""
        kinds = {columns.PHONE: INTERNATIONAL.pattern, PSEUDONYM: PSEUDONYMS}
        has = {kind: _has(texts, rf"^\s*(?:{pattern})\s*$") for kind, pattern in kinds.items()}
        is_address = _has(texts, r"^\s*('[^@\s;,<>|]|[^'@\s;,<>|])[^@\s;,<>|]*@[^@\s;,<>|]+\s*$")
        self.observed.update(kind for kind, of_kind in has.items() if pc.any(of_kind).as_py())
        others = pc.invert(reduce(pc.or_, has.values(), is_address))
        self.observed.update([columns.EMAIL] * _any(texts, ADDRESS))
        self.observed.update([columns.CUSTOMER_ID] * bool(pc.any(others).as_py()))
        if self.key is not None and len(texts):
            self.observed.update([columns.CUSTOMER_ID, columns.EMAIL, PSEUDONYM])

    def _may_match_ids(self, texts: pa.StringArray) -> list[str]:
        """Return the ids that need a closer look: most are as plain as the listed ones, and compared as they are."""
        if self.settings.id_case in {"upper", "lower"} or (self.key is not None and PSEUDONYM in self.people.kinds):
            return [str(text) for text in texts.to_pylist()]
        listed = pa.array(list(self.people.identities.get("customer_id", {})), pa.string())
        near = pc.or_(pc.is_in(texts, value_set=listed), self._has_listed_email(texts))
        odd = pc.or_(_has(texts, ODD), _has(texts, r"^(\+|00|p-)|\.0+$"))
        return [str(text) for text in texts.filter(pc.or_(near, odd)).to_pylist()]

    def _has_listed_email(self, texts: pa.StringArray) -> pa.BooleanArray:
        listed = pa.array(list(self.people.identities.get("email", {})), pa.string())
        is_pseudonym_of = _has(texts, PSEUDONYMS) if self.key is not None else pa.scalar(value=False)
        return pc.or_(pc.is_in(pc.utf8_lower(texts), value_set=listed), is_pseudonym_of)

    def _union(self, kind: str, forms: Iterable[str]) -> Entries:
        of_kind = self.people.identities.get(kind, {})  # type: ignore[call-overload]  # kinds are By
        return frozenset[int]().union(*(of_kind.get(form, ()) for form in forms))

    def _by_pseudonym(self, forms: Sequence[str]) -> Entries:
        if self.key is None or not forms:
            return frozenset()
        if is_pseudonym(forms[0]):
            return self._pseudonyms.get(forms[0], frozenset())
        if PSEUDONYM not in self.people.kinds:
            return frozenset()
        return self._union(columns.CUSTOMER_ID, [self.key.pseudonym(form) for form in forms])

    @property
    def _pseudonyms(self) -> Mapping[str, Entries]:
        """The pseudonym of every listed id and address."""
        if self.key is None:
            return {}
        if not self._cache:
            for kind in (columns.CUSTOMER_ID, columns.EMAIL):
                for form, entries in self.people.identities.get(kind, {}).items():  # type: ignore[call-overload]
                    name = form if is_pseudonym(form) else self.key.pseudonym(form)
                    self._cache[name] = self._cache.get(name, frozenset()) | entries
        return self._cache

    _cache: dict[str, Entries] = field(default_factory=dict)

    def extended(self, kind: By, forms: Mapping[str, Entries]) -> "IdentityMatcher":
        """Return a matcher that also knows these forms; kinds of value are gathered together."""
        return replace(self, people=self.people.with_identities(kind, forms), _cache={})


def _has(texts: pa.StringArray, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(texts, pattern)


def _any(texts: pa.StringArray, pattern: str) -> bool:
    return bool(pc.any(_has(texts, pattern)).as_py())


def find_in_files(
    matcher: IdentityMatcher, mains: Sequence[Opened], others: Sequence[tuple[Opened, By]]
) -> dict[str, Entries]:
    """Return the ids of listed customers as the main input writes them, with the entries that name each.

    Args:
        matcher: of the list.
        mains: order exports, or a table of customers.
        others: files that are joined to them, and by what: a listed row there names its customer here.
    """
    for other, by in others:
        linked: dict[str, Entries] = {}
        for text, entries in _scan(other, by, matcher):
            for form in _forms(text, by, matcher.settings):
                linked[form] = linked.get(form, frozenset()) | entries
        matcher = matcher.extended(by, linked)
    found: dict[str, Entries] = {}
    for main in mains:
        by = "customer_id" if columns.CUSTOMER_ID in main.recognition.columns else "email"
        for text, entries in _scan(main, by, matcher):
            for form in (*id_forms(text, matcher.settings), *email_forms(text)):
                found[form] = found.get(form, frozenset()) | entries
    return found


def drop_listed(
    customers: Customers, matcher: IdentityMatcher, in_files: Mapping[str, Entries], *, may_lack_identities: bool
) -> Customers:
    """Leave out the listed customers, and note how many entries of the list match.

    Args:
        customers: with their contacts.
        matcher: of the list.
        in_files: ids of listed customers that the files show, with the entries that name them.
        may_lack_identities: whether the list is applied as far as the table allows.

    Raises:
        InputProblem: no input has any kind of identity that the list has.
    """
    ids = customers.table[columns.CUSTOMER_ID].astype("str")
    rows = _entries_by_customer(customers, matcher, in_files)
    people = matcher.people
    if len(ids) and people.entries and not may_lack_identities and people.kinds.isdisjoint(matcher.observed):
        raise InputProblem(
            f"cannot be applied: it lists {_kind_names(people.kinds)}, the inputs have {_kind_names(matcher.observed)}",
            source=people.name,
            remedy="Add a column of identities that the inputs have, or name a file with both as ingest.contacts",
        )
    gone = _with_shared_addresses(customers, np.array([bool(of_row) for of_row in rows], dtype=bool))
    matched = frozenset[int]().union(*rows)
    notes = [_entries_note(people.entries, len(matched)), *_shared_id_notes(ids[gone])]
    return without(_with_notes(customers, notes), gone, REASON, "on the suppression list")


def _with_shared_addresses(customers: Customers, gone: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Add the customers who share an e-mail address with a listed one: an export by address would reach that person."""
    keys = reach.contact_keys(customers, columns.EMAIL)
    if keys is None or not gone.any():
        return gone
    theirs = set(keys[gone]) - {""}
    return gone | keys.isin(theirs).to_numpy(dtype=bool)


def _entries_by_customer(
    customers: Customers, matcher: IdentityMatcher, in_files: Mapping[str, Entries]
) -> list[Entries]:
    """Return the entries that name each customer, by the files or by an id, address or number of the table."""
    ids = customers.table[columns.CUSTOMER_ID].astype("str")
    found = [_by_row(ids, matcher.match_ids(ids.unique())), _by_row(ids, in_files)]
    for name in (columns.EMAIL, columns.PHONE):
        texts = reach.text(customers, name)
        if texts is not None:
            found.append(_by_row(texts, _match_contacts(texts, name, matcher)))
    return [frozenset[int]().union(*of_row) for of_row in zip(*found, strict=True)]


def _with_notes(customers: Customers, notes: Sequence[str]) -> Customers:
    main = customers.readings[0]
    main = replace(main, notes=(*main.notes, *notes))
    return replace(customers, readings=(main, *customers.readings[1:]))


def _entries_note(entries: int, matched: int) -> str:
    return f"suppression list: {matched:,} of {counted(entries, 'entry', 'entries')} matched, {entries - matched:,} not"


def _shared_id_notes(ids: pd.Series) -> Iterator[str]:
    nobody = {word.casefold() for word in words("nobody")}
    for name in ids[ids.str.casefold().isin(nobody)]:
        yield (
            f"customer id '{name}' can mean many people, one of them is listed: all its lines are left out; "
            "map a column that tells them apart: --map customer_id=NAME"
        )


def _kind_names(kinds: Iterable[str]) -> str:
    names = {columns.CUSTOMER_ID: "customer ids", columns.EMAIL: "e-mail addresses", columns.PHONE: "phone numbers"}
    return " and ".join(names.get(kind, "pseudonyms") for kind in sorted(kinds)) or "none"


def _match_contacts(texts: pd.Series, name: str, matcher: IdentityMatcher) -> Matches:
    filled = [text for text in texts.unique() if text]
    if name == columns.EMAIL:
        return matcher.match_emails(filled)
    matcher.observed.update([columns.PHONE] * bool(filled))
    wanted = _suffixes(matcher)
    near = [text for text in filled if not text.isascii() or _digits(text)[-SUFFIX:] in wanted]
    return matcher.match_phones(near)[0]


def _by_row(texts: pd.Series, matches: Mapping[str, Entries]) -> list[Entries]:
    nothing: Entries = frozenset()
    return [matches.get(text, nothing) for text in texts]


def _forms(text: str, by: By, settings: IngestSettings) -> list[str]:
    if by == "email":
        return email_forms(text)
    return (
        id_forms(text, settings) if by == "customer_id" else list(phone_forms([text], settings.phone_region).values())
    )


def _scan(file: Opened, by: By, matcher: IdentityMatcher) -> list[tuple[str, Entries]]:
    """Return what rows with a listed identity are known by, with the entries; large files are read in pieces."""
    if file.content.is_head:
        try:
            return [one for table in _pieces(file) for one in _scan_table(file, table, by, matcher)]
        except (ChunkMismatch, UnicodeDecodeError, InputProblem):
            file = open_again(file)  # read whole, as the lines are
    table = parsed(file.dialect, file.content.name, {str(place): place for place in range(len(file.header))})
    return list(_scan_table(file, table.columns, by, matcher))


def _pieces(file: Opened) -> Iterator[Mapping[str, pa.ChunkedArray]]:
    schema = ChunkSchema(file, file.source, (), ())
    if file.dialect.encoding.lower() not in LINE_END_SAFE:
        raise ChunkMismatch(f"encoding {file.dialect.encoding}")
    width = len(file.header)
    places = {str(place): place for place in range(width)}
    content = file.content
    with stream.pieces(content.name, schema.first_record, quoted=True, version=content.version) as pieces:
        for piece in pieces:
            body = validate_chunk_text(piece.body(), file)
            dialect = replace(file.dialect, body=body, skipped_lines=0, headed=False)
            yield parsed(dialect, file.content.name, places, width=width).columns


def _scan_table(
    file: Opened, table: Mapping[str, pa.ChunkedArray], by: By, matcher: IdentityMatcher
) -> Iterator[tuple[str, Entries]]:
    """Yield what the listed rows of a table are known by."""
    rows: dict[int, Entries] = {}
    known_by = _places(file, by)
    for place, name in enumerate(file.header):
        texts = table[str(place)]
        is_id = name in _id_names(file)
        if not is_id and is_of_others(name):
            continue
        for row, entries in _match_column(file, name, texts, matcher, is_id=is_id):
            rows[row] = rows.get(row, frozenset()) | entries
    if file.source.row_ids and rows:
        width = len(str(len(table["0"])))
        yield from ((f"{row + 1:0{width}}", entries) for row, entries in rows.items())
        return
    yield from _name_rows(rows, [table[str(place)] for place in known_by], _order_texts(file, table))


def _name_rows(
    rows: Mapping[int, Entries], known_by: Sequence[pa.ChunkedArray], orders: pa.ChunkedArray | None
) -> Iterator[tuple[str, Entries]]:
    """Yield what rows are known by; a row without an id takes those of its order."""
    for row, entries in rows.items():
        name = _first_filled(known_by, row)
        if name:
            yield name, entries
        elif orders is not None and (order := orders[row].as_py()):
            for other in np.flatnonzero(np.asarray(pc.equal(orders, order))):
                if name := _first_filled(known_by, int(other)):
                    yield name, entries


def _first_filled(known_by: Sequence[pa.ChunkedArray], row: int) -> str:
    return next((text for texts in known_by if (text := (texts[row].as_py() or "").strip())), "")


def _order_texts(file: Opened, table: Mapping[str, pa.ChunkedArray]) -> pa.ChunkedArray | None:
    name = file.recognition.columns.get(columns.ORDER_ID) if file.is_orders else None
    return None if name is None else table[str(file.header.index(name))]


def _id_names(file: Opened) -> set[str]:
    name = file.recognition.columns.get(columns.CUSTOMER_ID)
    return {*([name] if name is not None else []), *file.source.fallback_ids}


def _places(file: Opened, by: By) -> list[int]:
    """Return the places of the columns by which rows are known, the first that is filled counts."""
    name = file.recognition.columns.get(by)
    if name is None and by != "customer_id":
        name = file.recognition.columns.get(columns.CUSTOMER_ID)
    names = [name, *(file.source.fallback_ids if by == "customer_id" else [])]
    return [file.header.index(one) for one in names if one in file.header]


def _match_column(
    file: Opened, name: str, texts: pa.ChunkedArray, matcher: IdentityMatcher, *, is_id: bool
) -> Iterator[tuple[int, Entries]]:
    if is_id:
        yield from _rows_of(texts, matcher.match_ids(_distinct(texts)))
        if contact_kind(name) != columns.PHONE:
            return
    at = pc.match_substring(texts, "@")
    pseudonyms = pc.starts_with(texts, "p-") if matcher.key is not None else None
    candidates = texts.filter(at if pseudonyms is None else pc.or_(at, pseudonyms))
    if len(candidates):
        yield from _rows_of(texts, matcher.match_emails(_distinct(candidates)))
    yield from _rows_of(texts, _match_phone_column(file, name, texts, matcher))


def _match_phone_column(file: Opened, name: str, texts: pa.ChunkedArray, matcher: IdentityMatcher) -> Matches:
    """Return the listed phone numbers of a column; of a column that is not named so, those with a country code.

    Raises:
        InputProblem: a number that ends like a listed one has no country code.
    """
    is_named = contact_kind(name) == columns.PHONE or file.recognition.columns.get(columns.PHONE) == name
    if not is_named:
        texts = texts.filter(pc.match_substring_regex(texts, r"^\s*'?(\+|00)[0-9][0-9 ()./-]{5,20}$"))
    if is_named or len(texts):
        matcher.observed.update([columns.PHONE] * bool(len(texts) and any(_distinct(texts.slice(0, 1000)))))
    wanted = _suffixes(matcher)
    if not wanted or not len(texts):
        return {}
    bare = pc.replace_substring_regex(pc.replace_substring_regex(texts, r"\.0$", ""), r"[^0-9]", "")
    near = pc.is_in(pc.utf8_slice_codeunits(bare, -SUFFIX), value_set=pa.array(sorted(wanted)))
    odd = pc.match_substring_regex(texts, r"[^\x00-\x7F]|[a-zA-Z]")
    found, unread = matcher.match_phones(_distinct(texts.filter(pc.or_(near, odd))))
    if is_named and matcher.settings.phone_region is None:
        national = [text for text in unread if _digits(text)[-SUFFIX:] in wanted]
        if national:
            raise InputProblem(
                "a phone number without a country code ends like a listed one; they cannot be compared",
                source=file.content.name,
                column=name,
                remedy="Set the country: --set ingest.phone_region=DE",
            )
    return found


def _suffixes(matcher: IdentityMatcher) -> set[str]:
    return {_digits(form)[-SUFFIX:] for form in matcher.people.identities.get("phone", {})}


def _digits(text: str) -> str:
    return "".join(mark for mark in text.removesuffix(".0") if mark in "0123456789")


def _distinct(texts: pa.ChunkedArray) -> list[str]:
    return [text for text in pc.unique(texts).to_pylist() if text and text.strip()]


def _rows_of(texts: pa.ChunkedArray, matches: Matches) -> Iterator[tuple[int, Entries]]:
    if not matches:
        return
    found = pc.is_in(texts, value_set=pa.array(list(matches), pa.string()))
    for row in np.flatnonzero(np.asarray(found)):
        yield int(row), matches[texts[int(row)].as_py()]
