"""How the chunks of an order export are written: what its first records show, and what no chunk may contradict."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from segcli import columns
from segcli.columns import ColumnKind
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.errors import InputProblem
from segcli.ingest import dates, numbers
from segcli.ingest.date_formats import DATE_FORMATS, get_day_and_offset
from segcli.ingest.date_reading import parse_with_format
from segcli.ingest.encoding_guess import CANDIDATE_ENCODINGS
from segcli.ingest.export import OrderExport
from segcli.ingest.numbers import DecimalEvidence
from segcli.ingest.opening import InputFile

NUMERIC_ORDER_COLUMNS = tuple(
    name for name, kind in columns.TRANSACTION_COLUMNS.items() if kind in {ColumnKind.NUMBER, ColumnKind.MONEY}
)
CHUNKABLE_ENCODINGS = (  # a byte of a line end or a quote is never part of another character
    *("utf-8", "cp1252", "latin-1", "iso-8859-1", "windows-1252", "utf8", "ascii", "windows-1251", "gbk", "gb2312"),
    *CANDIDATE_ENCODINGS,
)


class ChunkMismatch(Exception):
    """A chunk contradicts what the first records of its file show.

    Args:
        reason: what differs.
        column: the header's name of the column, where one differs.
        line: the physical line, counted within the chunk or, after `shift_lines`, within the file.
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

    def shift_lines(self, lines_above: int) -> "ChunkMismatch":
        """Return the same mismatch of a chunk that has so many lines of its file above it."""
        line = None if self.line is None else self.line + lines_above
        return ChunkMismatch(self.reason, self.column, line, self.encoding, self.is_format)

    def __str__(self) -> str:
        """As a note shows it: what, and where."""
        location = "" if self.line is None else f"line {self.line:,}: "
        return f"{location}{'' if self.column is None else f'column {self.column!r}: '}{self.reason}"


@dataclass(frozen=True)
class ChunkSchema:
    """An export whose first records are understood.

    `source` says how every chunk is written and `columns` which columns are read. `date_formats` read the order dates;
    they are final if the user declared one. `undecided_columns` are the columns of numbers whose decimal mark the first
    records do not prove. `has_rates` tells whether currencies can be converted. `notes` say how the schema was found.
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
        """Lines above the first record below the header."""
        dialect = self.input_file.dialect
        return dialect.skipped_lines + dialect.header_line_count + dialect.hidden_lines

    def with_order_ids(self, order_ids: Literal["unique", "daily"]) -> "ChunkSchema":
        """The same schema, by which order ids are read so."""
        source = self.source.model_copy(update={"order_ids": order_ids})
        return replace(self, input_file=self.input_file.with_order_ids(order_ids), source=source)

    @property
    def has_quoted_records(self) -> bool:
        """Whether records, not their header, have quotes, and so may hold line ends."""
        dialect = self.input_file.dialect
        return b'"' in b"".join(dialect.body.splitlines(keepends=True)[dialect.header_line_count :])

    @property
    def has_inferred_dates(self) -> bool:
        """Whether the date format was found, not declared."""
        return self.input_file.source.date_format is None


def select_order_columns(input_file: InputFile) -> list[str]:
    """Name the columns of an order export that are read: recognised ones, and those that say what became of a line."""
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
    """Find out how the chunks of a file are written.

    Args:
        input_file: the first records of an order export.
        settings: policies.
        privacy: how long orders may be kept.
        has_as_of: whether the as-of day is given.

    Raises:
        ChunkMismatch: the file cannot be read in chunks.
    """
    _require_chunkable(input_file, settings, privacy, has_as_of=has_as_of)
    selected_columns = select_order_columns(input_file)
    try:
        raw_table = input_file.read_table(selected_columns)
    except InputProblem as problem:
        raise ChunkMismatch(str(problem)) from None
    if raw_table.bad_rows or not raw_table.rows:
        raise ChunkMismatch("the first records do not have the fields of the header")
    export = OrderExport(input_file.content, raw_table, input_file.mapping, input_file.source, status=input_file.status)
    numeric_columns = (
        ()
        if input_file.source.decimal
        else [name for name in NUMERIC_ORDER_COLUMNS if name in input_file.mapping.columns]
    )
    evidence = {
        name: numbers.decimal_evidence(
            raw_table.encode_column(input_file.mapping.columns[name]).without_outer_blanks.categories
        )
        for name in numeric_columns
    }
    proven_marks = {decimal for column_evidence in evidence.values() for decimal in column_evidence.proven_marks}
    if len(proven_marks) > 1:
        raise ChunkMismatch("the first records have decimal points and decimal commas")
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
    """Change a schema to what all chunks show together.

    Args:
        schema: that some chunks contradict.
        evidence: by column of `undecided_columns`, those of all chunks.
        unparsed_dates: texts that no date format of the schema reads, with their number of lines.
        dated_lines: lines whose date is read.

    Raises:
        ChunkMismatch: no schema fits all chunks.
    """
    proven_marks = frozenset[str]().union(*(column_evidence.proven_marks for column_evidence in evidence))
    if len(proven_marks) > 1:
        raise ChunkMismatch("some amounts have a decimal point and some a decimal comma")
    source, notes = schema.source, list(schema.notes)
    if proven_marks and proven_marks != {source.decimal}:
        decimal = next(iter(proven_marks))
        source = source.model_copy(update={"decimal": decimal})
        notes.append(f"decimal mark '{decimal}', which only later records show")
    formats = _extend_formats(schema.date_formats, unparsed_dates, dated_lines)
    if formats != schema.date_formats:
        notes.append(
            "dates are also written as "
            f"{' and '.join(date_format for date_format in formats if date_format not in schema.date_formats)}"
        )
    undecided_columns = tuple(
        name
        for name, column_evidence in zip(schema.undecided_columns, evidence, strict=True)
        if not column_evidence.proven_marks and source.decimal == "."
    )
    return replace(schema, source=source, date_formats=formats, undecided_columns=undecided_columns, notes=tuple(notes))


def find_other_formats(formats: Sequence[str], unparsed_dates: Mapping[str, int]) -> dict[str, int]:
    """Find the date formats that read texts which the given formats do not, with the number of lines they read."""
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
        raise ChunkMismatch(
            f"some dates are written as {formats[0]} and some as {max(new_formats, key=new_formats.__getitem__)}"
        )
    lines_by_format = Counter({formats[0]: dated_lines, **new_formats})
    all_formats = {*formats, *new_formats}
    return tuple(sorted(all_formats, key=lambda form: (-lines_by_format[form], DATE_FORMATS.index(form))))


def _require_chunkable(
    input_file: InputFile, settings: IngestSettings, privacy: PrivacySettings, *, has_as_of: bool
) -> None:
    """Refuse chunks where lines are not decided one by one, or the file is not plain records of text."""
    source, dialect = input_file.source, input_file.dialect
    whole_file_settings = [
        *settings.list_all_lines_settings("ingest."),
        *source.list_all_lines_settings("ingest.transactions."),
        *privacy.list_all_lines_settings("privacy."),
        *(["privacy.retention without --as-of"] if privacy.retention_days is not None and not has_as_of else []),
    ]
    if whole_file_settings:
        raise ChunkMismatch(f"{', '.join(whole_file_settings)} needs all lines at once")
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
        raise ChunkMismatch(f"dates are written as {' or '.join(formats)}")
    return formats
