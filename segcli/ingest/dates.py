"""Parse a column of text as dates, with one format for the whole column (declared or inferred)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli.arrow import mark_changes
from segcli.config.ingest import Source
from segcli.config.ingest_types import EPOCH_FORMATS
from segcli.ingest import locales
from segcli.ingest.date_errors import (
    AmbiguousDateError,
    MixedDateFormatsError,
    TwoDigitCalendarYearError,
    UnknownDateFormatError,
    YearRangeError,
)
from segcli.ingest.date_formats import DATE_FORMATS, candidate_formats, get_day_and_offset, gregorian_converter
from segcli.ingest.date_parsing import parse_padded_dates, parse_serial_dates, parse_with_century, parse_with_format
from segcli.ingest.locales import LANGUAGES, Locale, to_ascii_digits, to_half_width
from segcli.ingest.text_columns import EncodedColumn, dictionary_encode

# Suggested options for a column that no known format parses; each is tried on the column before it is suggested
HINT_CENTURY = 1950  # example in the hint; two-digit years need a century, which only the user knows
MIN_PARSED_SHARE = 0.9  # share of lines that a suggested option must parse
NUMBER_FORMATS = ("epoch_s", "epoch_ms", "epoch_us", "excel")
FIRST_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt")  # of those that share names of months
COMPACT_FORMATS = ("%Y%m%d%H%M%S", "%Y%m%d%H%M")  # the same number could be an id
HINT_SAMPLE_SIZE = 24
EARLIEST_HINT_DATE, LATEST_HINT_DATE = np.datetime64("1970-01-01"), np.datetime64("2100-01-01")


def suggest_date_options(date_strings: pd.Series, line_counts: npt.NDArray[np.int64]) -> str:
    """Return the options that parse most of a column; blank if there are none.

    Args:
        date_strings: distinct texts that are not blank.
        line_counts: number of lines of each text.
    """
    options = [
        (option, times)
        for option, times in _try_options(date_strings)
        if line_counts[_date_mask(times)].sum() >= MIN_PARSED_SHARE * line_counts.sum()
    ]
    if not options:
        return ""
    best, best_times = options[0]
    alternatives = [
        option for option, times in options if option.startswith("--date-format") and (times != best_times).any()
    ]
    return "   or   ".join([best, *(alternatives[:1] if best.startswith("--date-format") else ())])


def _try_options(date_strings: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.datetime64]]]:
    """Yield options and the times that they parse: plain formats first, then numbers, then other languages."""
    for date_format in _find_short_year_formats(date_strings):
        option = f"--date-format '{date_format}' --set ingest.transactions.century={HINT_CENTURY}"
        yield option, parse_with_century(date_strings, date_format, "UTC", HINT_CENTURY)
    for date_format in NUMBER_FORMATS:
        yield f"--date-format {date_format}", parse_serial_dates(date_strings, date_format, None)
    for date_format in COMPACT_FORMATS:
        yield f"--date-format {date_format}", parse_with_format(date_strings, date_format, None)
    gregorian_strings = date_strings.map(gregorian_converter("minguo"))
    for date_format in [] if gregorian_strings.equals(date_strings) else _find_known_formats(gregorian_strings):
        yield (
            "--set ingest.transactions.calendar=minguo",
            parse_with_century(gregorian_strings, date_format, "UTC", None),
        )
    for language in sorted(LANGUAGES, key=_rank_language):
        locale = locales.load_locale(language)
        english_strings = date_strings.map(locale.translate_date)
        if not english_strings.equals(date_strings):
            for date_format in _find_known_formats(english_strings):
                yield f"--locale {language}", parse_with_century(english_strings, date_format, "UTC", None)
                buddhist_dates = english_strings.map(gregorian_converter("buddhist"))
                option = f"--locale {language} --set ingest.transactions.calendar=buddhist"
                yield option, parse_with_century(buddhist_dates, date_format, "UTC", None)
            for date_format in _find_short_year_formats(english_strings):
                option = (
                    f"--locale {language} --date-format '{date_format}' "
                    f"--set ingest.transactions.century={HINT_CENTURY}"
                )
                yield option, parse_with_century(english_strings, date_format, "UTC", HINT_CENTURY)


def _rank_language(language: str) -> int:
    """Return the place of a language among the suggestions; the order of the others does not matter."""
    return FIRST_LANGUAGES.index(language) if language in FIRST_LANGUAGES else len(FIRST_LANGUAGES)


def _find_known_formats(date_strings: pd.Series) -> list[str]:
    shapes = {date_format for text in _sample_hint_values(date_strings) for date_format in candidate_formats(text)}
    return [date_format for date_format in DATE_FORMATS if date_format in shapes]


def _find_short_year_formats(date_strings: pd.Series) -> list[str]:
    """Return the known formats, with two-digit years, that match the shape of the texts."""
    shapes = {
        date_format
        for text in _sample_hint_values(date_strings)
        for date_format in candidate_formats(text, short_years=True)
    }
    return [date_format.replace("%Y", "%y") for date_format in DATE_FORMATS if date_format in shapes]


def _sample_hint_values(date_strings: pd.Series) -> list[str]:
    return [
        str(text)
        for text in date_strings.sort_values()
        .iloc[:: max(len(date_strings) // HINT_SAMPLE_SIZE, 1)]
        .iloc[:HINT_SAMPLE_SIZE]
    ]


def _date_mask(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (times >= EARLIEST_HINT_DATE) & (times < LATEST_HINT_DATE)


_UTC_NAME = re.compile(r"(?<=[0-9])\s*(?:UTC|GMT)$")
_UTC_OFFSET_NAME = re.compile(r"\s*(?:GMT|UTC)([-+]\d\d:?\d\d)(?:\s*\([^)]*\))?$")  # as JavaScript prints it
_MONTH_ABBREVIATION = re.compile(
    r"(?<![^\W_])(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:t?\.|t)(?=[\s,]|$)", re.IGNORECASE
)
_WEEKDAY_NAME = re.compile(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+", re.IGNORECASE)
FORMAT_SAMPLE_SIZE = (
    24  # evenly spaced values on which all formats are tried; the whole column is parsed only with those that fit
)
NOT_A_DATE = np.datetime64("NaT", "us")
EARLIEST_DATE, LATEST_DATE = (
    np.datetime64("1900-01-02"),
    np.datetime64("2100-01-01"),
)  # spreadsheets write 1900-01-00 for zero
EARLIEST_YEAR, LATEST_YEAR = 1900, 2099
FOREIGN_CALENDAR_YEARS = range(1000, 3000)  # of other calendars; 0001 and 9999 are placeholders


@dataclass(frozen=True)
class ParsedDates:
    """Parsed dates: `values` (datetime64[us], NaT if unreadable), `missing` and `unreadable` masks, and the format."""

    values: npt.NDArray[np.datetime64]
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    format: str


def read_dates(texts: pa.ChunkedArray | EncodedColumn, source: Source, formats: Sequence[str] = ()) -> ParsedDates:
    """Parse a column with the source's date settings, or with known formats; raises the errors of `parse_dates`."""
    declared_formats = (source.date_format,) if source.date_format else tuple(formats)
    if source.calendar != "gregorian":
        if any("%y" in date_format for date_format in declared_formats):
            raise TwoDigitCalendarYearError(f"two-digit years of the calendar {source.calendar}")
        texts = dictionary_encode(texts).without_outer_blanks.map_texts(partial(_convert_calendar, source))
    return parse_dates(
        texts, declared_formats, source.timezone, century=source.century, locale=locales.get_locale(source)
    )


def read_padded_dates(texts: pa.ChunkedArray, source: Source, formats: Sequence[str]) -> ParsedDates | None:
    """Parse dates with one known format, if all are zero-padded; else return None."""
    if len(formats) != 1 or source.locale or source.calendar != "gregorian":
        return None
    strings = texts.combine_chunks()
    starts = np.flatnonzero(mark_changes(strings))  # neighbours often share their date
    times = parse_padded_dates(strings.take(pa.array(starts)), formats[0])
    if times is None or not valid_date_mask(times).all():
        return None
    no_rows = np.zeros(len(strings), dtype=bool)
    return ParsedDates(np.repeat(times, np.diff(starts, append=len(strings))), no_rows, no_rows, formats[0])


def _convert_calendar(source: Source, strings: pa.StringArray) -> pa.StringArray:
    convert = gregorian_converter(source.calendar)
    digits = to_ascii_digits if source.locale else to_half_width
    return pa.array([convert(digits(text)) for text in strings.to_pylist()], pa.string())


def parse_dates(
    texts: pa.ChunkedArray | EncodedColumn,
    declared_formats: str | Sequence[str] = (),
    timezone: str | None = None,
    *,
    century: int | None = None,
    locale: Locale | None = None,
) -> ParsedDates:
    """Parse a column of text as dates.

    Args:
        texts: any texts.
        declared_formats: one or several strptime formats, or one of EPOCH_FORMATS; default: infer a format from the
            column.
        timezone: time zone of the result, for dates with offsets; `written` keeps the local time of each date.
        century: first of the hundred years in which two-digit years lie.
        locale: locale of the month names and digits in the texts.

    Raises:
        AmbiguousDateError: if day and month cannot be distinguished.
        MixedDateFormatsError: if several formats are needed.
        UnknownDateFormatError: if no format fits.
        YearRangeError: if most years are out of range, and no declared calendar explains them.
        MixedOffsetsError: if offsets differ and no timezone is given.
        InvalidDateFormatError: if a declared format is invalid.
        TwoDigitYearError: if the format has a two-digit year and no century is given.
    """
    column = dictionary_encode(texts).without_outer_blanks
    declared_formats = [declared_formats] if isinstance(declared_formats, str) else declared_formats
    distinct = pd.Series(column.categories.to_pylist(), dtype=object)
    is_blank = (distinct == "").to_numpy(dtype=bool)
    date_strings = distinct[~is_blank].map(to_half_width)
    if not declared_formats:
        date_strings = date_strings.map(_simplify_english_date)
    if locale:
        date_strings, declared_formats = (
            date_strings.map(locale.translate_date),
            [locale.translate_date(date_format) for date_format in declared_formats],
        )
    codes = column.codes
    line_counts = np.bincount(codes, minlength=len(distinct))[~is_blank]
    date_formats = tuple(declared_formats) or _infer_formats(date_strings, line_counts)
    values = np.full(len(distinct), NOT_A_DATE, dtype="datetime64[us]")
    for date_format in reversed(date_formats):
        times = (
            parse_serial_dates(date_strings, date_format, timezone)
            if date_format in EPOCH_FORMATS
            else parse_with_century(date_strings, date_format, timezone, century)
        )
        values[~is_blank] = np.where(np.isnat(times), values[~is_blank], times)
    _require_plausible_years(values[~is_blank], date_strings, line_counts, " or ".join(date_formats))
    values[~valid_date_mask(values)] = NOT_A_DATE
    return ParsedDates(values[codes], is_blank[codes], (np.isnat(values) & ~is_blank)[codes], " or ".join(date_formats))


def _simplify_english_date(date: str) -> str:
    """Strip the day of the week and the point of an abbreviated month, and replace the name of UTC by its offset.

    >>> _simplify_english_date("Thu, 5 Jan 2023 10:00:00 GMT"), _simplify_english_date("Sept. 5, 2023")
    ('5 Jan 2023 10:00:00+0000', 'Sep 5, 2023')
    >>> _simplify_english_date("Thu Jan 05 2023 10:00:00 GMT+0100 (CET)")
    'Jan 05 2023 10:00:00+0100'
    """
    if not any(map(str.isalpha, date)):
        return date
    date = _MONTH_ABBREVIATION.sub(r"\1", _WEEKDAY_NAME.sub("", date))
    return _UTC_NAME.sub("+0000", _UTC_OFFSET_NAME.sub(r"\1", date))


def valid_date_mask(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    """Return a mask of the times that are plausible for orders."""
    with np.errstate(invalid="ignore"):
        return (times >= EARLIEST_DATE) & (times < LATEST_DATE)


def _require_plausible_years(
    times: npt.NDArray[np.datetime64], date_strings: pd.Series, line_counts: npt.NDArray[np.int64], date_format: str
) -> None:
    """Reject a column if most of its dates parse with implausible years."""
    years = np.where(np.isnat(times), 0, times.astype("datetime64[Y]").astype(np.int64) + 1970)
    is_implausible = (
        ~valid_date_mask(times) & (years >= FOREIGN_CALENDAR_YEARS.start) & (years < FOREIGN_CALENDAR_YEARS.stop)
    )
    if line_counts[is_implausible].sum() * 2 > line_counts.sum():
        index = int(is_implausible.argmax())
        raise YearRangeError(
            str(date_strings.iloc[index]), int(years[index]), date_format, (EARLIEST_YEAR, LATEST_YEAR)
        )


def looks_like_dates(cell_values: list[str], source: Source) -> bool:
    """Return whether known formats parse at least half of the given values, not counting blank ones."""
    locale, convert = locales.get_locale(source), gregorian_converter(source.calendar)
    half_width_texts = [to_half_width(text.strip()) for text in cell_values if text.strip()]
    normalised_texts = [
        convert(locale.translate_date(text) if locale else _simplify_english_date(text)) for text in half_width_texts
    ]
    date_strings = _sample_values(pd.Series(normalised_texts, dtype=object))
    parsed_masks = [_readable_mask(date_strings, date_format) for date_format in _find_candidate_formats(date_strings)]
    return date_strings.empty or (
        bool(parsed_masks) and int(np.logical_or.reduce(parsed_masks).sum()) * 2 >= len(date_strings)
    )


def _sample_values(date_strings: pd.Series) -> pd.Series:
    return date_strings.iloc[:: max(len(date_strings) // FORMAT_SAMPLE_SIZE, 1)].iloc[:FORMAT_SAMPLE_SIZE]


def _infer_formats(date_strings: pd.Series, line_counts: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Infer the format that parses most lines, and formats with the same day part and other times.

    Args:
        date_strings: distinct values that are not blank.
        line_counts: number of lines of each value.
    """
    if date_strings.empty:
        return DATE_FORMATS[:1]
    parsed_masks = {
        date_format: _readable_mask(date_strings, date_format) for date_format in _find_candidate_formats(date_strings)
    }
    if parsed_masks:
        unparsed_strings = date_strings[~np.logical_or.reduce(list(parsed_masks.values()))]
        parsed_masks |= {
            date_format: _readable_mask(date_strings, date_format)
            for date_format in _find_candidate_formats(unparsed_strings)
        }
    counts = {date_format: int(line_counts[parsed_mask].sum()) for date_format, parsed_mask in parsed_masks.items()}
    ranked_formats = sorted(parsed_masks, key=lambda form: (-counts[form], DATE_FORMATS.index(form)))
    if (
        not ranked_formats
        or int(line_counts[np.logical_or.reduce(list(parsed_masks.values()))].sum()) * 2 < line_counts.sum()
    ):
        raise UnknownDateFormatError(str(date_strings.iloc[0]), suggest_date_options(date_strings, line_counts))
    best = ranked_formats[0]
    _require_unambiguous(
        best,
        [date_format for date_format in ranked_formats[1:] if (parsed_masks[date_format] == parsed_masks[best]).all()],
        date_strings,
    )
    additional = [
        date_format for date_format in ranked_formats[1:] if (parsed_masks[date_format] & ~parsed_masks[best]).any()
    ]
    if any(get_day_and_offset(date_format) != get_day_and_offset(best) for date_format in additional):
        raise MixedDateFormatsError([(date_format, counts[date_format]) for date_format in [best, *additional][:3]])
    return (best, *additional)


def _find_candidate_formats(date_strings: pd.Series) -> list[str]:
    """Return the formats whose digits and separators match some of the values.

    Values are sorted first, so that the result does not depend on the order of rows in the file.
    """
    shapes = {
        date_format
        for text in _sample_values(date_strings.sort_values())
        for date_format in candidate_formats(str(text))
    }
    return [date_format for date_format in DATE_FORMATS if date_format in shapes]


def _require_unambiguous(best: str, rivals: Sequence[str], date_strings: pd.Series) -> None:
    best_times = parse_with_format(date_strings, best, "UTC")
    for rival in rivals:
        differs = (parse_with_format(date_strings, rival, "UTC") != best_times) & ~np.isnat(best_times)
        if differs.any():
            raise AmbiguousDateError((best, rival), str(date_strings.iloc[int(differs.argmax())]))


def _readable_mask(date_strings: pd.Series, date_format: str) -> npt.NDArray[np.bool_]:
    return ~np.isnat(parse_with_format(date_strings, date_format, "UTC"))
