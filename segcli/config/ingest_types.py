"""Types of the settings of `ingest:`, with their checks."""

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from segcli import plugins
from segcli.columns import CUSTOMER_ID, CUSTOMER_TABLE_COLUMNS, DESCRIPTION_COLUMNS, MEASURES, TRANSACTION_COLUMNS
from segcli.config.section import literal_type

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
                f"; did you mean '{close_names[0]}'?" if close_names else f"; available: {', '.join(known_columns)}"
            )
            raise ValueError(f"unknown standard column '{name}'{suggestion}")
    return column_mapping


def resolve_limit(limit: int | str, total: float) -> float:
    """Return a limit as a number: itself, or the part of the total that it gives as a percentage.

    >>> resolve_limit(3, 200), resolve_limit("5%", 200)
    (3, 10.0)
    """
    return limit if isinstance(limit, int) else float(limit.removesuffix("%")) / 100 * total


DateOutliers = Literal["exclude", "keep", "reject"]

CALENDAR_NAMES = ("gregorian", "buddhist", "minguo")
Calendar = Literal["gregorian", "buddhist", "minguo"]


def check_calendar(calendar: object) -> object:
    """Refuse calendars whose dates cannot be converted."""
    if calendar in {"hijri", "persian"}:
        raise ValueError(
            f"{calendar} dates cannot be converted reliably; hint: export Gregorian dates, or use buddhist or minguo"
        )
    return calendar


def check_delimiter(delimiter: str) -> str:
    """Check that a delimiter is a tab or a printable ASCII character, and return it."""
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
    raise ValueError(f"must be a number of lines or a percentage such as 5%; got {line_limit}")


WRITTEN_CLOCK = "written"  # time zone setting: keep each date in the local time it is written in


def check_time_zone(time_zone: str) -> str:
    """Check that a time zone is known, and return it."""
    if time_zone != WRITTEN_CLOCK and time_zone not in available_timezones():
        close_names = difflib.get_close_matches(time_zone, available_timezones(), n=1)
        raise ValueError(f"unknown time zone '{time_zone}'{f'; did you mean {close_names[0]}?' if close_names else ''}")
    return time_zone


EPOCH_FORMATS = ("epoch_s", "epoch_ms", "epoch_us", "excel", "excel1904")


def check_date_format(date_format: str) -> str:
    """Check that a date format is valid for strptime or is the name of a numeric date format."""
    if date_format in EPOCH_FORMATS:
        return date_format
    try:
        datetime.strptime("", date_format)  # noqa: DTZ007 - only the format matters
    except (ValueError, re.error) as error:
        if "does not match" not in str(error):
            raise ValueError(f"must be a strptime format or one of {', '.join(EPOCH_FORMATS)} ({error})") from None
    if "%" not in date_format:
        raise ValueError(f"must be a format such as %d/%m/%Y or one of {', '.join(EPOCH_FORMATS)}; got {date_format}")
    return date_format


def check_language(language: str) -> str:
    """Check that segcli has the words of a language, and return its code."""
    known_languages = plugins.list_plugins("segcli.ingest.words", ".yaml")
    if language not in known_languages:
        raise ValueError(f"unknown language '{language}'; available: {', '.join(known_languages)}")
    return language


def rename_old_engine(engine: object) -> object:
    """Map engine names from before version 0.2 to the current name."""
    return "local" if engine in {"auto", "pandas", "duckdb"} else engine


def _check_measures(names: list[str]) -> list[str]:
    known_measures = (*MEASURES, *DESCRIPTION_COLUMNS)
    for name in names:
        if name not in known_measures:
            close_names = difflib.get_close_matches(name, known_measures, n=1)
            raise ValueError(f"unknown measure '{name}'{f'; did you mean {close_names[0]}?' if close_names else ''}")
    return names


ALL_MEASURES: Literal["all"] = "all"


def _check_all_measures(selection: object) -> object:
    if selection != ALL_MEASURES:
        raise ValueError(f"must be all or a list such as [recency_days, orders, revenue]; got {selection}")
    return selection


MeasureSelection = Annotated[
    Annotated[Literal["all"], BeforeValidator(_check_all_measures), Tag("a word")]
    | Annotated[list[str], AfterValidator(_check_measures), Tag("a list")],
    Discriminator(lambda value: "a list" if isinstance(value, list) else "a word"),
]
