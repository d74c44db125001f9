"""Parse a chunk of an order export into its lines, with the status of each, by the schema of the file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from segcli import columns
from segcli.columns import ColumnKind
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.errors import InputProblem
from segcli.ingest import dates, number_parsing, parser, quoting
from segcli.ingest.date_formats import DATE_FORMATS, get_day_and_offset
from segcli.ingest.date_parsing import parse_with_format
from segcli.ingest.encoding import CANDIDATE_ENCODINGS, Mojibake, detect_mojibake, recode_chunk
from segcli.ingest.input_file import InputFile
from segcli.ingest.money import UnitScales
from segcli.ingest.number_parsing import DecimalEvidence
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_level_amounts import OrderLevelExport
from segcli.ingest.order_lines import LineMask, OrderLines
from segcli.ingest.policies import DayLimits, apply_policies
from segcli.ingest.reconciliation import LineStatus
from segcli.ingest.text_columns import contains_any_byte, is_ascii_column

# Schema of an order export: inferred from its first records, and validated against every chunk
NUMERIC_ORDER_COLUMNS = tuple(
    name for name, kind in columns.TRANSACTION_COLUMNS.items() if kind in {ColumnKind.NUMBER, ColumnKind.MONEY}
)
CHUNKABLE_ENCODINGS = (  # in these, a byte of a line end or a quote is never part of another character
    *("utf-8", "cp1252", "latin-1", "iso-8859-1", "windows-1252", "utf8", "ascii", "windows-1251", "gbk", "gb2312"),
    *CANDIDATE_ENCODINGS,
)


class ChunkMismatch(Exception):
    """Chunk that contradicts the schema inferred from the first records of its file.

    Args:
        reason: description of the difference.
        column: name of the column in the header, if the difference is in one column.
        line: physical line, counted within the chunk or, after `shift_lines`, within the file.
        encoding: another encoding that the text may have.
        is_format: whether the evidence of all chunks yields decimal marks or date formats that fit.
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

    def shift_lines(self, lines_above: int) -> "ChunkMismatch":
        """Return the same mismatch with its line counted within the file; `lines_above` lines precede the chunk."""
        line = None if self.line is None else self.line + lines_above
        return ChunkMismatch(self.reason, self.column, line, self.encoding, self.is_format)

    def __str__(self) -> str:
        """Return the text for a note: location and reason."""
        location = "" if self.line is None else f"line {self.line:,}: "
        return f"{location}{'' if self.column is None else f'column {self.column!r}: '}{self.reason}"


@dataclass(frozen=True)
class ChunkSchema:
    """Schema of an order export, inferred from its first records.

    `source` is the format of every chunk, `columns` are the columns to read. `date_formats` parse the order dates; they
    are final if the user declared one. `undecided_columns` are number columns whose decimal mark the first records do
    not determine. `has_rates` is true if currencies can be converted. `notes` describe how the schema was inferred.
    """

    input_file: InputFile
    source: Source
    columns: tuple[str, ...]
    date_formats: tuple[str, ...]
    undecided_columns: tuple[str, ...] = ()
    has_rates: bool = False
    notes: tuple[str, ...] = ()

    @property
    def lines_before_records(self) -> int:
        """Number of lines before the first record."""
        dialect = self.input_file.dialect
        return dialect.skipped_lines + dialect.header_line_count + dialect.hidden_lines

    def with_order_ids(self, order_ids: Literal["unique", "daily"]) -> "ChunkSchema":
        """Return the same schema with another interpretation of order ids."""
        source = self.source.model_copy(update={"order_ids": order_ids})
        return replace(self, input_file=self.input_file.with_order_ids(order_ids), source=source)

    @property
    def has_quoted_records(self) -> bool:
        """Whether records (not the header) contain quotes, and so may contain line breaks."""
        dialect = self.input_file.dialect
        return b'"' in b"".join(dialect.body.splitlines(keepends=True)[dialect.header_line_count :])

    @property
    def has_inferred_dates(self) -> bool:
        """Whether the date format is inferred, not declared."""
        return self.input_file.source.date_format is None


def select_order_columns(input_file: InputFile) -> list[str]:
    """List the columns to read from an order export: recognised columns, and columns with the status of lines."""
    source = input_file.source
    return [
        *input_file.mapping.columns.values(),
        *(source.void or ()),
        *(source.returned or ()),
        *source.fallback_ids,
        *input_file.status.all_columns,
    ]


def infer_chunk_schema(
    input_file: InputFile, settings: IngestSettings, privacy: PrivacySettings, *, has_as_of: bool
) -> ChunkSchema:
    """Infer the schema of a file from its first records.

    Args:
        input_file: the first records of an order export.
        settings: ingest policies.
        privacy: privacy settings, with the retention period.
        has_as_of: whether the as-of day is given.

    Raises:
        ChunkMismatch: if the file cannot be read in chunks.
    """
    _require_chunkable(input_file, settings, privacy, has_as_of=has_as_of)
    selected_columns = select_order_columns(input_file)
    try:
        raw_table = input_file.read_table(selected_columns)
    except InputProblem as problem:
        raise ChunkMismatch(str(problem)) from None
    if raw_table.bad_rows or not raw_table.rows:
        raise ChunkMismatch("the first records have a different number of fields than the header")
    export = OrderExport(input_file.content, raw_table, input_file.mapping, input_file.source, status=input_file.status)
    numeric_columns = (
        ()
        if input_file.source.decimal
        else [name for name in NUMERIC_ORDER_COLUMNS if name in input_file.mapping.columns]
    )
    evidence = {
        name: number_parsing.decimal_evidence(
            raw_table.encode_column(input_file.mapping.columns[name]).without_outer_blanks.categories
        )
        for name in numeric_columns
    }
    proven_marks = {decimal for column_evidence in evidence.values() for decimal in column_evidence.proven_marks}
    if len(proven_marks) > 1:
        raise ChunkMismatch("the first records mix decimal points and decimal commas")
    decimal = input_file.source.decimal or (proven_marks.pop() if proven_marks else ".")
    undecided_columns = tuple(name for name, column_evidence in evidence.items() if not column_evidence.proven_marks)
    source = input_file.source.model_copy(update={"decimal": decimal})
    return ChunkSchema(
        input_file,
        source,
        tuple(selected_columns),
        _infer_date_formats(export),
        undecided_columns,
        bool(settings.rates),
    )


def revise_schema(
    schema: ChunkSchema, evidence: Sequence[DecimalEvidence], unparsed_dates: Mapping[str, int], dated_lines: int
) -> ChunkSchema:
    """Revise a schema with the evidence of all chunks.

    Args:
        schema: schema that some chunks contradict.
        evidence: evidence from all chunks, one entry per column of `undecided_columns`.
        unparsed_dates: texts that no date format of the schema parses, with their number of lines.
        dated_lines: number of lines with a parsed date.

    Raises:
        ChunkMismatch: if no schema fits all chunks.
    """
    proven_marks = frozenset[str]().union(*(column_evidence.proven_marks for column_evidence in evidence))
    if len(proven_marks) > 1:
        raise ChunkMismatch("amounts mix decimal points and decimal commas")
    source, notes = schema.source, list(schema.notes)
    if proven_marks and proven_marks != {source.decimal}:
        decimal = next(iter(proven_marks))
        source = source.model_copy(update={"decimal": decimal})
        notes.append(f"decimal mark '{decimal}' appears only in later records")
    formats = _extend_formats(schema.date_formats, unparsed_dates, dated_lines)
    if formats != schema.date_formats:
        notes.append(
            "dates also use the format "
            f"{' and '.join(date_format for date_format in formats if date_format not in schema.date_formats)}"
        )
    undecided_columns = tuple(
        name
        for name, column_evidence in zip(schema.undecided_columns, evidence, strict=True)
        if not column_evidence.proven_marks and source.decimal == "."
    )
    return replace(schema, source=source, date_formats=formats, undecided_columns=undecided_columns, notes=tuple(notes))


def find_other_formats(formats: Sequence[str], unparsed_dates: Mapping[str, int]) -> dict[str, int]:
    """Find other date formats that parse the unparsed texts; return the number of lines that each parses."""
    texts = pd.Series(sorted(unparsed_dates), dtype=object)
    line_counts = np.array([unparsed_dates[text] for text in texts], dtype=np.int64)
    lines_by_format: dict[str, int] = {}
    for date_format in DATE_FORMATS:
        if date_format not in formats and len(texts):
            is_parsed = ~np.isnat(parse_with_format(texts, date_format, "UTC"))
            if is_parsed.any():
                lines_by_format[date_format] = int(line_counts[is_parsed].sum())
    return lines_by_format


def _extend_formats(formats: tuple[str, ...], unparsed_dates: Mapping[str, int], dated_lines: int) -> tuple[str, ...]:
    new_formats = find_other_formats(formats, unparsed_dates)
    if not new_formats:
        return formats
    if any(get_day_and_offset(date_format) != get_day_and_offset(formats[0]) for date_format in new_formats):
        raise ChunkMismatch(f"dates use both {formats[0]} and {max(new_formats, key=new_formats.__getitem__)}")
    lines_by_format = Counter({formats[0]: dated_lines, **new_formats})
    all_formats = {*formats, *new_formats}
    return tuple(sorted(all_formats, key=lambda form: (-lines_by_format[form], DATE_FORMATS.index(form))))


def _require_chunkable(
    input_file: InputFile, settings: IngestSettings, privacy: PrivacySettings, *, has_as_of: bool
) -> None:
    """Reject chunked reading if a setting needs all lines, or if the file does not consist of plain text records."""
    source, dialect = input_file.source, input_file.dialect
    whole_file_settings = [
        *settings.list_all_lines_settings("ingest."),
        *source.list_all_lines_settings("ingest.transactions."),
        *privacy.list_all_lines_settings("privacy."),
        *(["privacy.retention without --as-of"] if privacy.retention_days is not None and not has_as_of else []),
    ]
    if whole_file_settings:
        raise ChunkMismatch(f"{', '.join(whole_file_settings)} needs the whole file")
    if not {columns.CUSTOMER_ID, columns.ORDER_DATE} <= set(input_file.mapping.columns):
        raise ChunkMismatch("the header has no customer id or no order date")
    if dialect.encoding.lower() not in CHUNKABLE_ENCODINGS:
        raise ChunkMismatch(f"encoding {dialect.encoding}")
    if dialect.broken_lines or b"\r" in dialect.body.replace(b"\r\n", b""):
        raise ChunkMismatch("the first records have broken quotes or line ends")


def _infer_date_formats(export: OrderExport) -> tuple[str, ...]:
    if export.source.date_format:
        return (export.source.date_format,)
    try:
        formats = tuple(
            dates.read_dates(export.get_encoded_column(columns.ORDER_DATE), export.source).format.split(" or ")
        )
    except ValueError as error:
        raise ChunkMismatch(str(error), export.mapping.columns[columns.ORDER_DATE]) from None
    unsupported_formats = [date_format for date_format in formats if date_format not in DATE_FORMATS]
    if unsupported_formats or (
        any(date_format.endswith("%z") for date_format in formats) and export.source.timezone is None
    ):
        raise ChunkMismatch(f"dates can be read as {' or '.join(formats)}")
    return formats


MAX_UNPARSED_DATES = 1000  # distinct texts that are kept, to check at the end whether another format parses them
FALLBACK_ENCODING = "cp1252"  # encoding of text that is not UTF-8


@dataclass(frozen=True, eq=False)
class ParsedChunk:
    """Parsed lines of a chunk, the status of each line, and the chunk's evidence about whole columns.

    `decimal_evidence` holds decimal marks of columns that the first records did not determine; `unparsed_dates` counts
    texts that no date format of the schema parses; `mojibake` describes characters that were encoded twice;
    `repeated_lines` counts repeated lines, if all lines of the file were compared.
    """

    export: OrderExport
    order_lines: OrderLines
    line_status: LineStatus
    decimal_evidence: tuple[DecimalEvidence, ...] = ()
    unparsed_dates: Mapping[str, int] = field(default_factory=dict)
    mojibake: Mojibake = field(default_factory=Mojibake)
    repeated_lines: int | None = None


def parse_chunk(body: bytes, schema: ChunkSchema, settings: IngestSettings, limits: DayLimits) -> ParsedChunk:
    """Parse a chunk of whole records.

    Raises:
        ChunkMismatch: if the chunk contradicts the schema.
    """
    export = _build_chunk_export(body, schema)
    try:
        order_lines, line_status = apply_policies(
            OrderLevelExport(export, _create_empty_mask(export)), settings, limits, UnitScales()
        )
    except InputProblem as problem:  # about the whole column, which only all chunks together can decide
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
    raw_table = parser.read_chunk_table(dialect, file.content.name, file.header, schema.columns)
    return OrderExport(
        file.content,
        raw_table,
        file.mapping,
        schema.source,
        status=file.status,
        date_formats=schema.date_formats,
    )


def validate_chunk_text(body: bytes, input_file: InputFile) -> bytes:
    """Return a chunk as UTF-8, after validating its quotes and line ends."""
    dialect = input_file.dialect
    try:
        text = recode_chunk(body, dialect.encoding)
    except UnicodeDecodeError as error:
        fallback = FALLBACK_ENCODING if input_file.source.encoding is None and dialect.encoding == "utf-8" else None
        line = body.count(b"\n", 0, error.start) + 1
        raise ChunkMismatch(f"not {dialect.encoding}", line=line, encoding=fallback) from None
    if b'"' in text and not quoting.has_valid_quotes(text, dialect.delimiter):
        raise ChunkMismatch("stray quotes inside a field")
    if b"\r" in text and b"\r" in text.replace(b"\r\n", b""):
        raise ChunkMismatch("a carriage return without a line feed")
    return text


def _collect_decimal_evidence(export: OrderExport, column_names: Sequence[str]) -> tuple[DecimalEvidence, ...]:
    return tuple(_column_evidence(export, export.mapping.columns[name]) for name in column_names)


def _column_evidence(export: OrderExport, name: str) -> DecimalEvidence:
    texts = export.raw_table.columns[name]
    if not contains_any_byte(texts, b".,") and is_ascii_column(texts):
        return DecimalEvidence()
    return number_parsing.decimal_evidence(export.raw_table.encode_column(name).without_outer_blanks.categories)


def _count_unparsed_dates(export: OrderExport, order_lines: OrderLines) -> Mapping[str, int]:
    """Count the texts that no date format parses; reject a repeated header, which would be among them."""
    rows = np.flatnonzero(np.isnat(order_lines.times))
    if not len(rows):
        return {}
    name = export.mapping.columns[columns.ORDER_DATE]
    counts = pc.value_counts(pc.utf8_trim_whitespace(export.raw_table.columns[name].take(rows))).to_pylist()
    unparsed_dates = Counter({entry["values"]: entry["counts"] for entry in counts if entry["values"]})
    if name in unparsed_dates:
        raise ChunkMismatch("repeated header", name)
    if len(unparsed_dates) > MAX_UNPARSED_DATES:
        raise ChunkMismatch("many values match no date format", name, export.raw_table.line_number(int(rows[0])))
    return unparsed_dates
