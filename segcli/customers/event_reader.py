"""Read the columns of an event file: a large file in chunks on all cores, a small one whole.

Texts are dictionary-encoded and times are parsed chunk by chunk, so that the memory is that of codes, not of texts.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import parallel
from segcli.arrow import Uint64Array, combine_hashes, hash_strings
from segcli.config.events import EVENT_ID, EVENT_TIME, TIME_ROLES
from segcli.customers.event_files import EventFile
from segcli.errors import InputProblem
from segcli.ingest import dates, parser
from segcli.ingest.chunk_parsing import (
    CHUNKABLE_ENCODINGS,
    MAX_UNPARSED_DATES,
    ChunkMismatch,
    find_other_formats,
    validate_chunk_text,
)
from segcli.ingest.date_formats import DATE_FORMATS
from segcli.ingest.input_file import InputFile, reopen_input
from segcli.ingest.parser import RawTable
from segcli.ingest.text_columns import EncodedColumn, dictionary_encode
from segcli.io import chunk_reader, memory
from segcli.message import message

_OFFSET_TEXT = re.compile(r"\s*(?:Z|UTC|[-+]\d\d:?\d\d)$")
_UNREADABLE = "?"  # stands for a time without the offset of the others
_SECOND_HASH_PREFIX = "\x01"  # moves the words of a text by one byte, so that the second hash is independent


@dataclass(frozen=True, eq=False)
class EventTimes:
    """Times of a column (datetime64[us], NaT if there is none), and a mask of the texts that are not times."""

    values: npt.NDArray[np.datetime64]
    is_unreadable: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class EventIdentity:
    """Two hashes of the id of each event (0 if it is blank), and one of all columns of its row."""

    ids: Uint64Array
    second_ids: Uint64Array
    rows: Uint64Array

    def select(self, is_selected: npt.NDArray[np.bool_]) -> "EventIdentity":
        """Return the hashes of the selected rows."""
        return EventIdentity(self.ids[is_selected], self.second_ids[is_selected], self.rows[is_selected])


def concat_identities(parts: Sequence[EventIdentity]) -> EventIdentity:
    """Concatenate the hashes of several files or chunks."""
    return EventIdentity(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.second_ids for part in parts]),
        np.concatenate([part.rows for part in parts]),
    )


@dataclass(frozen=True, eq=False)
class EventColumns:
    """Columns of an event file by header name, for `rows` rows; `identity` is set if the file has event ids."""

    rows: int
    malformed_rows: int
    times: Mapping[str, EventTimes]
    texts: dict[str, EncodedColumn]
    identity: EventIdentity | None = None
    notes: tuple[str, ...] = ()
    unread_times: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _TimeFormat:
    """Formats of a column of times; `offset` is the UTC offset at the end of every text, which is cut off."""

    formats: tuple[str, ...] = ()
    offset: str = ""


@dataclass(frozen=True)
class _ReadPlan:
    """What to read of a file: columns of text, and columns of times with their formats by header name."""

    event_file: EventFile
    text_columns: tuple[str, ...]
    time_formats: Mapping[str, _TimeFormat] = field(default_factory=dict)

    @property
    def id_column(self) -> str | None:
        return self.event_file.role_columns.get(EVENT_ID)

    @property
    def columns_to_read(self) -> list[str]:
        """Columns to read: all columns if events have ids, because whole rows are then compared."""
        if self.id_column is not None:
            return list(self.event_file.input_file.header)
        return [*self.text_columns, *self.time_formats]


def read_event_columns(event_file: EventFile, names: Collection[str] | None = None) -> EventColumns:
    """Read the customer, the times and the columns with these header names (default: all).

    Raises:
        InputProblem: the file cannot be read, or its times cannot.
    """
    header = event_file.input_file.header
    time_columns = [event_file.role_columns[role] for role in TIME_ROLES if role in event_file.role_columns]
    if names is not None:
        time_name = event_file.role_columns[EVENT_TIME]
        time_columns = [name for name in time_columns if name == time_name or name in names]
    wanted = set(header if names is None else names) | {event_file.key_column}
    text_columns = tuple(name for name in header if name in wanted and name not in time_columns)
    plan = _ReadPlan(event_file, text_columns, dict.fromkeys(time_columns, _TimeFormat()))
    if not event_file.input_file.content.is_head:
        return _read_whole(plan, event_file.input_file)
    try:
        return _read_chunks(_infer_formats(plan))
    except ChunkMismatch as mismatch:
        columns = _read_whole(plan, reopen_event_file(event_file))
        note = message("file read as a whole, which needs more memory: {reason}", reason=str(mismatch))
        return replace(columns, notes=(note,))


def reopen_event_file(event_file: EventFile) -> InputFile:
    """Read a whole file of which only the first records have been read."""
    return reopen_input(event_file.input_file)


def _read_whole(plan: _ReadPlan, input_file: InputFile) -> EventColumns:
    raw_table = input_file.read_table(plan.columns_to_read)
    try:
        columns = _convert_table(raw_table, plan)
    except ValueError as error:
        raise InputProblem(
            str(error),
            source=raw_table.name,
            column=plan.event_file.role_columns[EVENT_TIME],
            remedy=f"set ingest.events.{plan.event_file.table_name}.date_format, for example %d/%m/%Y",
        ) from None
    return replace(columns, malformed_rows=raw_table.malformed_rows)


def _infer_formats(plan: _ReadPlan) -> _ReadPlan:
    """Infer the formats of times from the first records.

    Raises:
        ChunkMismatch: the file cannot be read in chunks.
    """
    input_file = plan.event_file.input_file
    dialect = input_file.dialect
    if dialect.encoding.lower() not in CHUNKABLE_ENCODINGS:
        raise ChunkMismatch(f"encoding {dialect.encoding}")
    if dialect.broken_lines or b"\r" in dialect.body.replace(b"\r\n", b""):
        raise ChunkMismatch("the first records have broken quotes or line ends")
    try:
        raw_table = input_file.read_table(list(plan.time_formats))
        time_formats = {name: _infer_format(raw_table.columns[name], input_file) for name in plan.time_formats}
    except (InputProblem, ValueError) as problem:
        raise ChunkMismatch(str(problem)) from None
    return replace(plan, time_formats=time_formats)


def _infer_format(texts: pa.ChunkedArray, input_file: InputFile) -> _TimeFormat:
    source = input_file.source
    formats = tuple(dates.read_dates(texts, source).format.split(" or "))
    if source.date_format is None and any(name not in DATE_FORMATS for name in formats):
        raise ChunkMismatch(f"dates can be read as {' or '.join(formats)}")
    if source.timezone is not None or not all(name.endswith("%z") for name in formats):
        return _TimeFormat(formats)
    matches = [_OFFSET_TEXT.search(text.strip()) for text in pc.unique(texts).to_pylist() if text.strip()]
    offsets = {match[0] if match else "" for match in matches}
    if len(offsets) != 1 or "" in offsets:
        raise ChunkMismatch("times with several UTC offsets")
    return _TimeFormat(tuple(name.removesuffix("%z").rstrip() for name in formats), offsets.pop())


def _read_chunks(plan: _ReadPlan) -> EventColumns:
    """Read a file in chunks.

    Raises:
        ChunkMismatch: a chunk contradicts the first records.
    """
    input_file = plan.event_file.input_file
    dialect, content = input_file.dialect, input_file.content
    lines_before_records = dialect.skipped_lines + dialect.header_line_count + dialect.hidden_lines
    has_quotes = b'"' in b"".join(dialect.body.splitlines(keepends=True)[dialect.header_line_count :])
    memory.keep_freed_memory()
    with chunk_reader.open_chunks(
        content.name, lines_before_records, has_quotes=has_quotes, version=content.version
    ) as chunks:
        parts = list(parallel.map_ordered(partial(_parse_chunk, plan), chunks))
    memory.release_memory()
    columns = _concat_columns(parts)
    time_format = plan.time_formats[plan.event_file.role_columns[EVENT_TIME]]
    formats = () if time_format.offset else time_format.formats
    if input_file.source.date_format is None and find_other_formats(formats, dict.fromkeys(columns.unread_times, 1)):
        raise ChunkMismatch(f"dates such as {min(columns.unread_times)} need another format")
    return columns


def _parse_chunk(plan: _ReadPlan, chunk: chunk_reader.FileChunk) -> EventColumns:
    input_file = plan.event_file.input_file
    body = validate_chunk_text(chunk.read_body(), input_file)
    dialect = replace(input_file.dialect, body=body, skipped_lines=0, has_header=False)
    try:
        raw_table = parser.read_chunk_table(dialect, input_file.content.name, input_file.header, plan.columns_to_read)
        columns = _convert_table(raw_table, plan)
    except (InputProblem, ValueError) as problem:
        raise ChunkMismatch(str(problem)) from None
    return replace(columns, malformed_rows=raw_table.bad_rows)


def _convert_table(raw_table: RawTable, plan: _ReadPlan) -> EventColumns:
    """Parse the times and encode the texts of a table; a column of other times that cannot be read stays text.

    Raises:
        ValueError: the times of the events cannot be read.
    """
    time_name = plan.event_file.role_columns[EVENT_TIME]
    times: dict[str, EventTimes] = {}
    text_columns = list(plan.text_columns)
    for name, time_format in plan.time_formats.items():
        try:
            times[name] = _parse_times(raw_table.columns[name], time_format, plan.event_file.input_file)
        except ValueError:
            if name == time_name:
                raise
            text_columns.append(name)
    texts = {name: dictionary_encode(raw_table.columns[name]) for name in text_columns}
    identity = None if plan.id_column is None else _hash_rows(raw_table, plan.id_column)
    unread_times = _list_unread_times(raw_table.columns[time_name], times[time_name])
    return EventColumns(raw_table.rows, 0, times, texts, identity, unread_times=unread_times)


def _hash_rows(raw_table: RawTable, id_column: str) -> EventIdentity:
    """Hash ids and rows; two hashes tell ids apart, because 128 bits never collide by chance."""
    ids = pc.utf8_trim_whitespace(raw_table.columns[id_column])
    is_blank = np.asarray(pc.equal(ids, ""), dtype=bool)
    prefixed_ids = pc.binary_join_element_wise(_SECOND_HASH_PREFIX, ids, "")
    first, second = (np.where(is_blank, np.uint64(0), _hash_texts(column)) for column in (ids, prefixed_ids))
    rows = np.zeros(raw_table.rows, dtype=np.uint64)
    for column in raw_table.columns.values():
        rows = combine_hashes(rows, _hash_texts(column))
    return EventIdentity(first, second, rows)


def _hash_texts(texts: pa.ChunkedArray) -> Uint64Array:
    return hash_strings(texts.combine_chunks()) if len(texts) else np.zeros(0, dtype=np.uint64)


def _parse_times(texts: pa.ChunkedArray, time_format: _TimeFormat, input_file: InputFile) -> EventTimes:
    """Parse a column of times.

    Raises:
        ValueError: the formats do not fit, or no format does.
        ChunkMismatch: a text has another UTC offset than the first records.
    """
    if time_format.offset:
        texts = pc.utf8_trim_whitespace(texts)
        has_offset = pc.ends_with(texts, time_format.offset)
        others = texts.filter(pc.invert(has_offset))
        if any(_OFFSET_TEXT.search(text) for text in pc.unique(others).to_pylist()):
            raise ChunkMismatch(f"times without the UTC offset {time_format.offset.strip()}")
        local_texts = pc.utf8_slice_codeunits(texts, 0, -len(time_format.offset))
        unreadable = pc.if_else(pc.equal(texts, ""), "", _UNREADABLE)
        texts = local_texts if not len(others) else pc.if_else(has_offset, local_texts, unreadable)
    padded = dates.read_padded_dates(texts, input_file.source, time_format.formats)
    if padded is not None:
        return EventTimes(padded.values, padded.unreadable)
    parsed = dates.read_dates(texts, input_file.source, time_format.formats)
    return EventTimes(parsed.values, np.asarray(parsed.unreadable, dtype=bool))


def _list_unread_times(texts: pa.ChunkedArray, times: EventTimes) -> frozenset[str]:
    rows = np.flatnonzero(times.is_unreadable)[:MAX_UNPARSED_DATES]
    return frozenset(texts.take(pa.array(rows)).to_pylist()) if len(rows) else frozenset()


def _concat_columns(parts: Sequence[EventColumns]) -> EventColumns:
    """Concatenate the chunks of a file.

    Raises:
        ChunkMismatch: a column holds times in some chunks only.
    """
    first = parts[0]
    if any(part.times.keys() != first.times.keys() for part in parts):
        raise ChunkMismatch("a column holds times only in some records")
    return EventColumns(
        rows=sum(part.rows for part in parts),
        malformed_rows=sum(part.malformed_rows for part in parts),
        times={
            name: EventTimes(
                np.concatenate([part.times[name].values for part in parts]),
                np.concatenate([part.times[name].is_unreadable for part in parts]),
            )
            for name in first.times
        },
        texts={name: _concat_texts([part.texts[name] for part in parts]) for name in first.texts},
        identity=None
        if first.identity is None
        else concat_identities([part.identity for part in parts if part.identity is not None]),
        unread_times=frozenset[str]().union(*(part.unread_times for part in parts)),
    )


def _concat_texts(parts: Sequence[EncodedColumn]) -> EncodedColumn:
    if len(parts) == 1:
        return parts[0]
    arrays = [pa.DictionaryArray.from_arrays(pa.array(part.codes), part.categories) for part in parts]
    merged = pa.chunked_array(arrays).unify_dictionaries().combine_chunks()
    if isinstance(merged, pa.ChunkedArray):
        merged = merged.chunk(0)
    return EncodedColumn(merged.dictionary, np.asarray(merged.indices, dtype=np.int32))
