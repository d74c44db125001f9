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
from segcli.ingest.encoding import Mojibake, detect_mojibake, recode_chunk
from segcli.ingest.export import OrderExport
from segcli.ingest.fates import LineStatus
from segcli.ingest.lines import LineMask, OrderLines
from segcli.ingest.money import UnitScales
from segcli.ingest.numbers import DecimalEvidence
from segcli.ingest.opening import InputFile
from segcli.ingest.per_order import OrderLevelExport
from segcli.ingest.plain import contains_any_byte, is_ascii_column
from segcli.ingest.transactions import DayLimits, apply_policies

MAX_UNPARSED_DATES = 1000  # different texts that are no dates, kept to see at the end whether another format reads them
FALLBACK_ENCODING = "cp1252"  # of text that is not UTF-8


@dataclass(frozen=True, eq=False)
class ParsedChunk:
    """The lines of a chunk, the status of each, and what the chunk shows of whole columns.

    `decimal_evidence` are the decimal marks of columns that the first records left open; `unparsed_dates` counts texts
    that no date format of the schema reads; `mojibake` describes characters that were encoded twice; `repeated_lines`
    counts lines that repeat another, where all lines of the file were compared.
    """

    export: OrderExport
    order_lines: OrderLines
    line_status: LineStatus
    decimal_evidence: tuple[DecimalEvidence, ...] = ()
    unparsed_dates: Mapping[str, int] = field(default_factory=dict)
    mojibake: Mojibake = field(default_factory=Mojibake)
    repeated_lines: int | None = None


def parse_chunk(body: bytes, schema: ChunkSchema, settings: IngestSettings, limits: DayLimits) -> ParsedChunk:
    """Read a chunk of whole records.

    Raises:
        ChunkMismatch: it is not as the schema says.
    """
    export = _build_chunk_export(body, schema)
    try:
        order_lines, line_status = apply_policies(
            OrderLevelExport(export, _create_empty_mask(export)), settings, limits, UnitScales()
        )
    except InputProblem as problem:  # about the column as a whole, which only all chunks show
        raise ChunkMismatch(problem.what, problem.column, problem.line) from None
    return ParsedChunk(
        export,
        order_lines,
        line_status,
        _collect_decimal_evidence(export, schema.undecided_columns),
        _count_unparsed_dates(export, order_lines) if schema.has_inferred_dates else {},
        detect_mojibake(export.raw_table.dialect.body),
    )


def _create_empty_mask(export: OrderExport) -> LineMask:
    return np.zeros(export.raw_table.rows, dtype=bool)


def _build_chunk_export(body: bytes, schema: ChunkSchema) -> OrderExport:
    file = schema.input_file
    dialect = replace(file.dialect, body=validate_chunk_text(body, file), skipped_lines=0, has_header=False)
    raw_table = cells.read_chunk_table(dialect, file.content.name, file.header, schema.columns)
    return OrderExport(
        file.content,
        raw_table,
        file.mapping,
        schema.source,
        status=file.status,
        date_formats=schema.date_formats,
    )


def validate_chunk_text(body: bytes, input_file: InputFile) -> bytes:
    """Return a chunk as UTF-8 whose quotes and line ends follow the rules."""
    dialect = input_file.dialect
    try:
        text = recode_chunk(body, dialect.encoding)
    except UnicodeDecodeError as error:
        fallback = FALLBACK_ENCODING if input_file.source.encoding is None and dialect.encoding == "utf-8" else None
        line = body.count(b"\n", 0, error.start) + 1
        raise ChunkMismatch(f"not {dialect.encoding}", line=line, encoding=fallback) from None
    if b'"' in text and not quotes.has_valid_quotes(text, dialect.delimiter):
        raise ChunkMismatch("quotes that neither enclose a field nor are doubled")
    if b"\r" in text and b"\r" in text.replace(b"\r\n", b""):
        raise ChunkMismatch("a carriage return without a line feed, at which chunks do not end")
    return text


def _collect_decimal_evidence(export: OrderExport, column_names: Sequence[str]) -> tuple[DecimalEvidence, ...]:
    return tuple(_column_evidence(export, export.mapping.columns[name]) for name in column_names)


def _column_evidence(export: OrderExport, name: str) -> DecimalEvidence:
    texts = export.raw_table.columns[name]
    if not contains_any_byte(texts, b".,") and is_ascii_column(texts):
        return DecimalEvidence()
    return numbers.decimal_evidence(export.raw_table.encode_column(name).without_outer_blanks.categories)


def _count_unparsed_dates(export: OrderExport, order_lines: OrderLines) -> Mapping[str, int]:
    """Count the texts that no date format reads; a repeated header would be among them."""
    rows = np.flatnonzero(np.isnat(order_lines.times))
    if not len(rows):
        return {}
    name = export.mapping.columns[columns.ORDER_DATE]
    counts = pc.value_counts(pc.utf8_trim_whitespace(export.raw_table.columns[name].take(rows))).to_pylist()
    unparsed_dates = Counter({entry["values"]: entry["counts"] for entry in counts if entry["values"]})
    if name in unparsed_dates:
        raise ChunkMismatch("the header again", name)
    if len(unparsed_dates) > MAX_UNPARSED_DATES:
        raise ChunkMismatch("many texts that no date format reads", name, export.raw_table.line_number(int(rows[0])))
    return unparsed_dates
