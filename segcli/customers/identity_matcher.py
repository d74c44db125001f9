"""Match texts with the ids, e-mail addresses, phone numbers and pseudonyms of a suppression list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.customers.join_keys import JoinKey
from segcli.customers.suppression_list import (
    INTERNATIONAL_PHONE,
    PSEUDONYM_KIND,
    EntryNumbers,
    SuppressionList,
    customer_id_spellings,
    normalise_emails,
    normalise_phones,
)
from segcli.io.secret_key import PseudonymKey, is_pseudonym

EMAIL_CELL = r"[^@\s]+@[^@\s]+"
PSEUDONYM_PATTERN = r"p-[0-9a-f]{24}"
IRREGULAR_CHARACTERS = r"[^!-~]|[;,<>|':]"  # texts with these have normalised forms other than their lower case
PHONE_SUFFIX_DIGITS = 7  # last digits that preselect phone numbers

CellMatches = dict[str, EntryNumbers]


@dataclass(frozen=True)
class IdentityMatcher:
    """Matcher of cells with the identities of a list; `observed_kinds` collects the kinds of value in the cells."""

    suppression_list: SuppressionList
    settings: IngestSettings
    pseudonym_key: PseudonymKey | None = None
    observed_kinds: set[str] = field(default_factory=set)

    def match_ids(self, texts: Iterable[str]) -> CellMatches:
        """Return the listed customer ids, matched by id, address, number or pseudonym."""
        matches: CellMatches = {}
        cells = pa.array(texts, pa.string())
        self._record_id_kinds(cells)
        for text in self._preselect_ids(cells):
            entries = self._match_id(text)
            if entries:
                matches[text] = entries
        return matches

    def match_emails(self, texts: Iterable[str]) -> CellMatches:
        """Return the cells that contain a listed address or its pseudonym."""
        matches: CellMatches = {}
        cells = pa.array(texts, pa.string())
        self.observed_kinds.update([columns.EMAIL] * _has_match(cells, EMAIL_CELL))
        for text in cells.filter(
            pc.or_(self._is_listed_email(cells), _match_pattern(cells, IRREGULAR_CHARACTERS))
        ).to_pylist():
            forms = normalise_emails(text)
            pseudonym = [text.strip()] if is_pseudonym(text.strip()) else []
            entries = self._collect_entries(columns.EMAIL, forms) | self._match_pseudonyms(pseudonym)
            if entries:
                matches[text] = entries
        return matches

    def match_phones(self, texts: Sequence[str]) -> tuple[CellMatches, list[str]]:
        """Return the cells that contain a listed phone number, and those that need a country code to be compared."""
        forms = normalise_phones(texts, self.settings.phone_region)
        matches = {
            text: entries for text, form in forms.items() if (entries := self._collect_entries(columns.PHONE, [form]))
        }
        return matches, [text for text in texts if text not in forms]

    def _match_id(self, text: str) -> EntryNumbers:
        forms = customer_id_spellings(text, self.settings)
        entries = self._collect_entries(columns.CUSTOMER_ID, forms) | self._match_pseudonyms(forms)
        emails = normalise_emails(text)
        if emails:
            entries |= self._collect_entries(columns.EMAIL, emails)
        elif INTERNATIONAL_PHONE.fullmatch(text.strip()):
            entries |= self._collect_entries(
                columns.PHONE, normalise_phones([text], self.settings.phone_region).values()
            )
        return entries

    def _record_id_kinds(self, strings: pa.StringArray) -> None:
        """Add the kinds of value of ids to `observed_kinds`."""
        patterns = {columns.PHONE: INTERNATIONAL_PHONE.pattern, PSEUDONYM_KIND: PSEUDONYM_PATTERN}
        matches_kind = {kind: _match_pattern(strings, rf"^\s*(?:{pattern})\s*$") for kind, pattern in patterns.items()}
        is_address = _match_pattern(strings, r"^\s*('[^@\s;,<>|]|[^'@\s;,<>|])[^@\s;,<>|]*@[^@\s;,<>|]+\s*$")
        self.observed_kinds.update(kind for kind, of_kind in matches_kind.items() if pc.any(of_kind).as_py())
        is_other = pc.invert(reduce(pc.or_, matches_kind.values(), is_address))
        self.observed_kinds.update([columns.EMAIL] * _has_match(strings, EMAIL_CELL))
        self.observed_kinds.update([columns.CUSTOMER_ID] * bool(pc.any(is_other).as_py()))
        if self.pseudonym_key is not None and len(strings):
            self.observed_kinds.update([columns.CUSTOMER_ID, columns.EMAIL, PSEUDONYM_KIND])

    def _preselect_ids(self, strings: pa.StringArray) -> list[str]:
        """Return the ids that must be normalised; most ids are regular and are compared as they are."""
        if self.settings.id_case in {"upper", "lower"} or (
            self.pseudonym_key is not None and PSEUDONYM_KIND in self.suppression_list.value_kinds
        ):
            return [str(text) for text in strings.to_pylist()]
        listed_ids = pa.array(list(self.suppression_list.identities.get("customer_id", {})), pa.string())
        is_similar = pc.or_(pc.is_in(strings, value_set=listed_ids), self._is_listed_email(strings))
        is_irregular = pc.or_(
            _match_pattern(strings, IRREGULAR_CHARACTERS), _match_pattern(strings, r"^(\+|00|p-)|\.0+$")
        )
        return [str(text) for text in strings.filter(pc.or_(is_similar, is_irregular)).to_pylist()]

    def _is_listed_email(self, strings: pa.StringArray) -> pa.BooleanArray:
        listed_emails = pa.array(list(self.suppression_list.identities.get("email", {})), pa.string())
        is_pseudonym_cell = (
            _match_pattern(strings, PSEUDONYM_PATTERN) if self.pseudonym_key is not None else pa.scalar(value=False)
        )
        return pc.or_(pc.is_in(pc.utf8_lower(strings), value_set=listed_emails), is_pseudonym_cell)

    def _collect_entries(self, kind: str, forms: Iterable[str]) -> EntryNumbers:
        entries_by_form = self.suppression_list.identities.get(kind, {})  # type: ignore[call-overload]  # kinds are By
        return frozenset[int]().union(*(entries_by_form.get(form, ()) for form in forms))

    def _match_pseudonyms(self, forms: Sequence[str]) -> EntryNumbers:
        if self.pseudonym_key is None or not forms:
            return frozenset()
        if is_pseudonym(forms[0]):
            return self._entries_by_pseudonym.get(forms[0], frozenset())
        if PSEUDONYM_KIND not in self.suppression_list.value_kinds:
            return frozenset()
        return self._collect_entries(
            columns.CUSTOMER_ID, [self.pseudonym_key.pseudonymise_text(form) for form in forms]
        )

    @property
    def _entries_by_pseudonym(self) -> Mapping[str, EntryNumbers]:
        """Entries of every listed id and address, by pseudonym."""
        if self.pseudonym_key is None:
            return {}
        if not self._cache:
            for kind in (columns.CUSTOMER_ID, columns.EMAIL):
                for form, entries in self.suppression_list.identities.get(kind, {}).items():  # type: ignore[call-overload]
                    name = form if is_pseudonym(form) else self.pseudonym_key.pseudonymise_text(form)
                    self._cache[name] = self._cache.get(name, frozenset()) | entries
        return self._cache

    _cache: dict[str, EntryNumbers] = field(default_factory=dict)

    def with_identities(self, kind: JoinKey, forms: Mapping[str, EntryNumbers]) -> "IdentityMatcher":
        """Return a matcher with additional forms; both share `observed_kinds`."""
        return replace(self, suppression_list=self.suppression_list.with_identities(kind, forms), _cache={})


def _match_pattern(strings: pa.StringArray, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(strings, pattern)


def _has_match(strings: pa.StringArray, pattern: str) -> bool:
    return bool(pc.any(_match_pattern(strings, pattern)).as_py())
