"""How the chunks of an order export are written: what its first records show, and what no chunk may contradict."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from segcli import columns
from segcli.columns import Kind
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.errors import InputProblem
from segcli.ingest import dates, numbers
from segcli.ingest.date_formats import FORMATS, day_of
from segcli.ingest.date_reading import read
from segcli.ingest.encoding_guess import CANDIDATES
from segcli.ingest.export import Export
from segcli.ingest.numbers import Marks
from segcli.ingest.opening import Opened

NUMERIC = tuple(name for name, kind in columns.TRANSACTIONS.items() if kind in {Kind.NUMBER, Kind.MONEY})
LINE_END_SAFE = (  # a byte of a line end or a quote is never part of another character
    *("utf-8", "cp1252", "latin-1", "iso-8859-1", "windows-1252", "utf8", "ascii", "windows-1251", "gbk", "gb2312"),
    *CANDIDATES,
)


class ChunkMismatch(Exception):
    """A chunk contradicts what the first records of its file show.

    Args:
        reason: what differs.
        column: the header's name of the column, where one differs.
        line: the physical line, counted within the chunk or, after `below`, within the file.
        encoding: the encoding that the text may have instead.
        is_format: whether all chunks together show decimal marks or date formats that read them.
    """

    def __init__(
        self,
        reason: str,
        column: str | None = None,
        line: int | None = None,
        encoding: str | None = None,
        is_format: bool = False,  # noqa: FBT001, FBT002 - pickled by position
    ) -> None:
        super().__init__(reason, column, line, encoding, is_format)
        self.reason, self.column, self.line = reason, column, line
        self.encoding, self.is_format = encoding, is_format

    def below(self, lines: int) -> "ChunkMismatch":
        """Return the same mismatch of a chunk that has so many lines of its file above it."""
        line = None if self.line is None else self.line + lines
        return ChunkMismatch(self.reason, self.column, line, self.encoding, self.is_format)

    def __str__(self) -> str:
        """As a note shows it: what, and where."""
        place = "" if self.line is None else f"line {self.line:,}: "
        return f"{place}{'' if self.column is None else f'column {self.column!r}: '}{self.reason}"


@dataclass(frozen=True)
class ChunkSchema:
    """An export whose first records are understood.

    `source` says how every chunk is written and `columns` which columns are read. `date_formats` read the order dates;
    they are final if the user declared one. `open_marks` are the columns of numbers whose decimal mark the first
    records do not prove. `has_rates` tells whether currencies can be converted. `notes` say how the schema was found.
    """

    file: Opened
    source: Source
    columns: tuple[str, ...]
    date_formats: tuple[str, ...]
    open_marks: tuple[str, ...] = ()
    has_rates: bool = False
    notes: tuple[str, ...] = ()

    @property
    def first_record(self) -> int:
        """Lines above the first record below the header."""
        dialect = self.file.dialect
        return dialect.skipped_lines + dialect.header_lines + dialect.hidden_lines

    def with_order_ids(self, order_ids: Literal["unique", "daily"]) -> "ChunkSchema":
        """The same schema, by which order ids are read so."""
        source = self.source.model_copy(update={"order_ids": order_ids})
        return replace(self, file=self.file.with_order_ids(order_ids), source=source)

    @property
    def is_quoted(self) -> bool:
        """Whether records, not their header, have quotes, and so may hold line ends."""
        dialect = self.file.dialect
        return b'"' in b"".join(dialect.body.splitlines(keepends=True)[dialect.header_lines :])

    @property
    def infers_dates(self) -> bool:
        """Whether the date format was found, not declared."""
        return self.file.source.date_format is None


def columns_to_read(file: Opened) -> list[str]:
    """Name the columns of an order export that are read: recognised ones, and those that say what became of a line."""
    source = file.source
    return [
        *file.recognition.columns.values(),
        *(source.void or ()),
        *(source.returned or ()),
        *source.fallback_ids,
        *file.status.names,
    ]


def infer_chunk_schema(
    file: Opened, settings: IngestSettings, privacy: PrivacySettings, *, has_as_of: bool
) -> ChunkSchema:
    """Find out how the chunks of a file are written.

    Args:
        file: the first records of an order export.
        settings: policies.
        privacy: how long orders may be kept.
        has_as_of: whether the as-of day is given.

    Raises:
        ChunkMismatch: the file cannot be read in chunks.
    """
    _refuse_unsuitable(file, settings, privacy, has_as_of=has_as_of)
    wanted = columns_to_read(file)
    try:
        cells = file.cells(wanted)
    except InputProblem as problem:
        raise ChunkMismatch(str(problem)) from None
    if cells.malformed or not cells.rows:
        raise ChunkMismatch("the first records do not have the fields of the header")
    export = Export(file.content, cells, file.recognition, file.source, status=file.status)
    names = () if file.source.decimal else [name for name in NUMERIC if name in file.recognition.columns]
    marks = {name: numbers.marks(cells.coded(file.recognition.columns[name]).trimmed.texts) for name in names}
    proven = {decimal for mark in marks.values() for decimal in mark.proven}
    if len(proven) > 1:
        raise ChunkMismatch("the first records have decimal points and decimal commas")
    decimal = file.source.decimal or (proven.pop() if proven else ".")
    open_marks = tuple(name for name, mark in marks.items() if not mark.proven)
    source = file.source.model_copy(update={"decimal": decimal})
    return ChunkSchema(file, source, tuple(wanted), _date_formats(export), open_marks, bool(settings.rates))


def revise_schema(
    schema: ChunkSchema, marks: Sequence[Marks], unread_dates: Mapping[str, int], dated_lines: int
) -> ChunkSchema:
    """Change a schema to what all chunks show together.

    Args:
        schema: that some chunks contradict.
        marks: by column of `open_marks`, those of all chunks.
        unread_dates: texts that no date format of the schema reads, with their number of lines.
        dated_lines: lines whose date is read.

    Raises:
        ChunkMismatch: no schema fits all chunks.
    """
    proven = frozenset[str]().union(*(mark.proven for mark in marks))
    if len(proven) > 1:
        raise ChunkMismatch("some amounts have a decimal point and some a decimal comma")
    source, notes = schema.source, list(schema.notes)
    if proven and proven != {source.decimal}:
        decimal = next(iter(proven))
        source = source.model_copy(update={"decimal": decimal})
        notes.append(f"decimal mark '{decimal}', which only later records show")
    formats = _formats_for(schema.date_formats, unread_dates, dated_lines)
    if formats != schema.date_formats:
        notes.append(f"dates are also written as {' and '.join(f for f in formats if f not in schema.date_formats)}")
    open_marks = tuple(
        name for name, mark in zip(schema.open_marks, marks, strict=True) if not mark.proven and source.decimal == "."
    )
    return replace(schema, source=source, date_formats=formats, open_marks=open_marks, notes=tuple(notes))


def other_formats(formats: Sequence[str], unread: Mapping[str, int]) -> dict[str, int]:
    """Find the date formats that read texts which the given formats do not, with the number of lines they read."""
    texts = pd.Series(sorted(unread), dtype=object)
    lines = np.array([unread[text] for text in texts], dtype=np.int64)
    found: dict[str, int] = {}
    for form in FORMATS:
        if form not in formats and len(texts):
            reads = ~np.isnat(read(texts, form, "UTC"))
            if reads.any():
                found[form] = int(lines[reads].sum())
    return found


def _formats_for(formats: tuple[str, ...], unread: Mapping[str, int], dated_lines: int) -> tuple[str, ...]:
    found = other_formats(formats, unread)
    if not found:
        return formats
    if any(day_of(form) != day_of(formats[0]) for form in found):
        raise ChunkMismatch(f"some dates are written as {formats[0]} and some as {max(found, key=found.__getitem__)}")
    lines = Counter({formats[0]: dated_lines, **found})
    every = {*formats, *found}
    return tuple(sorted(every, key=lambda form: (-lines[form], FORMATS.index(form))))


def _refuse_unsuitable(file: Opened, settings: IngestSettings, privacy: PrivacySettings, *, has_as_of: bool) -> None:
    """Refuse chunks where lines are not decided one by one, or the file is not plain records of text."""
    source, dialect = file.source, file.dialect
    needing = [
        *settings.all_lines_settings("ingest."),
        *source.all_lines_settings("ingest.transactions."),
        *privacy.all_lines_settings("privacy."),
        *(["privacy.retention without --as-of"] if privacy.retention_days is not None and not has_as_of else []),
    ]
    if needing:
        raise ChunkMismatch(f"{', '.join(needing)} needs all lines at once")
    if not {columns.CUSTOMER_ID, columns.ORDER_DATE} <= set(file.recognition.columns):
        raise ChunkMismatch("the header has no customer id or no order date")
    if dialect.encoding.lower() not in LINE_END_SAFE:
        raise ChunkMismatch(f"encoding {dialect.encoding}")
    if dialect.broken_lines or b"\r" in dialect.body.replace(b"\r\n", b""):
        raise ChunkMismatch("the first records have broken quotes or line ends")


def _date_formats(export: Export) -> tuple[str, ...]:
    if export.source.date_format:
        return (export.source.date_format,)
    try:
        formats = tuple(dates.of(export.coded(columns.ORDER_DATE), export.source).format.split(" or "))
    except ValueError as error:
        raise ChunkMismatch(str(error), export.recognition.columns[columns.ORDER_DATE]) from None
    unusual = [form for form in formats if form not in FORMATS]
    if unusual or (any(form.endswith("%z") for form in formats) and export.source.timezone is None):
        raise ChunkMismatch(f"dates are written as {' or '.join(formats)}")
    return formats
