"""A chunk of an order export -> its lines with the status of each, by the schema of the file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow.compute as pc

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.errors import InputProblem
from segcli.ingest import cells, numbers, quotes
from segcli.ingest.chunk_schema import ChunkMismatch, ChunkSchema
from segcli.ingest.encoding import Twice, recoded, twice
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines, Mask
from segcli.ingest.money import Scales
from segcli.ingest.numbers import Marks
from segcli.ingest.opening import Opened
from segcli.ingest.per_order import PerOrder
from segcli.ingest.plain import contains_any, is_ascii
from segcli.ingest.transactions import DayLimits, judged

MOST_UNREAD_DATES = 1000  # different texts that are no dates, kept to see at the end whether another format reads them
FALLBACK_ENCODING = "cp1252"  # of text that is not UTF-8


@dataclass(frozen=True, eq=False)
class ParsedChunk:
    """The lines of a chunk, the status of each, and what the chunk shows of whole columns.

    `marks` are the decimal marks of columns that the first records left open; `unread_dates` counts texts that no
    date format of the schema reads; `twice` describes characters that were encoded twice; `repeated` counts lines that
    repeat another, where all lines of the file were compared.
    """

    export: Export
    lines: Lines
    fates: Fates
    marks: tuple[Marks, ...] = ()
    unread_dates: Mapping[str, int] = field(default_factory=dict)
    twice: Twice = field(default_factory=Twice)
    repeated: int | None = None


def parse_chunk(body: bytes, schema: ChunkSchema, settings: IngestSettings, limits: DayLimits) -> ParsedChunk:
    """Read a chunk of whole records.

    Raises:
        ChunkMismatch: it is not as the schema says.
    """
    export = _export(body, schema)
    try:
        lines, fates = judged(PerOrder(export, _none(export)), settings, limits, Scales())
    except InputProblem as problem:  # about the column as a whole, which only all chunks show
        raise ChunkMismatch(problem.what, problem.column, problem.line) from None
    return ParsedChunk(
        export,
        lines,
        fates,
        _marks(export, schema.open_marks),
        _unread_dates(export, lines) if schema.infers_dates else {},
        twice(export.cells.dialect.body),
    )


def _none(export: Export) -> Mask:
    return np.zeros(export.cells.rows, dtype=bool)


def _export(body: bytes, schema: ChunkSchema) -> Export:
    file = schema.file
    dialect = replace(file.dialect, body=validate_chunk_text(body, file), skipped_lines=0, headed=False)
    found = cells.piece(dialect, file.content.name, file.header, schema.columns)
    return Export(
        file.content,
        found,
        file.recognition,
        schema.source,
        status=file.status,
        date_formats=schema.date_formats,
    )


def validate_chunk_text(body: bytes, file: Opened) -> bytes:
    """Return a chunk as UTF-8 whose quotes and line ends follow the rules."""
    dialect = file.dialect
    try:
        text = recoded(body, dialect.encoding)
    except UnicodeDecodeError as error:
        other = FALLBACK_ENCODING if file.source.encoding is None and dialect.encoding == "utf-8" else None
        line = body.count(b"\n", 0, error.start) + 1
        raise ChunkMismatch(f"not {dialect.encoding}", line=line, encoding=other) from None
    if b'"' in text and not quotes.obeys(text, dialect.delimiter):
        raise ChunkMismatch("quotes that neither enclose a field nor are doubled")
    if b"\r" in text and b"\r" in text.replace(b"\r\n", b""):
        raise ChunkMismatch("a carriage return without a line feed, at which chunks do not end")
    return text


def _marks(export: Export, names: Sequence[str]) -> tuple[Marks, ...]:
    return tuple(_marks_of(export, export.recognition.columns[name]) for name in names)


def _marks_of(export: Export, name: str) -> Marks:
    texts = export.cells.columns[name]
    if not contains_any(texts, b".,") and is_ascii(texts):
        return Marks()
    return numbers.marks(export.cells.coded(name).trimmed.texts)


def _unread_dates(export: Export, lines: Lines) -> Mapping[str, int]:
    """Count the texts that no date format reads; a repeated header would be among them."""
    rows = np.flatnonzero(np.isnat(lines.times))
    if not len(rows):
        return {}
    name = export.recognition.columns[columns.ORDER_DATE]
    counts = pc.value_counts(pc.utf8_trim_whitespace(export.cells.columns[name].take(rows))).to_pylist()
    unread = Counter({entry["values"]: entry["counts"] for entry in counts if entry["values"]})
    if name in unread:
        raise ChunkMismatch("the header again", name)
    if len(unread) > MOST_UNREAD_DATES:
        raise ChunkMismatch("many texts that no date format reads", name, export.cells.line(int(rows[0])))
    return unread
