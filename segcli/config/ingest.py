"""`ingest:` input files, their formats, and the rules that define an order."""

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from segcli import plugins
from segcli.columns import CUSTOMER_ID, CUSTOMER_TABLE_COLUMNS, DESCRIPTION_COLUMNS, MEASURES, TRANSACTION_COLUMNS
from segcli.config.section import PATH_MARK, PATH_OR_NAME_MARK, NeedsAllLines, Section, literal_type

ColumnMapping = TypeVar("ColumnMapping", bound=Mapping[str, object])

ENGINE_NAMES = plugins.list_plugin_files("segcli.customers.engines")
if TYPE_CHECKING:
    EngineName = str
else:
    EngineName = literal_type(ENGINE_NAMES)


def check_standard_columns(column_mapping: ColumnMapping) -> ColumnMapping:
    """Check that all keys of a mapping are standard columns, and return the mapping.

    Raises:
        ValueError: if a key is not a standard column; the message suggests a similar name.
    """
    known_columns = {**TRANSACTION_COLUMNS, **CUSTOMER_TABLE_COLUMNS}
    for name in column_mapping:
        if name not in known_columns:
            close_names = difflib.get_close_matches(name, known_columns, n=1)
            suggestion = (
                f"; did you mean '{close_names[0]}'?" if close_names else f"; known: {', '.join(known_columns)}"
            )
            raise ValueError(f"no standard column '{name}'{suggestion}")
    return column_mapping


def lines_allowed(line_limit: int | str, line_count: float) -> float:
    """Return the number of lines that a limit allows, given the total number of lines.

    >>> lines_allowed(3, 200), lines_allowed("5%", 200)
    (3, 10.0)
    """
    return line_limit if isinstance(line_limit, int) else float(line_limit.removesuffix("%")) / 100 * line_count


DateOutliers = Literal["exclude", "keep", "reject"]

CALENDAR_NAMES = ("gregorian", "buddhist", "minguo")
Calendar = Literal["gregorian", "buddhist", "minguo"]


def _check_calendar(calendar: object) -> object:
    if calendar in {"hijri", "persian"}:
        raise ValueError(
            f"{calendar} dates cannot be converted reliably; export Gregorian dates, or use buddhist or minguo"
        )
    return calendar


def _check_delimiter(delimiter: str) -> str:
    if delimiter != "\t" and (delimiter == '"' or not (delimiter.isascii() and delimiter.isprintable())):
        raise ValueError("must be a tab or a printable ASCII character other than a quote")
    return delimiter


_COLUMN_NAME_SCHEMA = {"type": "string", "minLength": 1}
StandardColumns = Annotated[
    dict[str, Annotated[str, Field(min_length=1)]],
    AfterValidator(check_standard_columns),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                CUSTOMER_ID: {"anyOf": [_COLUMN_NAME_SCHEMA, {"type": "array", "items": _COLUMN_NAME_SCHEMA}]}
            },
            "additionalProperties": _COLUMN_NAME_SCHEMA,
        }
    ),
]


def check_line_limit(line_limit: int | str) -> int | str:
    """Check that a limit is a number of lines or a share such as "5%", and return it.

    Raises:
        ValueError: if it is neither.
    """
    if (isinstance(line_limit, int) and line_limit >= 0) or (
        isinstance(line_limit, str) and re.fullmatch(r"\d+(\.\d+)?%", line_limit)
    ):
        return line_limit
    raise ValueError(f"must be a number of lines or a share like 5%; got {line_limit}")


WRITTEN_CLOCK = "written"  # time zone setting: keep each date in the local time it is written in


def _check_time_zone(time_zone: str) -> str:
    if time_zone != WRITTEN_CLOCK and time_zone not in available_timezones():
        close_names = difflib.get_close_matches(time_zone, available_timezones(), n=1)
        raise ValueError(f"no time zone '{time_zone}'{f'; did you mean {close_names[0]}?' if close_names else ''}")
    return time_zone


EPOCH_FORMATS = ("epoch_s", "epoch_ms", "epoch_us", "excel", "excel1904")


def _check_date_format(date_format: str) -> str:
    """Check that a date format is valid for strptime or is the name of a numeric date format."""
    if date_format in EPOCH_FORMATS:
        return date_format
    try:
        datetime.strptime("", date_format)  # noqa: DTZ007 - only the format matters
    except (ValueError, re.error) as error:
        if "does not match" not in str(error):
            raise ValueError(
                f"is no format that strptime reads ({error}); or one of {', '.join(EPOCH_FORMATS)}"
            ) from None
    if "%" not in date_format:
        raise ValueError(f"must be a format such as %d/%m/%Y, or one of {', '.join(EPOCH_FORMATS)}; got {date_format}")
    return date_format


def _check_language(language: str) -> str:
    known_languages = plugins.list_plugins("segcli.ingest.words", ".yaml")
    if language not in known_languages:
        raise ValueError(f"no language '{language}'; known: {', '.join(known_languages)}")
    return language


def _rename_old_engine(engine: object) -> object:
    """Map engine names from before version 0.2 to the current name."""
    return "local" if engine in {"auto", "pandas", "duckdb"} else engine


def _check_measures(names: list[str]) -> list[str]:
    known_measures = (*MEASURES, *DESCRIPTION_COLUMNS)
    for name in names:
        if name not in known_measures:
            close_names = difflib.get_close_matches(name, known_measures, n=1)
            raise ValueError(f"no measure '{name}'{f'; did you mean {close_names[0]}?' if close_names else ''}")
    return names


ALL_MEASURES: Literal["all"] = "all"


def _check_all_measures(selection: object) -> object:
    if selection != ALL_MEASURES:
        raise ValueError(f"must be all, or a list such as [recency_days, orders, revenue]; got {selection}")
    return selection


MeasureSelection = Annotated[
    Annotated[Literal["all"], BeforeValidator(_check_all_measures), Tag("a word")]
    | Annotated[list[str], AfterValidator(_check_measures), Tag("a list")],
    Discriminator(lambda value: "a list" if isinstance(value, list) else "a word"),
]


class Source(Section):
    """One export: where it is and how it is written; what is not given is recognised and said."""

    path: str | None = Field(
        None,
        description="File, folder or pattern of files to read; `-` is standard input.",
        json_schema_extra=PATH_MARK,
    )
    preset: str | None = Field(
        None,
        description="Platform that wrote the file, such as shopify-orders; none: no preset; default: by the header.",
        json_schema_extra=PATH_OR_NAME_MARK,
    )
    columns: StandardColumns = Field(
        default_factory=dict,
        description="Standard columns and what the file calls them, such as {amount: Total}; default: recognised "
        "by name and content.",
    )
    fallback_ids: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list,
        description="Columns with another id of the customer, such as [Email], used where the customer id is blank; "
        "columns: {customer_id: [ID, Email]} means the same.",
    )
    leave_out: list[str] = Field(
        default_factory=list, description="Columns that are not read, such as what nobody needs to know of customers."
    )
    encoding: str | None = Field(
        None,
        description="Text encoding, such as cp1252; default: UTF-8, otherwise, with a warning, the encoding "
        "in which the header is known, or Windows-1252.",
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_check_delimiter)] | None = Field(
        None,
        description="Character between fields; default: comma, semicolon, tab or bar, whichever fits.",
    )
    encoding_errors: Annotated[Literal["strict", "replace"], NeedsAllLines()] = Field(
        "strict",
        description="Whether bytes that are no text refuse the file (strict), or become \ufffd and are counted "
        "(replace).",
    )
    quote: Annotated[str, Field(min_length=1, max_length=1), NeedsAllLines()] = Field(
        '"', description="Quotation mark around fields."
    )
    escape: Annotated[Annotated[str, Field(min_length=1, max_length=1)] | None, NeedsAllLines()] = Field(
        None, description="Character, such as a backslash, behind which the next one is taken as it is; default: none."
    )
    row_ids: Annotated[bool, NeedsAllLines()] = Field(
        default=False,
        description="Whether each row is a customer without an id, as in anonymous surveys; rows are then numbered.",
    )
    header: bool = Field(
        default=True,
        description="Whether the first record names the columns; otherwise they are column_1, column_2, ...",
    )
    skip_rows: int = Field(
        0, ge=0, description="Lines to leave out at the top; lines above the header are found without it."
    )
    skip_footer: Annotated[int, NeedsAllLines()] = Field(
        0, ge=0, description="Lines to leave out at the end, such as totals."
    )
    locale: Annotated[Annotated[str, AfterValidator(_check_language)] | None, NeedsAllLines()] = Field(
        None, description="Language whose month names, digits and decimal mark the file uses, such as de."
    )
    decimal: Literal[".", ","] | None = Field(
        None, description="Decimal mark (. or ,); default: what the column proves."
    )
    date_format: Annotated[str, AfterValidator(_check_date_format)] | None = Field(
        None,
        description="How dates are written, such as %d/%m/%Y, or epoch_s, epoch_ms, epoch_us, excel, excel1904; "
        "default: what the column proves.",
    )
    calendar: Annotated[Calendar, BeforeValidator(_check_calendar), NeedsAllLines()] = Field(
        "gregorian",
        description="Calendar of the years in dates: gregorian, buddhist (2566 is 2023) or minguo (112 is 2023).",
    )
    century: int | None = Field(
        None, ge=1800, le=2000, description="First of the hundred years in which two-digit years lie, such as 1950."
    )
    memory_guard: bool = Field(
        default=True, description="Whether a file that needs more memory than is free is refused before it is read."
    )
    timezone: Annotated[str, AfterValidator(_check_time_zone)] | None = Field(
        None,
        description="Time zone in which days are counted where dates carry offsets, such as Europe/Berlin; "
        "written: each date by its own clock.",
    )
    match: Literal["customer_id", "email", "phone"] | None = Field(
        None,
        description="Column by which rows of a joined file find their customer; default: customer_id, or email "
        "where only that is shared.",
    )
    amount_per: Annotated[Literal["line", "order"] | None, NeedsAllLines(values=("order",))] = Field(
        None,
        description="Whether an amount is the line's (line), or the whole order's and counts once (order); "
        "default: the line's.",
    )
    discount: Annotated[
        Literal["none", "line", "order", "percent", "fraction"] | None, NeedsAllLines(values=("order",))
    ] = Field(
        None,
        description="What the discount column subtracts from amounts: nothing (none), the line's (line) or once the "
        "order's (order) discount, or a part in percent (10) or as a fraction (0.1); default: nothing, with a note.",
    )
    order_ids: Literal["unique", "daily"] | None = Field(
        None,
        description="Whether an order id names one order of a customer (unique), or one a day, as receipt counters "
        "that start again do (daily); default: what the file shows.",
    )
    void: dict[str, list[str]] | None = Field(
        None,
        description="Lines that are no orders, by column and values, such as {Status: [cancelled]}; '*' is any "
        "text in that column but words such as no and false.",
    )
    void_mode: Literal["add", "replace"] = Field(
        "add", description="Whether `void` adds to the values that the preset lists (add) or replaces them (replace)."
    )
    returned: dict[str, list[str]] | None = Field(
        None,
        description="Values that mean a refund whose amount has no minus, by column, such as {Type: [Refund]}; "
        "default: recognised by their words.",
    )

    @model_validator(mode="before")
    @classmethod
    def _split_fallback_ids(cls, values: object) -> object:
        """Convert a list of customer id columns into the first column and its fallbacks."""
        columns = values.get("columns") if isinstance(values, dict) else None
        names = columns.get(CUSTOMER_ID) if isinstance(columns, dict) else None
        if not isinstance(values, dict) or not isinstance(columns, dict) or not isinstance(names, list) or not names:
            return values
        return {**values, "columns": {**columns, CUSTOMER_ID: names[0]}, "fallback_ids": names[1:]}


class IngestSettings(Section):
    """`ingest:` sources and policies."""

    transactions: Source = Field(default_factory=Source, description="Orders or order lines.")
    customers: Source | None = Field(None, description="One row per customer: who they are. Keys as for transactions.")
    responses: Source | None = Field(
        None, description="One row per answering customer: survey answers. Keys as for transactions."
    )
    contacts: Source | None = Field(
        None,
        description="Addresses and names by customer, kept apart: only exports see them. Keys as for transactions.",
    )
    returns: Literal["net", "exclude", "separate"] = Field(
        "net",
        description="Whether returns lower revenue (net), are left out (exclude) or are shown beside it (separate).",
    )
    free_lines: Literal["keep", "exclude"] = Field(
        "keep", description="Whether order lines with amount 0 count (keep) or not (exclude)."
    )
    date_outliers: DateOutliers = Field(
        "exclude",
        description="Whether lines whose date is more than a year from all others, such as 2042 among 2023 or the "
        "placeholder 1970-01-01, are ignored (exclude), used (keep) or rejected (reject).",
    )
    collapse: Literal["order", "day"] = Field(
        "order",
        description="What counts as one order: an order id (order), or all that a customer buys on a day (day).",
    )
    id_case: Literal["auto", "keep", "upper", "lower"] = Field(
        "auto",
        description="Whether customer ids that differ only by case are one customer (upper, lower) or not (keep); "
        "auto: e-mail addresses are.",
    )
    id_apostrophes: Literal["drop", "keep"] = Field(
        "drop",
        description="Whether an apostrophe before a customer id, such as '00123, is dropped (drop) or kept (keep).",
    )
    phone_region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        None, description="Country, such as DE, of phone numbers written without a country code."
    )
    id_decimals: Literal["drop", "keep"] = Field(
        "drop", description="Whether customer ids such as 12345.0 become 12345 (drop) or stay as they are (keep)."
    )
    exclude_ids: list[str] = Field(
        default_factory=list,
        description="Customer ids that stand for many people, such as [guest]; their lines are ignored.",
    )
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Worth of 1 of each currency in one of them, such as {EUR: 1, USD: 0.92}, for exports in several.",
    )
    engine: Annotated[EngineName, BeforeValidator(_rename_old_engine)] = Field(
        "local", description=f"Engine that aggregates order exports: {plugins.join_words(ENGINE_NAMES)}."
    )
    memory: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$")] | None = Field(
        None,
        description="Memory for the totals of order exports, such as 1GB; beyond it they are written to temporary "
        "files. Default: half of the free memory.",
    )
    spark_master: Annotated[str, Field(pattern=r"^(local|spark://|yarn|k8s://)")] = Field(
        "local[*]", description="Where the engine spark runs: local[*], spark://HOST:PORT, yarn or k8s://..."
    )
    measures: MeasureSelection = Field(
        default_factory=list,
        description="Measures to compute for each customer: a list such as [recency_days, orders, revenue], or all; "
        "default: those that the command uses.",
    )
    state: str | None = Field(
        None,
        description="Folder that keeps what was read of order exports, so that the next run reads new files only.",
        json_schema_extra=PATH_MARK,
    )
    rejects: Annotated[str | None, NeedsAllLines("run")] = Field(
        None, description="CSV file for the rejected lines; default: none is written.", json_schema_extra=PATH_MARK
    )
    max_rejects: Annotated[int | str, AfterValidator(check_line_limit)] | None = Field(
        None,
        description="Most rejected lines that an export may have, as a number or a share such as 5%; with more "
        "it is refused.",
    )
    overlap: Literal["once", "refuse", "keep"] | None = Field(
        None,
        description="What happens to lines that several files of one run share: they count once (once) or each time "
        "(keep), or the files are refused (refuse); default: once, unless so few are alike that it may be chance.",
    )
    dedupe: Annotated[Literal["none", "lines"], NeedsAllLines("run")] = Field(
        "none",
        description="Whether exact repeats of an order line are ignored (lines), or kept and reported (none).",
    )
