"""Find the customers on a suppression list, in every column of the inputs that may hold an identity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.customers import consent
from segcli.customers.identity_matcher import PHONE_SUFFIX_DIGITS, CellMatches, IdentityMatcher
from segcli.customers.join_keys import JoinKey
from segcli.customers.suppression_list import (
    EntryNumbers,
    customer_id_spellings,
    drop_customers,
    normalise_emails,
    normalise_phones,
)
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest.chunk_parsing import CHUNKABLE_ENCODINGS, ChunkMismatch, ChunkSchema, validate_chunk_text
from segcli.ingest.customer_keys import contact_kind, names_other_people
from segcli.ingest.input_file import InputFile, reopen_input
from segcli.ingest.locales import word_list
from segcli.ingest.parser import parse_columns
from segcli.io import chunk_reader
from segcli.model import Customers

SUPPRESSED_REASON = "suppressed"


def match_files(
    matcher: IdentityMatcher, main_files: Sequence[InputFile], joined_files: Sequence[tuple[InputFile, JoinKey]]
) -> dict[str, EntryNumbers]:
    """Return the ids of listed customers as the main input spells them, with the entries that match each.

    Args:
        matcher: matcher of the list.
        main_files: order exports, or a customer table.
        joined_files: files that are joined to them, with their join keys; a listed row there suppresses its customer.
    """
    for joined_file, join_key in joined_files:
        linked_entries: dict[str, EntryNumbers] = {}
        for text, entries in _match_file(joined_file, join_key, matcher):
            for form in _identity_forms(text, join_key, matcher.settings):
                linked_entries[form] = linked_entries.get(form, frozenset()) | entries
        matcher = matcher.with_identities(join_key, linked_entries)
    entries_by_id: dict[str, EntryNumbers] = {}
    for main_file in main_files:
        join_key = "customer_id" if columns.CUSTOMER_ID in main_file.mapping.columns else "email"
        for text, entries in _match_file(main_file, join_key, matcher):
            for form in (*customer_id_spellings(text, matcher.settings), *normalise_emails(text)):
                entries_by_id[form] = entries_by_id.get(form, frozenset()) | entries
    return entries_by_id


def drop_suppressed(
    customers: Customers,
    matcher: IdentityMatcher,
    entries_by_id: Mapping[str, EntryNumbers],
    *,
    may_lack_identities: bool,
) -> Customers:
    """Drop the listed customers, and note how many entries of the list match.

    Args:
        customers: the customers with their contacts.
        matcher: matcher of the list.
        entries_by_id: ids of listed customers found in the files, with the entries that match them.
        may_lack_identities: whether to apply the list only as far as the table allows.

    Raises:
        InputProblem: no input has any kind of identity that the list has.
    """
    ids = customers.table[columns.CUSTOMER_ID].astype("str")
    row_entries = _match_customers(customers, matcher, entries_by_id)
    suppression_list = matcher.suppression_list
    if (
        len(ids)
        and suppression_list.entry_count
        and not may_lack_identities
        and suppression_list.value_kinds.isdisjoint(matcher.observed_kinds)
    ):
        raise InputProblem(
            f"suppression list cannot be applied: it contains {_describe_kinds(suppression_list.value_kinds)}, "
            f"the inputs contain {_describe_kinds(matcher.observed_kinds)}",
            source=suppression_list.name,
            remedy="add a column that the inputs also have, or set ingest.contacts to a file with both",
        )
    is_suppressed = _add_shared_addresses(customers, np.array([bool(entries) for entries in row_entries], dtype=bool))
    matched_entries = frozenset[int]().union(*row_entries)
    notes = [
        _note_matched_entries(suppression_list.entry_count, len(matched_entries)),
        *_note_guest_ids(ids[is_suppressed]),
    ]
    return drop_customers(_add_notes(customers, notes), is_suppressed, SUPPRESSED_REASON, "on the suppression list")


def _add_shared_addresses(customers: Customers, is_suppressed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Add customers who share an e-mail address with a listed one: an export by address would reach that person."""
    keys = consent.normalise_contacts(customers, columns.EMAIL)
    if keys is None or not is_suppressed.any():
        return is_suppressed
    suppressed_keys = set(keys[is_suppressed]) - {""}
    return is_suppressed | keys.isin(suppressed_keys).to_numpy(dtype=bool)


def _match_customers(
    customers: Customers, matcher: IdentityMatcher, entries_by_id: Mapping[str, EntryNumbers]
) -> list[EntryNumbers]:
    """Return the entries that match each customer, by the files or by an id, address or number of the table."""
    ids = customers.table[columns.CUSTOMER_ID].astype("str")
    entry_columns = [_spread_matches(ids, matcher.match_ids(ids.unique())), _spread_matches(ids, entries_by_id)]
    for name in (columns.EMAIL, columns.PHONE):
        texts = consent.contact_texts(customers, name)
        if texts is not None:
            entry_columns.append(_spread_matches(texts, _match_contacts(texts, name, matcher)))
    return [frozenset[int]().union(*row_entries) for row_entries in zip(*entry_columns, strict=True)]


def _add_notes(customers: Customers, notes: Sequence[str]) -> Customers:
    main_report = customers.input_reports[0]
    main_report = replace(main_report, notes=(*main_report.notes, *notes))
    return replace(customers, input_reports=(main_report, *customers.input_reports[1:]))


def _note_matched_entries(entry_count: int, matched_count: int) -> str:
    return (
        f"suppression list: {matched_count:,} of {pluralize(entry_count, 'entry', 'entries')} matched, "
        f"{entry_count - matched_count:,} unmatched"
    )


def _note_guest_ids(ids: pd.Series) -> Iterator[str]:
    guest_words = {word.casefold() for word in word_list("nobody")}
    for name in ids[ids.str.casefold().isin(guest_words)]:
        yield (
            f"customer id '{name}' may cover several people, one of them listed; all its lines are excluded; hint: "
            "map a column that distinguishes them: --map customer_id=NAME"
        )


def _describe_kinds(kinds: Iterable[str]) -> str:
    names = {columns.CUSTOMER_ID: "customer ids", columns.EMAIL: "e-mail addresses", columns.PHONE: "phone numbers"}
    return " and ".join(names.get(kind, "pseudonyms") for kind in sorted(kinds)) or "none"


def _match_contacts(texts: pd.Series, contact: str, matcher: IdentityMatcher) -> CellMatches:
    filled_texts = [text for text in texts.unique() if text]
    if contact == columns.EMAIL:
        return matcher.match_emails(filled_texts)
    matcher.observed_kinds.update([columns.PHONE] * bool(filled_texts))
    listed_suffixes = _phone_suffixes(matcher)
    similar_texts = [
        text
        for text in filled_texts
        if not text.isascii() or _extract_digits(text)[-PHONE_SUFFIX_DIGITS:] in listed_suffixes
    ]
    return matcher.match_phones(similar_texts)[0]


def _spread_matches(texts: pd.Series, matches: Mapping[str, EntryNumbers]) -> list[EntryNumbers]:
    no_entries: EntryNumbers = frozenset()
    return [matches.get(text, no_entries) for text in texts]


def _identity_forms(text: str, join_key: JoinKey, settings: IngestSettings) -> list[str]:
    if join_key == "email":
        return normalise_emails(text)
    return (
        customer_id_spellings(text, settings)
        if join_key == "customer_id"
        else list(normalise_phones([text], settings.phone_region).values())
    )


def _match_file(input_file: InputFile, join_key: JoinKey, matcher: IdentityMatcher) -> list[tuple[str, EntryNumbers]]:
    """Return the join keys of rows with a listed identity, with the entries; large files are read in pieces."""
    if input_file.content.is_head:
        try:
            return [
                match
                for table in _read_chunk_columns(input_file)
                for match in _match_table(input_file, table, join_key, matcher)
            ]
        except (ChunkMismatch, UnicodeDecodeError, InputProblem):
            input_file = reopen_input(input_file)  # read in full, like the order lines
    table = parse_columns(
        input_file.dialect,
        input_file.content.name,
        {str(position): position for position in range(len(input_file.header))},
    )
    return list(_match_table(input_file, table.columns, join_key, matcher))


def _read_chunk_columns(input_file: InputFile) -> Iterator[Mapping[str, pa.ChunkedArray]]:
    schema = ChunkSchema(input_file, input_file.source, (), ())
    if input_file.dialect.encoding.lower() not in CHUNKABLE_ENCODINGS:
        raise ChunkMismatch(f"encoding {input_file.dialect.encoding}")
    width = len(input_file.header)
    positions = {str(position): position for position in range(width)}
    content = input_file.content
    with chunk_reader.open_chunks(
        content.name, schema.lines_before_records, has_quotes=True, version=content.version
    ) as file_chunks:
        for file_chunk in file_chunks:
            body = validate_chunk_text(file_chunk.read_body(), input_file)
            dialect = replace(input_file.dialect, body=body, skipped_lines=0, has_header=False)
            yield parse_columns(dialect, input_file.content.name, positions, width=width).columns


def _match_table(
    input_file: InputFile, cells_by_position: Mapping[str, pa.ChunkedArray], join_key: JoinKey, matcher: IdentityMatcher
) -> Iterator[tuple[str, EntryNumbers]]:
    """Yield the join keys of the listed rows of a table, with the entries."""
    entries_by_row: dict[int, EntryNumbers] = {}
    key_positions = _key_positions(input_file, join_key)
    for position, name in enumerate(input_file.header):
        cells = cells_by_position[str(position)]
        is_id = name in _id_column_names(input_file)
        if not is_id and names_other_people(name):
            continue
        for row, entries in _match_column(input_file, name, cells, matcher, is_id=is_id):
            entries_by_row[row] = entries_by_row.get(row, frozenset()) | entries
    if input_file.source.row_ids and entries_by_row:
        width = len(str(len(cells_by_position["0"])))
        yield from ((f"{row + 1:0{width}}", entries) for row, entries in entries_by_row.items())
        return
    yield from _identify_rows(
        entries_by_row,
        [cells_by_position[str(position)] for position in key_positions],
        _order_id_texts(input_file, cells_by_position),
    )


def _identify_rows(
    entries_by_row: Mapping[int, EntryNumbers],
    key_columns: Sequence[pa.ChunkedArray],
    order_ids: pa.ChunkedArray | None,
) -> Iterator[tuple[str, EntryNumbers]]:
    """Yield the join keys of rows, with the entries; a row without an id takes those of its order."""
    for row, entries in entries_by_row.items():
        name = _first_filled_text(key_columns, row)
        if name:
            yield name, entries
        elif order_ids is not None and (order_id := order_ids[row].as_py()):
            for other_row in np.flatnonzero(np.asarray(pc.equal(order_ids, order_id))):
                if name := _first_filled_text(key_columns, int(other_row)):
                    yield name, entries


def _first_filled_text(key_columns: Sequence[pa.ChunkedArray], row: int) -> str:
    return next((text for cells in key_columns if (text := (cells[row].as_py() or "").strip())), "")


def _order_id_texts(input_file: InputFile, cells_by_position: Mapping[str, pa.ChunkedArray]) -> pa.ChunkedArray | None:
    name = input_file.mapping.columns.get(columns.ORDER_ID) if input_file.is_orders else None
    return None if name is None else cells_by_position[str(input_file.header.index(name))]


def _id_column_names(input_file: InputFile) -> set[str]:
    name = input_file.mapping.columns.get(columns.CUSTOMER_ID)
    return {*([name] if name is not None else []), *input_file.source.fallback_ids}


def _key_positions(input_file: InputFile, join_key: JoinKey) -> list[int]:
    """Return the indices of the columns that identify rows; the first non-blank one counts."""
    name = input_file.mapping.columns.get(join_key)
    if name is None and join_key != "customer_id":
        name = input_file.mapping.columns.get(columns.CUSTOMER_ID)
    names = [name, *(input_file.source.fallback_ids if join_key == "customer_id" else [])]
    return [input_file.header.index(column) for column in names if column in input_file.header]


def _match_column(
    input_file: InputFile, name: str, cells: pa.ChunkedArray, matcher: IdentityMatcher, *, is_id: bool
) -> Iterator[tuple[int, EntryNumbers]]:
    if is_id:
        yield from _find_rows(cells, matcher.match_ids(_distinct_texts(cells)))
        if contact_kind(name) != columns.PHONE:
            return
    has_at_sign = pc.match_substring(cells, "@")
    is_pseudonym_cell = pc.starts_with(cells, "p-") if matcher.pseudonym_key is not None else None
    candidates = cells.filter(has_at_sign if is_pseudonym_cell is None else pc.or_(has_at_sign, is_pseudonym_cell))
    if len(candidates):
        yield from _find_rows(cells, matcher.match_emails(_distinct_texts(candidates)))
    yield from _find_rows(cells, _match_phone_column(input_file, name, cells, matcher))


def _match_phone_column(
    input_file: InputFile, name: str, cells: pa.ChunkedArray, matcher: IdentityMatcher
) -> CellMatches:
    """Return the listed phone numbers of a column; if its name is no phone column, only those with a country code.

    Raises:
        InputProblem: a number that ends like a listed one has no country code.
    """
    is_named = contact_kind(name) == columns.PHONE or input_file.mapping.columns.get(columns.PHONE) == name
    if not is_named:
        cells = cells.filter(pc.match_substring_regex(cells, r"^\s*'?(\+|00)[0-9][0-9 ()./-]{5,20}$"))
    if is_named or len(cells):
        matcher.observed_kinds.update([columns.PHONE] * bool(len(cells) and any(_distinct_texts(cells.slice(0, 1000)))))
    listed_suffixes = _phone_suffixes(matcher)
    if not listed_suffixes or not len(cells):
        return {}
    digits = pc.replace_substring_regex(pc.replace_substring_regex(cells, r"\.0$", ""), r"[^0-9]", "")
    is_similar = pc.is_in(
        pc.utf8_slice_codeunits(digits, -PHONE_SUFFIX_DIGITS), value_set=pa.array(sorted(listed_suffixes))
    )
    is_irregular = pc.match_substring_regex(cells, r"[^\x00-\x7F]|[a-zA-Z]")
    matches, unread_texts = matcher.match_phones(_distinct_texts(cells.filter(pc.or_(is_similar, is_irregular))))
    if is_named and matcher.settings.phone_region is None:
        national_numbers = [
            text for text in unread_texts if _extract_digits(text)[-PHONE_SUFFIX_DIGITS:] in listed_suffixes
        ]
        if national_numbers:
            raise InputProblem(
                "a phone number without a country code ends like a listed number, so they cannot be compared",
                source=input_file.content.name,
                column=name,
                remedy="set the country: --set ingest.phone_region=DE",
            )
    return matches


def _phone_suffixes(matcher: IdentityMatcher) -> set[str]:
    return {
        _extract_digits(form)[-PHONE_SUFFIX_DIGITS:] for form in matcher.suppression_list.identities.get("phone", {})
    }


def _extract_digits(text: str) -> str:
    return "".join(character for character in text.removesuffix(".0") if character in "0123456789")


def _distinct_texts(cells: pa.ChunkedArray) -> list[str]:
    return [text for text in pc.unique(cells).to_pylist() if text and text.strip()]


def _find_rows(cells: pa.ChunkedArray, matches: CellMatches) -> Iterator[tuple[int, EntryNumbers]]:
    if not matches:
        return
    is_matched = pc.is_in(cells, value_set=pa.array(list(matches), pa.string()))
    for row in np.flatnonzero(np.asarray(is_matched)):
        yield int(row), matches[cells[int(row)].as_py()]
