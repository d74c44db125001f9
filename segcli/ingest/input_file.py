"""Open an input file and detect its kind: orders, or one row per customer."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from segcli import columns
from segcli.config.ingest import Source
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest import dialect, parser, presets
from segcli.ingest.column_content import UNITLESS_TENURES, ContentChecker
from segcli.ingest.column_detection import match_currency, match_order_date, suggest_columns
from segcli.ingest.column_matching import (
    CUSTOMER_VOCABULARY,
    ORDER_VOCABULARY,
    ColumnMapping,
    check_declared_columns,
    is_name_of,
    match_columns,
    normalise_name,
    sort_mapping,
)
from segcli.ingest.rival_amounts import RivalAmount, find_rival_amounts, has_discounted_prices
from segcli.ingest.status_columns import StatusColumns, find_status_columns
from segcli.ingest.survey_layouts import Survey, detect_survey, find_experience_columns
from segcli.io import read as files

POSSIBLE_STATUS_COLUMNS = (
    columns.CATEGORY,
    columns.CHANNEL,
    columns.PAYMENT,
    columns.REGION,
)  # a column named State may hold order statuses
STATUS_SAMPLE_RECORDS = 1000  # records in which to detect order statuses
MEMORY_PER_BYTE = 10  # bytes of memory per byte of text; measured with a million lines (benchmarks/README.md)
FIRST_LINE_BYTES = 64_000  # bytes that are checked to recognise a table that segcli wrote
ROW_NUMBER_COLUMN = "row number"  # column with row numbers, for rows without an id
_EMPTY_MAPPING = ColumnMapping({}, {})


@dataclass(frozen=True)
class InputFile:
    """Input file with a parsed header and an unparsed body.

    `requested_source` holds the user's settings, `status` the columns with the status of lines. `rival_amounts` are
    other columns that may be the amount. `contains_discount` is true if prices are after discounts. `survey` describes
    a survey export.
    """

    content: files.FileContent
    dialect: dialect.Dialect
    header: tuple[str, ...]
    mapping: ColumnMapping
    is_orders: bool
    is_segcli_output: bool
    source: Source
    preset: str = ""
    advice: str = ""
    requested_source: Source = field(default_factory=Source)
    status: StatusColumns = field(default_factory=StatusColumns)
    rival_amounts: tuple[RivalAmount, ...] = ()
    contains_discount: bool = False
    survey: Survey | None = None

    @property
    def key_column(self) -> str | None:
        """Standard column that identifies customers in this file: customer_id, or email as a fallback."""
        name = self.mapping.columns.get(columns.CUSTOMER_ID)
        if name is None:
            return columns.EMAIL if columns.EMAIL in self.mapping.columns else None
        return columns.EMAIL if is_name_of(name, columns.EMAIL) else columns.CUSTOMER_ID

    @property
    def has_no_records(self) -> bool:
        """Whether there are no records below the header; False for the head of a large file."""
        return self.dialect.has_no_records and not self.content.is_head

    def with_customer_id(self, standard: str) -> "InputFile":
        """Return the same file with another of its columns as the customer id.

        Raises:
            InputProblem: if there is no such column.
        """
        file_columns = dict(self.mapping.columns)
        if standard not in file_columns:
            raise InputProblem(
                f"no column recognised as {standard}, which identifies the customers",
                source=self.content.name,
                line=1,
                remedy=f"choose the column with columns: {{{standard}: NAME}}",
            )
        file_columns[columns.CUSTOMER_ID] = file_columns.pop(standard)
        return replace(self, mapping=sort_mapping(ColumnMapping(file_columns, self.mapping.match_reasons)))

    def drop_columns(self, standards: Collection[str]) -> "InputFile":
        """Return the same file without these standard columns."""
        remaining = {
            standard: file_name for standard, file_name in self.mapping.columns.items() if standard not in standards
        }
        return replace(self, mapping=ColumnMapping(remaining, self.mapping.match_reasons))

    def drop_unmapped(self) -> "InputFile":
        """Return the same file without unrecognised columns; a table that segcli wrote keeps all columns."""
        if self.is_segcli_output:
            return self
        unmapped_columns = [name for name in self.header if name not in self.mapping.columns.values()]
        return replace(self, source=self.source.model_copy(update={"leave_out": unmapped_columns}))

    def with_order_ids(self, order_ids: Literal["unique", "daily"] | None) -> "InputFile":
        """Return the same file with another interpretation of order ids."""
        return replace(self, source=self.source.model_copy(update={"order_ids": order_ids}))

    @property
    def may_reuse_order_ids(self) -> bool:
        """Whether neither the user nor a preset declares the scope of order ids."""
        return self.source.order_ids is None and not self.preset

    def read_table(
        self, selected_columns: list[str] | None = None, numeric_columns: Collection[str] = ()
    ) -> parser.RawTable:
        """Read the selected columns (default: all except `leave_out`) as text, or as numbers where requested."""
        excluded_columns = self.source.leave_out
        if excluded_columns and selected_columns is None:
            selected_columns = [name for name in self.header if name not in excluded_columns]
        raw_table = parser.read_table(self.dialect, self.content.name, selected_columns, numeric_columns)
        return parser.add_row_numbers(raw_table, ROW_NUMBER_COLUMN) if self.source.row_ids else raw_table


def open_input(
    source: Source,
    content: files.FileContent | None = None,
    *,
    may_hold_orders: bool = True,
    memory_limit: int | None = None,
) -> InputFile:
    """Read the bytes of a file (or use those given), its dialect and header, and recognise its columns.

    A file with an order count and a last order (or recency) per row holds customers. A file with an order date holds
    orders. Any other file with a customer id holds customers. A file that is joined to orders holds customers even if
    it has dates, such as a creation date. A compressed file that needs more than `memory_limit` bytes is rejected.
    """
    if source.path is None:
        raise UsageProblem("no input; hint: name a file, pipe one in, or set ingest.transactions.path in a config")
    content = content or files.read_file(
        source.path,
        memory_per_byte=MEMORY_PER_BYTE if source.memory_guard or memory_limit else 0,
        memory_limit=memory_limit,
    )
    unmatched_file = _read_header(source, content)
    source, header = unmatched_file.source, unmatched_file.header
    preset = None if unmatched_file.is_segcli_output else presets.choose_preset(source.preset, header, content.name)
    if preset and (may_hold_orders or preset[1].holds == "customers"):
        return _apply_preset(unmatched_file, *preset)
    content_check = ContentChecker(unmatched_file.dialect, header, source)
    customer_mapping = _match_unmapped(unmatched_file, CUSTOMER_VOCABULARY, content_check)
    order_mapping = _match_customer_id(_match_unmapped(unmatched_file, ORDER_VOCABULARY, content_check))
    survey = None if unmatched_file.is_segcli_output else _find_survey(unmatched_file, order_mapping, content_check)
    if survey:
        customer_mapping = _match_experience(unmatched_file, survey, customer_mapping, content_check)
        unmatched_file = replace(unmatched_file, survey=survey)
    if source.row_ids:
        return _note_tenure(replace(unmatched_file, mapping=_map_row_numbers(unmatched_file, customer_mapping)))
    if survey and may_hold_orders and _holds_responses(source, survey, order_mapping):
        return _identify_responses(unmatched_file, survey, customer_mapping, content_check)
    may_hold_orders = may_hold_orders and not _has_customer_measures(customer_mapping.columns)
    if may_hold_orders and not unmatched_file.is_segcli_output:
        order_mapping, notes = match_order_date(order_mapping, customer_mapping, content_check)
        file_dialect = replace(unmatched_file.dialect, notes=(*unmatched_file.dialect.notes, *notes))
        unmatched_file = replace(unmatched_file, dialect=file_dialect)
    if may_hold_orders and columns.ORDER_DATE in order_mapping.columns:
        return _describe_orders(unmatched_file, order_mapping, content_check)
    status = _find_input_statuses(header, [], customer_mapping, source)
    has_customer_id = columns.CUSTOMER_ID in customer_mapping.columns
    advice = "" if has_customer_id or not may_hold_orders else suggest_columns(order_mapping, content_check)
    return _note_tenure(replace(unmatched_file, mapping=customer_mapping, status=status, advice=advice))


def _read_header(source: Source, content: files.FileContent) -> InputFile:
    """Detect the dialect and read the header; no column is mapped yet."""
    requested_source = source
    is_segcli_output = _is_segcli_output(content)
    if is_segcli_output:
        source = Source(path=source.path)  # the format of the user's exports does not apply to tables that segcli wrote
    file_dialect = dialect.detect_dialect(content, source)
    header = parser.read_header(file_dialect, content.name)
    declared_columns = [
        *source.columns.items(),
        *(("void", name) for name in source.void or ()),
        *(("leave_out", name) for name in source.leave_out),
        *(("returned", name) for name in source.returned or ()),
        *((columns.CUSTOMER_ID, name) for name in source.fallback_ids),
    ]
    check_declared_columns(declared_columns, header, content.name)
    return InputFile(
        content=content,
        dialect=file_dialect,
        header=header,
        mapping=_EMPTY_MAPPING,
        is_orders=False,
        is_segcli_output=is_segcli_output,
        source=source,
        requested_source=requested_source,
    )


def _match_unmapped(input_file: InputFile, vocabulary: frozenset[str], content_check: ContentChecker) -> ColumnMapping:
    """Map the columns that are not left out to standard columns of the vocabulary."""
    source = input_file.source
    names = [name for name in input_file.header if name not in source.leave_out]
    return match_columns(names, vocabulary, _select_declared(source.columns, vocabulary), content_check=content_check)


def _map_row_numbers(input_file: InputFile, customer_mapping: ColumnMapping) -> ColumnMapping:
    """Return the mapping with the number of the row as the customer id."""
    if columns.CUSTOMER_ID in input_file.source.columns:
        raise InputProblem(
            "row_ids cannot be combined with a mapped customer_id",
            source=input_file.content.name,
            remedy="drop one of the two",
        )
    file_columns = {**customer_mapping.columns, columns.CUSTOMER_ID: ROW_NUMBER_COLUMN}
    return sort_mapping(ColumnMapping(file_columns, customer_mapping.match_reasons))


def _find_survey(input_file: InputFile, order_mapping: ColumnMapping, content_check: ContentChecker) -> Survey | None:
    """Return the survey that a file holds; None if it has no records, or if the user maps columns of orders."""
    declared_columns = {columns.ORDER_DATE, columns.AMOUNT, columns.ORDER_ID} & set(input_file.source.columns)
    if declared_columns or not content_check.has_records or len(set(input_file.header)) < len(input_file.header):
        return None
    samples = {name: content_check.get_column_values(name) for name in input_file.header}
    return detect_survey(input_file.header, samples, order_mapping.columns)


def _holds_responses(source: Source, survey: Survey, order_mapping: ColumnMapping) -> bool:
    """Return whether each row of the main file is a response: no customer has several, and no id is declared."""
    if columns.CUSTOMER_ID in source.columns:
        return bool(survey.layout.title)
    return bool(survey.layout.title) or columns.CUSTOMER_ID not in order_mapping.columns


def _identify_responses(
    input_file: InputFile, survey: Survey, customer_mapping: ColumnMapping, content_check: ContentChecker
) -> InputFile:
    """Return a survey file with the customer id, the response id or the row number as the id of its respondents."""
    name = customer_mapping.columns.get(columns.CUSTOMER_ID, "")
    is_declared = columns.CUSTOMER_ID in input_file.source.columns
    if is_declared or (name and name not in survey.metadata and content_check.has_distinct_values(name)):
        return _note_tenure(replace(input_file, mapping=customer_mapping))
    id_column = survey.id_column
    if id_column:
        file_columns = {**customer_mapping.columns, columns.CUSTOMER_ID: id_column}
        match_reasons = {**customer_mapping.match_reasons, columns.CUSTOMER_ID: "response id"}
        return replace(input_file, mapping=sort_mapping(ColumnMapping(file_columns, match_reasons)))
    note = (
        f"{survey.title} without response ids: rows are numbered, and each is a respondent; "
        "hint: --map customer_id=NAME uses a column as the id"
    )
    numbered_file = replace(
        input_file,
        source=input_file.source.model_copy(update={"row_ids": True}),
        dialect=replace(input_file.dialect, notes=(*input_file.dialect.notes, note)),
    )
    return replace(numbered_file, mapping=_map_row_numbers(numbered_file, customer_mapping))


def _match_experience(
    input_file: InputFile, survey: Survey, customer_mapping: ColumnMapping, content_check: ContentChecker
) -> ColumnMapping:
    """Match questions about recommendation, satisfaction and effort to the measures of experience."""
    questions = dict(zip(input_file.header, input_file.dialect.questions or input_file.header, strict=False))
    used_columns = {*customer_mapping.columns.values(), *survey.metadata, *input_file.source.leave_out}
    open_questions = {name: questions.get(name) or name for name in input_file.header if name not in used_columns}
    samples = {name: content_check.get_column_values(name) for name in open_questions}
    found = find_experience_columns(open_questions, samples, customer_mapping.columns)
    match_reasons = {**customer_mapping.match_reasons, **dict.fromkeys(found, "question and range of answers")}
    return sort_mapping(ColumnMapping({**customer_mapping.columns, **found}, match_reasons))


def _describe_orders(input_file: InputFile, order_mapping: ColumnMapping, content_check: ContentChecker) -> InputFile:
    """Return the file as an order export, with what its first records show of status, currency and amounts."""
    header, source = input_file.header, input_file.source
    first_records = parser.sample_records(input_file.dialect, STATUS_SAMPLE_RECORDS)
    mapping = match_currency(header, first_records, order_mapping, source)
    return replace(
        input_file,
        mapping=mapping,
        is_orders=True,
        status=_find_input_statuses(header, first_records, mapping, source),
        rival_amounts=tuple(find_rival_amounts(header, first_records, mapping.columns, source)),
        advice=suggest_columns(order_mapping, content_check),
        contains_discount=has_discounted_prices(header, first_records, mapping.columns, source),
    )


def reopen_input(input_file: InputFile, *, memory_limit: int | None = None) -> InputFile:
    """Read a whole file of which only the first records have been read.

    Args:
        input_file: the file with its first records.
        memory_limit: upper bound of the memory for a compressed file, in bytes.

    Raises:
        InputProblem: if the file was changed meanwhile.
    """
    reopened_file = open_input(input_file.requested_source, memory_limit=memory_limit)
    files.require_same_version(input_file.content.name, reopened_file.content.version, input_file.content.version)
    return reopened_file


def _find_input_statuses(
    header: tuple[str, ...], records: Sequence[Sequence[str]], mapping: ColumnMapping, source: Source
) -> StatusColumns:
    declared_columns = [*source.leave_out, *(source.void or ()), *(source.returned or ())]
    used_columns = [name for standard, name in mapping.columns.items() if standard not in POSSIBLE_STATUS_COLUMNS]
    return find_status_columns(header, records, {*used_columns, *declared_columns})


def _apply_preset(input_file: InputFile, preset_name: str, preset: presets.Preset) -> InputFile:
    """Apply a preset to a file; the user's declarations take precedence."""
    source = preset.apply_to(input_file.source, input_file.header).model_copy(update={"preset": preset_name})
    if columns.UNIT_PRICE in input_file.source.columns and columns.AMOUNT in set(source.columns) - set(
        input_file.source.columns
    ):
        raise InputProblem(
            f"unit_price is declared, but the preset {preset_name} takes amounts from {source.columns[columns.AMOUNT]}",
            source=input_file.content.name,
            remedy="remove unit_price, or use --preset none",
        )
    is_orders = preset.holds == "orders"
    match_reasons = dict.fromkeys(source.columns, f"preset {preset_name}") | dict.fromkeys(
        input_file.source.columns, "declared"
    )
    mapping = sort_mapping(
        ColumnMapping(
            _select_declared(source.columns, ORDER_VOCABULARY if is_orders else CUSTOMER_VOCABULARY), match_reasons
        )
    )
    note = (
        f"{preset.title}: "
        f"{'recognised by the header' if input_file.source.preset is None else 'as requested'} (preset {preset_name})"
    )
    return replace(input_file, mapping=mapping, is_orders=is_orders, source=source, preset=note, advice=preset.advice)


def _is_segcli_output(content: files.FileContent) -> bool:
    """Return whether segcli wrote this table: its header has the measure or segment columns of segcli."""
    first_line = content.body[:FIRST_LINE_BYTES].partition(b"\n")[0].decode(errors="replace")
    names = set(first_line.strip().replace("\t", ",").replace('"', "").split(","))
    return columns.CUSTOMER_ID in names and (
        {columns.RECENCY_DAYS, columns.ORDERS} <= names
        or any(column_name.endswith(columns.SEGMENT_SUFFIX) for column_name in names)
    )


def _match_customer_id(order_mapping: ColumnMapping) -> ColumnMapping:
    """Use the email address as the customer id of orders without one; treat `Id` in an order export as the order id."""
    file_columns = dict(order_mapping.columns)
    if (
        order_mapping.match_reasons.get(columns.CUSTOMER_ID) != "declared"
        and normalise_name(file_columns.get(columns.CUSTOMER_ID, "")) == "id"
    ):
        del file_columns[columns.CUSTOMER_ID]
    if columns.CUSTOMER_ID not in file_columns and columns.EMAIL in file_columns:
        file_columns = {columns.CUSTOMER_ID: file_columns.pop(columns.EMAIL), **file_columns}
        return ColumnMapping(
            file_columns,
            {**order_mapping.match_reasons, columns.CUSTOMER_ID: "no customer id, only an e-mail address"},
        )
    return ColumnMapping(file_columns, order_mapping.match_reasons)


def _note_tenure(input_file: InputFile) -> InputFile:
    """Return the file with a note on a tenure without a unit, which stays a column of its own."""
    names = [name for name in input_file.header if normalise_name(name) in UNITLESS_TENURES]
    open_names = [name for name in names if name not in input_file.mapping.columns.values()]
    if not open_names or columns.TENURE_DAYS in input_file.mapping.columns or input_file.is_segcli_output:
        return input_file
    note = (
        f"column '{open_names[0]}': its unit (days, months or years) is not known, so that it is kept as it is; "
        f"hint: --map {shlex.quote(f'tenure_days={open_names[0]}')} reads it as days"
    )
    return replace(input_file, dialect=replace(input_file.dialect, notes=(*input_file.dialect.notes, note)))


def _select_declared(declared_columns: Mapping[str, str], vocabulary: frozenset[str]) -> dict[str, str]:
    return {standard: name for standard, name in declared_columns.items() if standard in vocabulary}


def _has_customer_measures(file_columns: Mapping[str, str]) -> bool:
    return columns.ORDERS in file_columns and (
        columns.RECENCY_DAYS in file_columns or columns.LAST_ORDER in file_columns
    )
