"""`ingest:` input files, their formats, and the rules that define an order."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from segcli import plugins
from segcli.columns import CUSTOMER_ID
from segcli.config.events import EventSource, EventTableName
from segcli.config.ingest_types import (
    ENGINE_NAMES,
    Calendar,
    DateOutliers,
    EngineName,
    MeasureSelection,
    StandardColumns,
    check_calendar,
    check_date_format,
    check_delimiter,
    check_language,
    check_line_limit,
    check_time_zone,
    rename_old_engine,
)
from segcli.config.lookups import LookupName, LookupSource
from segcli.config.section import PATH_MARK, PATH_OR_NAME_MARK, NeedsAllLines, Section


class Source(Section):
    """One input file: location and format. segcli detects and reports values that are not set."""

    path: str | None = Field(
        None,
        description="Your file, folder or glob pattern. `-` reads standard input. Name a table in a file with "
        "`?table=`, for example sqlite:shop.db?table=orders.",
        json_schema_extra=PATH_MARK,
    )
    preset: str | None = Field(
        None,
        description="Preset for the platform that exported your file, for example shopify-orders. none disables "
        "presets. Default: detected from the header.",
        json_schema_extra=PATH_OR_NAME_MARK,
    )
    columns: StandardColumns = Field(
        default_factory=dict,
        description="Column mapping from standard names to names in your file, for example {amount: Total}. Default: "
        "detected from names and content.",
    )
    fallback_ids: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list,
        description="Fallback columns for blank customer ids, for example [Email]. Short form: columns: {customer_id: "
        "[ID, Email]}.",
    )
    leave_out: list[str] = Field(
        default_factory=list,
        description="Columns that segcli does not read, for example personal data that your analysis does not need.",
    )
    encoding: str | None = Field(
        None,
        description="Text encoding, for example cp1252. Default: UTF-8. If your file is not UTF-8, segcli warns and "
        "uses the encoding in which it recognises the header, or Windows-1252.",
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1), AfterValidator(check_delimiter)] | None = Field(
        None,
        description="Field delimiter of your file. Default: detected (comma, semicolon, tab or bar).",
    )
    encoding_errors: Annotated[Literal["strict", "replace"], NeedsAllLines()] = Field(
        "strict",
        description="Invalid bytes in the text: reject the file (strict), or replace them by \ufffd and count them "
        "(replace).",
    )
    quote: Annotated[str, Field(min_length=1, max_length=1), NeedsAllLines()] = Field(
        '"', description="Quote character around fields."
    )
    escape: Annotated[Annotated[str, Field(min_length=1, max_length=1)] | None, NeedsAllLines()] = Field(
        None, description="Escape character, for example a backslash. Default: none."
    )
    row_ids: Annotated[bool, NeedsAllLines()] = Field(
        default=False,
        description="Treat each row as one customer without an id, as in anonymous surveys. segcli then uses row "
        "numbers as ids.",
    )
    header: bool = Field(
        default=True,
        description="Whether the first record contains the column names. If false, the columns are column_1, "
        "column_2, ...",
    )
    skip_rows: int = Field(
        0,
        ge=0,
        description="Number of lines to skip at the top of your file. segcli finds lines above the header on its own.",
    )
    skip_footer: Annotated[int, NeedsAllLines()] = Field(
        0, ge=0, description="Number of lines to skip at the end of your file, for example totals."
    )
    locale: Annotated[Annotated[str, AfterValidator(check_language)] | None, NeedsAllLines()] = Field(
        None,
        description="Language of the month names, digits and decimal mark in your file, for example de.",
    )
    decimal: Literal[".", ","] | None = Field(
        None, description="Decimal mark of your amounts (. or ,). Default: detected for each column."
    )
    date_format: Annotated[str, AfterValidator(check_date_format)] | None = Field(
        None,
        description="Date format, for example %d/%m/%Y, or epoch_s, epoch_ms, epoch_us, excel, excel1904. Default: "
        "detected for each column.",
    )
    calendar: Annotated[Calendar, BeforeValidator(check_calendar), NeedsAllLines()] = Field(
        "gregorian",
        description="Calendar of the years in dates: gregorian, buddhist (2566 is 2023) or minguo (112 is 2023).",
    )
    century: int | None = Field(
        None,
        ge=1800,
        le=2000,
        description="First year of the century for two-digit years. For example, 1950 maps them to 1950-2049.",
    )
    memory_guard: bool = Field(
        default=True, description="Reject a file that needs more memory than you have free, before reading it."
    )
    timezone: Annotated[str, AfterValidator(check_time_zone)] | None = Field(
        None,
        description="Time zone for dates with a UTC offset, for example Europe/Berlin. written keeps each date in its "
        "own local time.",
    )
    match: Literal["customer_id", "email", "phone"] | None = Field(
        None,
        description="Join column: customer_id, email or phone. Default: customer_id, or email if the files share only "
        "that.",
    )
    amount_per: Annotated[Literal["line", "order"] | None, NeedsAllLines(values=("order",))] = Field(
        None,
        description="Meaning of your amount column: amount of the line (line), or total of the order, counted once "
        "(order). Default: line.",
    )
    amount_unit: Literal["major", "minor"] | None = Field(
        None,
        description="Unit of your amounts: 1.00 of the currency (major), or its smallest unit, such as cents (minor). "
        "Default: minor for columns with a name such as amount_cents, otherwise major.",
    )
    discount: Annotated[
        Literal["none", "line", "order", "percent", "fraction"] | None, NeedsAllLines(values=("order",))
    ] = Field(
        None,
        description="Meaning of your discount column: ignored (none), amount per line (line), amount per order, "
        "subtracted once (order), percentage such as 10 (percent) or fraction such as 0.1 (fraction). Default: "
        "ignored, with a note.",
    )
    order_ids: Literal["unique", "daily"] | None = Field(
        None,
        description="Scope of an order id: one order of a customer (unique), or one order a day, for receipt counters "
        "that restart (daily). Default: detected.",
    )
    void: dict[str, list[str]] | None = Field(
        None,
        description="Void or cancelled lines, by column and values, for example {Status: [cancelled]}. '*' matches "
        "any text except words such as no and false.",
    )
    void_mode: Literal["add", "replace"] = Field(
        "add", description="Effect of `void` on the values of the preset: extend them (add) or replace them (replace)."
    )
    returned: dict[str, list[str]] | None = Field(
        None,
        description="Values that mark refunds with a positive amount, by column, for example {Type: [Refund]}. "
        "Default: detected from common words.",
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


class IdentitySettings(Section):
    """`ingest.identity:` the addresses by which several ids belong to one person."""

    path: str | None = Field(
        None,
        description="Your file with customer_id and addresses; an id may have several rows. Default: "
        "ingest.contacts.path.",
        json_schema_extra=PATH_MARK,
    )
    by: Annotated[list[Literal["email", "phone"]], Field(min_length=1)] = Field(
        ["email"], description="Addresses that identify a person: email, phone or both."
    )
    max_ids: int = Field(
        10, ge=2, description="Largest number of ids of one person. An address of more ids is not used."
    )


class IngestSettings(Section):
    """`ingest:` input files, and the treatment of special lines."""

    transactions: Source = Field(default_factory=Source, description="Your orders or order lines.")
    customers: Source | None = Field(
        None, description="Attributes of your customers, one row per customer. Same keys as transactions."
    )
    responses: Source | None = Field(
        None, description="Your survey answers, one row per respondent. Same keys as transactions."
    )
    contacts: Source | None = Field(
        None,
        description="Contact details of your customers, one row per customer. Only exports use them. Same keys as "
        "transactions.",
    )
    identity: IdentitySettings | None = Field(
        None,
        description="Merge the ids of one person, who shares an e-mail address or phone number, into one customer, "
        "for example {by: [email]}. Keys: path, by, max_ids.",
    )
    merge_ids: dict[str, str] = Field(
        default_factory=dict,
        description="Customer ids to merge: each id with the id that replaces it, for example {A7: A1}. "
        "ingest.identity adds those that it finds.",
    )
    events: dict[EventTableName, EventSource] = Field(
        default_factory=dict,
        description="What your customers did, one row per event, in any number of tables, for example {campaigns: "
        "{path: sends.csv}}. Rules use each table by its name. Keys: path, kind, preset, customer, match, time, type, "
        "value, text, duration, event_id, columns, features, date_format, timezone, decimal, encoding, delimiter.",
    )
    lookups: dict[LookupName, LookupSource] = Field(
        default_factory=dict,
        description="Tables that describe postcodes, regions, products, days or customers, for example {areas: {path: "
        "areas.csv, by: postcode}}. Their columns are added to the customers, or to the order lines in rules. Keys: "
        "path, by, key, columns, encoding, delimiter, decimal.",
    )
    returns: Literal["net", "exclude", "separate"] = Field(
        "net",
        description="Returns: subtract them from revenue (net), ignore them (exclude) or report them "
        "separately (separate).",
    )
    free_lines: Literal["keep", "exclude"] = Field(
        "keep", description="Order lines with amount 0: count them (keep) or ignore them (exclude)."
    )
    date_outliers: DateOutliers = Field(
        "exclude",
        description="Lines with a date more than a year from all others, for example 2042 or the placeholder "
        "1970-01-01: ignore (exclude), use (keep) or reject (reject) them.",
    )
    collapse: Literal["order", "day"] = Field(
        "order",
        description="Unit of one order: an order id (order), or all purchases of a customer on one day (day).",
    )
    id_case: Literal["auto", "keep", "upper", "lower"] = Field(
        "auto",
        description="Letter case of customer ids: convert to upper or lower case, so that ids that differ only in "
        "case are merged, or keep it. auto merges e-mail addresses only.",
    )
    id_apostrophes: Literal["drop", "keep"] = Field(
        "drop",
        description="Apostrophe before a customer id, as in '00123: drop it (drop) or keep it (keep).",
    )
    phone_region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        None, description="Country of your phone numbers without a country code, for example DE."
    )
    id_decimals: Literal["drop", "keep"] = Field(
        "drop", description="Decimals of customer ids: change 12345.0 to 12345 (drop) or leave it unchanged (keep)."
    )
    exclude_ids: list[str] = Field(
        default_factory=list,
        description="Shared customer ids that you want to ignore, for example [guest].",
    )
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Exchange rates for exports with several currencies: the value of 1 unit of each in the reporting "
        "currency, for example {EUR: 1, USD: 0.92}.",
    )
    engine: Annotated[EngineName, BeforeValidator(rename_old_engine)] = Field(
        "local", description=f"Engine for aggregating order exports: {plugins.join_words(ENGINE_NAMES)}."
    )
    memory: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$")] | None = Field(
        None,
        description="Memory limit for aggregation, for example 1GB. Above the limit, segcli uses temporary files. "
        "Default: half of the free memory.",
    )
    spark_master: Annotated[str, Field(pattern=r"^(local|spark://|yarn|k8s://)")] = Field(
        "local[*]", description="Spark master for the engine spark: local[*], spark://HOST:PORT, yarn or k8s://..."
    )
    measures: MeasureSelection = Field(
        default_factory=list,
        description="Measures to compute for each customer: a list such as [recency_days, orders, revenue], or all. "
        "Default: the measures that the command uses.",
    )
    allow_remote: bool = Field(
        default=False,
        description="Read inputs at https://, s3:// and gs:// addresses that you name. Otherwise segcli opens no "
        "connection. Needs an extra, for example segcli[remote].",
    )
    state: str | None = Field(
        None,
        description="Folder for the aggregates of files already read. The next run then reads only new files.",
        json_schema_extra=PATH_MARK,
    )
    rejects: Annotated[str | None, NeedsAllLines("run")] = Field(
        None, description="CSV file for your rejected lines. Default: not written.", json_schema_extra=PATH_MARK
    )
    max_rejects: Annotated[int | str, AfterValidator(check_line_limit)] | None = Field(
        None,
        description="Maximum number or share of rejected lines, for example 100 or 5%. segcli fails if your export has "
        "more. Default: no limit.",
    )
    overlap: Literal["once", "refuse", "keep"] | None = Field(
        None,
        description="Lines that occur in several of your files: count them once (once), count each of them (keep) or "
        "fail "
        "(refuse). Default: once, unless so few lines match that it may be chance.",
    )
    dedupe: Annotated[Literal["none", "lines"], NeedsAllLines("run")] = Field(
        "none",
        description="Exact duplicates of an order line: drop them (lines), or keep and report them (none).",
    )
