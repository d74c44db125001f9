"""Suppression lists: people who objected and whom every command excludes (GDPR, Art. 17 and 21)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import join_keys
from segcli.customers.join_keys import JoinKey
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest.column_matching import is_name_of
from segcli.ingest.customer_ids import normalise_id, normalise_unicode
from segcli.ingest.customer_keys import contact_kind
from segcli.ingest.dialect import DELIMITERS
from segcli.ingest.encoding import decode_content, detect_mojibake
from segcli.io import read as files
from segcli.io.secret_key import is_pseudonym
from segcli.model import Customers, InputReport, ReasonTotal, Reconciliation, Transactions

UNICODE_ENCODINGS = ("utf-8", "utf-16")
PSEUDONYM_KIND = "pseudonym"  # kind of value, in addition to customer_id, email and phone
INTERNATIONAL_PHONE = re.compile(r"'?(\+|00)[0-9][0-9 ()./-]{5,20}")
MAX_WORDS = 4  # next to an address, as in: Ann Lee <ann@example.org>
BLANK_TEXTS = frozenset({"", "-", "n/a", "na", "none", "null", "nan"})
_EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+")
_SEPARATORS = re.compile(r"[\s;,<>|]+")
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

EntryNumbers = frozenset[int]


@dataclass(frozen=True)
class SuppressionList:
    """Entries of a suppression list by identity.

    `identities` maps each kind of identity to its normalised forms and the numbers of the entries that have them.
    `value_kinds` are the kinds of value in the list; an input must have one of them.
    """

    name: str
    entry_count: int
    identities: Mapping[JoinKey, Mapping[str, EntryNumbers]] = field(default_factory=dict)
    value_kinds: frozenset[str] = frozenset()

    def with_identities(self, kind: JoinKey, forms: Mapping[str, EntryNumbers]) -> "SuppressionList":
        """Return the list with additional forms of one kind."""
        merged_forms = dict(self.identities.get(kind, {}))
        for form, entries in forms.items():
            merged_forms[form] = merged_forms.get(form, frozenset()) | entries
        return SuppressionList(self.name, self.entry_count, {**self.identities, kind: merged_forms}, self.value_kinds)


def load_suppression_list(path: str, settings: IngestSettings) -> SuppressionList:
    """Read a suppression list.

    Args:
        path: a CSV file with one or more columns of customer ids (or pseudonyms), e-mail addresses or phone numbers.
        settings: policies on ids, and the country of phone numbers.

    Raises:
        InputProblem: a row has no identity, no column holds identities, or the file is not Unicode text.
    """
    records = _read_records(path)
    if not records:
        raise InputProblem(
            "empty suppression list", source=path, remedy="add a header with customer_id, email or phone"
        )
    kinds, has_header = _detect_column_kinds([record for _, record in records])
    if not kinds:
        raise InputProblem(
            f"no column customer_id, email or phone; available: {', '.join(records[0][1])}",
            source=path,
            line=records[0][0],
            remedy="name the column in the first line, such as customer_id",
        )
    return _collect_entries(path, records, kinds, settings, has_header=has_header)


def _collect_entries(
    path: str,
    records: Sequence[tuple[int, list[str]]],
    kinds: Mapping[int, JoinKey],
    settings: IngestSettings,
    *,
    has_header: bool,
) -> SuppressionList:
    """Return the list of all entries.

    Raises:
        InputProblem: a row has no identity, or more fields than the header.
    """
    width, forms, value_kinds = len(records[0][1]), dict[JoinKey, dict[str, EntryNumbers]](), set[str]()
    entries = records[has_header:]
    for number, (line, record) in enumerate(entries):
        if any(text.strip() for text in record[width:]):
            raise InputProblem(f"{len(record)} fields, but the header has {width}", source=path, line=line)
        identities = list(_parse_identities(record, kinds, settings))
        if not identities:
            raise _unreadable_problem(path, line, kinds, settings)
        for value_kind, kind, form in identities:
            value_kinds.add(value_kind)
            of_kind = forms.setdefault(kind, {})
            of_kind[form] = of_kind.get(form, frozenset()) | {number}
    return SuppressionList(path, len(entries), forms, frozenset(value_kinds))


def _unreadable_problem(path: str, line: int, kinds: Mapping[int, JoinKey], settings: IngestSettings) -> InputProblem:
    remedy = "correct or delete the row"
    if columns.PHONE in kinds.values() and settings.phone_region is None:
        remedy += "; phone numbers without a country code need ingest.phone_region"
    kind_names = " or ".join(dict.fromkeys(kinds.values()))
    return InputProblem(f"no readable {kind_names} in the row", source=path, line=line, remedy=remedy)


def normalise_identity(text: str, settings: IngestSettings) -> list[tuple[JoinKey, str]]:
    """Return the normalised forms of an id, address or number with their kinds; none if the text is no identity.

    >>> normalise_identity("C-17", IngestSettings()), normalise_identity("n/a", IngestSettings())
    ([('customer_id', 'C-17')], [])
    """
    identities = _parse_identities([text], {0: "customer_id"}, settings)
    return [(kind, form) for _, kind, form in identities if form]


def classify_identity(text: str, kind: JoinKey) -> str:
    """Return the kind of value of a text in a column: ids may be addresses, numbers or pseudonyms.

    >>> classify_identity("ann@example.org", "customer_id"), classify_identity("C-17", "customer_id")
    ('email', 'customer_id')
    """
    if kind != columns.CUSTOMER_ID:
        return kind
    if is_pseudonym(text.strip()):
        return PSEUDONYM_KIND
    if normalise_emails(text):
        return columns.EMAIL
    return columns.PHONE if INTERNATIONAL_PHONE.fullmatch(text.strip()) else columns.CUSTOMER_ID


def normalise_emails(text: str) -> list[str]:
    """Return the normalised addresses in a cell; none if it is running text.

    >>> normalise_emails(" Ann@Example.org"), normalise_emails("Ann Lee <ann@example.org>; 'bob@example.org")
    (['ann@example.org'], ['ann@example.org', 'bob@example.org'])
    """
    if "@" not in text:
        return []
    words = [word for word in _SEPARATORS.split(normalise_unicode(text)) if word]
    addresses = [word for word in words if "@" in word]
    if len(words) - len(addresses) > MAX_WORDS:
        return []
    candidates = (normalise_unicode(word.removeprefix("'").removeprefix("mailto:")) for word in addresses)
    return [normalise_unicode(join_keys.normalise_email(word)) for word in candidates if _EMAIL_PATTERN.fullmatch(word)]


def normalise_phones(texts: Iterable[str], region: str | None) -> dict[str, str]:
    """Return the normalised form of each text that is a phone number."""
    distinct_texts = list(dict.fromkeys(texts))
    bare_numbers = pd.Series(
        [normalise_unicode(text).removeprefix("'").removesuffix(".0") for text in distinct_texts], dtype="str"
    )
    bare_numbers = bare_numbers.str.replace(r"^00(?=[1-9])", "+", regex=True)
    forms = join_keys.normalise_keys(bare_numbers, "phone", region) if len(bare_numbers) else bare_numbers
    return {text: form for text, form in zip(distinct_texts, forms, strict=True) if form}


def customer_id_spellings(text: str, settings: IngestSettings) -> list[str]:
    """Return the spellings that results may use for a customer id: normalised, and as given without blanks."""
    return [form for form in dict.fromkeys([normalise_id(text, settings), normalise_unicode(text)]) if form]


def _parse_identities(
    record: Sequence[str], kinds: Mapping[int, JoinKey], settings: IngestSettings
) -> Iterator[tuple[str, JoinKey, str]]:
    """Yield the kind of value, the kind of identity and the normalised form of every identity in a record."""
    for position, kind in kinds.items():
        text = record[position] if position < len(record) else ""
        if normalise_unicode(text).casefold() in BLANK_TEXTS:
            continue
        value_kind = classify_identity(text, kind)
        if kind == "customer_id":
            yield value_kind, kind, normalise_id(text, settings)
        if kind != "phone":
            yield from ((value_kind, "email", form) for form in normalise_emails(text))
        if value_kind == "phone":
            yield from (
                (value_kind, "phone", form) for form in normalise_phones([text], settings.phone_region).values()
            )


def _detect_column_kinds(records: Sequence[Sequence[str]]) -> tuple[dict[int, JoinKey], bool]:
    """Return the kind of identity by column index, and whether the first record is a header."""
    header = [text.strip() for text in records[0]]
    kinds_by_name = {position: kind for position, name in enumerate(header) if (kind := _infer_column_kind(name))}
    if kinds_by_name:
        return kinds_by_name, True
    is_header = not any(classify_identity(text, "customer_id") != columns.CUSTOMER_ID for text in header if text)
    kinds_by_value = dict[int, JoinKey]()
    for position, texts in enumerate(zip_longest(*records[is_header:], fillvalue="")):
        filled_texts = [text for text in texts if normalise_unicode(text).casefold() not in BLANK_TEXTS]
        kinds = {classify_identity(text, "customer_id") for text in filled_texts}
        if kinds in ({"email"}, {"phone"}):
            kinds_by_value[position] = "email" if kinds == {"email"} else "phone"
    if not kinds_by_value and not is_header and len(header) == 1:
        return {0: "customer_id"}, False  # addresses, numbers and ids in one column
    return kinds_by_value, is_header


def _infer_column_kind(name: str) -> JoinKey | None:
    for kind in ("customer_id", "email", "phone"):
        if is_name_of(name, kind):
            return kind
    kind = contact_kind(name)
    return kind if kind in join_keys.CONTACT_KEYS else None


def _read_records(path: str) -> list[tuple[int, list[str]]]:
    """Return the non-blank records with the line number at which each starts.

    Raises:
        InputProblem: the file is missing, is not Unicode text, or has malformed quotes.
    """
    text = _read_list_text(path)
    separator_match = _SEP_LINE.match(text)
    delimiter = separator_match[1] if separator_match else _detect_delimiter(text.lstrip().partition("\n")[0])
    reader = csv.reader(
        io.StringIO(text[separator_match.end() if separator_match else 0 :], newline=""),
        delimiter=delimiter,
        strict=True,
    )
    records, line, skipped_lines = list[tuple[int, list[str]]](), 1, int(separator_match is not None)
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line + skipped_lines, record))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputProblem(
            f"cannot be read as CSV ({error})", source=path, line=line + skipped_lines, remedy="correct the quotes"
        ) from None
    return records


def find_identity_columns(text: str) -> tuple[str, list[str], dict[str, int]]:
    """Return the delimiter and header of a list, and the index of the first column of each kind of identity."""
    separator_match = _SEP_LINE.match(text)
    body = text[separator_match.end() if separator_match else 0 :]
    delimiter = separator_match[1] if separator_match else _detect_delimiter(body.lstrip().partition("\n")[0])
    header = next(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter), [])
    kinds = [_infer_column_kind(name.strip()) for name in header]
    return delimiter, header, {kind: kinds.index(kind) for kind in kinds if kind is not None}


def _read_list_text(path: str) -> str:
    content = files.read_file(path)
    text = decode_content(content, Source())
    if text.encoding not in UNICODE_ENCODINGS:
        line = next(number for number, row in enumerate(content.body.split(b"\n"), 1) if not _is_utf8(row))
        raise InputProblem(
            "suppression list not in UTF-8; in other encodings, names may not match",
            source=path,
            line=line,
            remedy="save the list as CSV UTF-8",
        )
    mojibake = detect_mojibake(text.body)
    if mojibake.count:
        raise InputProblem(
            f"double-encoded characters, such as {mojibake.shown}",
            source=path,
            line=mojibake.line,
            remedy="save the original list as CSV UTF-8",
        )
    return text.body.decode()


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _detect_delimiter(header_line: str) -> str:
    """Return the delimiter that yields the most known names, or else the most fields."""

    def score_delimiter(delimiter: str) -> tuple[int, int]:
        names = header_line.split(delimiter)
        return sum(_infer_column_kind(name.strip(' "\r')) is not None for name in names), len(names)

    return max(DELIMITERS, key=score_delimiter)


# Removal of customers, with an account of all their lines
def drop_customers(customers: Customers, is_dropped: npt.NDArray[np.bool_], reason: str, description: str) -> Customers:
    """Drop customers: their order lines become ignored lines, and a note reports their number.

    Args:
        customers: all customers.
        is_dropped: which customers to drop, shape (n,).
        reason: reason code of the ignored lines.
        description: the reason in words, for the note.

    Raises:
        InputProblem: no customers would be left.
    """
    count, main_report = int(is_dropped.sum()), customers.input_reports[0]
    if not count:
        return customers
    if is_dropped.all():
        raise InputProblem(
            f"no customers left: all {count:,} are {description}",
            source=main_report.input.name,
            remedy="choose another file, or check the setting that excludes them",
        )
    transactions, note = (
        customers.transactions,
        f"{description}: {pluralize(count, 'customer excluded', 'customers excluded')}",
    )
    if transactions is not None:
        transactions = _drop_lines(
            transactions, customers.table.loc[is_dropped, columns.CUSTOMER_ID].astype("str"), reason
        )
        main_report = replace(main_report, reconciliation=transactions.input_report.reconciliation)
    main_report = replace(main_report, notes=(*main_report.notes, note))
    contacts = None if customers.contacts is None else customers.contacts[~is_dropped].reset_index(drop=True)
    return replace(
        customers,
        table=customers.table[~is_dropped].reset_index(drop=True),
        input_reports=(main_report, *customers.input_reports[1:]),
        transactions=None if transactions is None else replace(transactions, input_report=main_report),
        contacts=contacts,
    )


def _drop_lines(transactions: Transactions, ids: object, reason: str) -> Transactions:
    order_lines = transactions.lines
    is_dropped = order_lines[columns.CUSTOMER_ID].isin(list(ids)).to_numpy()  # type: ignore[call-overload]  # texts of a column
    kept_lines = order_lines[~is_dropped]
    known_ids = kept_lines[
        columns.CUSTOMER_ID
    ].cat.remove_unused_categories()  # dropped customers must not count as customers
    kept_lines = kept_lines.assign(**{columns.CUSTOMER_ID: known_ids}).reset_index(drop=True)
    dropped_lines, money_scale = order_lines[is_dropped], transactions.money_scale
    reason_total = ReasonTotal(reason, len(dropped_lines), int(dropped_lines[columns.AMOUNT].sum()) / money_scale)
    refunded = int(dropped_lines[columns.REFUNDED].sum()) / money_scale if columns.REFUNDED in dropped_lines else 0.0
    returned = dropped_lines[dropped_lines[columns.IS_RETURN]]
    return_total = ReasonTotal("return", len(returned), int(returned[columns.AMOUNT].sum()) / money_scale)
    input_report: InputReport = transactions.input_report
    assert input_report.reconciliation is not None
    return replace(
        transactions,
        load_lines=lambda: kept_lines,
        input_report=replace(
            input_report,
            reconciliation=_move_to_ignored(input_report.reconciliation, reason_total, return_total, refunded),
        ),
    )


def _move_to_ignored(
    reconciliation: Reconciliation, reason_total: ReasonTotal, return_total: ReasonTotal, refunded: float
) -> Reconciliation:
    """Return the reconciliation with some of the kept lines moved to the ignored ones."""
    returns = replace(
        reconciliation.returns,
        lines=reconciliation.returns.lines - return_total.lines,
        money=round(reconciliation.returns.money - return_total.money, 6),
    )
    return replace(
        reconciliation,
        kept=reconciliation.kept - reason_total.lines,
        money_kept=round(reconciliation.money_kept - reason_total.money, 6),
        returns=returns,
        refunded=round(reconciliation.refunded - refunded, 6),
        ignored=(*reconciliation.ignored, reason_total),
    )
