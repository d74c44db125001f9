"""Parse texts into wall-clock times by one format; other texts become NaT."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli.config.ingest_types import WRITTEN_CLOCK
from segcli.ingest.date_errors import InvalidDateFormatError, MixedOffsetsError, TwoDigitYearError
from segcli.ingest.date_formats import expand_short_year

# Dates and times with fixed digit positions, parsed for a whole column at a time
DigitArray = npt.NDArray[np.int32]

_DIRECTIVE_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_DIRECTIVE_PATTERN = re.compile("%(.)")
_ASCII_ZERO, _ASCII_NINE = ord("0"), ord("9")
_DIRECTIVE_LIMITS = {"m": (1, 12), "d": (1, 31), "H": (0, 23), "M": (0, 59), "S": (0, 59)}


@dataclass(frozen=True)
class _DateLayout:
    """Positions of the digits of each directive, and of the separators."""

    positions: dict[str, int]
    separators: dict[int, int]
    width: int


def parse_padded_dates(strings: pa.StringArray, date_format: str) -> npt.NDArray[np.datetime64] | None:
    """Parse texts by a format, if all are zero-padded to its width and valid.

    Args:
        strings: texts without nulls.
        date_format: strptime format with year, month, day and, optionally, hours, minutes and seconds.

    Returns:
        datetime64[us], or None if the format has other parts or a text is not such a date.
    """
    layout = _parse_layout(date_format)
    if layout is None or not len(strings):
        return None
    grid = _byte_grid(strings, layout.width)
    if grid is None or any((grid[:, position] != separator).any() for position, separator in layout.separators.items()):
        return None
    fields: dict[str, DigitArray] = {}
    for code, position in layout.positions.items():
        number = _parse_digits(grid[:, position : position + _DIRECTIVE_WIDTHS[code]])
        low, high = _DIRECTIVE_LIMITS.get(code, (0, 9999))
        if number is None or number.min() < low or number.max() > high:
            return None
        fields[code] = number
    return _combine_fields(fields)


def _parse_layout(date_format: str) -> _DateLayout | None:
    positions: dict[str, int] = {}
    separators: dict[int, int] = {}
    width = position = 0
    while position < len(date_format):
        directive = _DIRECTIVE_PATTERN.match(date_format, position)
        if directive is None:
            if not date_format[position].isascii():
                return None
            separators[width] = ord(date_format[position])
            width, position = width + 1, position + 1
        elif directive[1] in _DIRECTIVE_WIDTHS and directive[1] not in positions:
            positions[directive[1]] = width
            width, position = width + _DIRECTIVE_WIDTHS[directive[1]], position + 2
        else:
            return None
    return _DateLayout(positions, separators, width) if {"Y", "m", "d"} <= set(positions) else None


def _byte_grid(strings: pa.StringArray, width: int) -> npt.NDArray[np.uint8] | None:
    """Return the bytes of texts as an array with one row per text, if all have this width; else None."""
    _, offsets, body = strings.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[strings.offset : strings.offset + len(strings) + 1]
    if body is None or int(ends[-1]) - int(ends[0]) != width * len(strings) or (np.diff(ends) != width).any():
        return None
    return np.frombuffer(body, dtype=np.uint8)[ends[0] : ends[-1]].reshape(-1, width)


def _parse_digits(digit_bytes: npt.NDArray[np.uint8]) -> DigitArray | None:
    number = np.zeros(len(digit_bytes), dtype=np.int32)
    for column in digit_bytes.T:
        digit = column - np.uint8(_ASCII_ZERO)  # other characters wrap around to more than 9
        if digit.max() > _ASCII_NINE - _ASCII_ZERO:
            return None
        number = number * np.int32(10) + digit
    return number


def _combine_fields(fields: dict[str, DigitArray]) -> npt.NDArray[np.datetime64] | None:
    months = ((fields["Y"] - 1970) * 12 + (fields["m"] - 1)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (fields["d"] - 1).astype("timedelta64[D]")
    is_late = fields["d"] > 28  # noqa: PLR2004 - every month has 28 days
    if is_late.any() and (days[is_late].astype("datetime64[M]") != months[is_late]).any():
        return None
    times: npt.NDArray[np.datetime64] = days.astype("datetime64[us]")
    if set(fields) == {"Y", "m", "d"}:
        return times
    no_time = np.zeros(len(days), dtype=np.int64)
    hours, minutes, seconds = (fields.get(code, no_time).astype(np.int64) for code in "HMS")
    times += (((hours * 60 + minutes) * 60 + seconds) * 1_000_000).astype("timedelta64[us]")
    return times


# Numeric dates: seconds since 1970, or spreadsheet days; read only if the format is declared
EPOCH_MICROSECONDS: Mapping[str, int] = MappingProxyType({"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1})
DAY_MICROSECONDS = 86_400_000_000
# Spreadsheets treat 1900 as a leap year: from 1 March (serial 61), days count from 30 December 1899. Earlier serials
# differ between programs, so they are not read.
SERIAL_ORIGINS: Mapping[str, np.datetime64] = MappingProxyType(
    {"excel": np.datetime64("1899-12-30", "us"), "excel1904": np.datetime64("1904-01-01", "us")}
)
MIN_SERIAL: Mapping[str, float] = MappingProxyType({"excel": 61, "excel1904": 0})
EARLIEST_EPOCH_DATE, LATEST_EPOCH_DATE = np.datetime64("1990-01-01", "us"), np.datetime64("2100-01-01", "us")


def convert_serials(serials: npt.NDArray[np.float64], serial_format: str) -> npt.NDArray[np.datetime64]:
    """Convert numbers to times: UTC for epochs, wall-clock time for spreadsheets, NaT for implausible numbers.

    Args:
        serials: the numbers; NaN if missing.
        serial_format: a key of EPOCH_MICROSECONDS or SERIAL_ORIGINS. Epochs outside 1990-2100 have a wrong unit.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        if serial_format in SERIAL_ORIGINS:
            is_usable = serials >= MIN_SERIAL[serial_format]
            times = SERIAL_ORIGINS[serial_format] + np.where(is_usable, np.rint(serials * DAY_MICROSECONDS), 0).clip(
                0, 2**62
            ).astype("timedelta64[us]")
        else:
            units = np.rint(np.nan_to_num(serials) * EPOCH_MICROSECONDS[serial_format]).clip(-(2.0**62), 2.0**62)
            times = np.datetime64(0, "us") + units.astype(np.int64).astype("timedelta64[us]")
            is_usable = (times >= EARLIEST_EPOCH_DATE) & (times < LATEST_EPOCH_DATE) & ~np.isnan(serials)
    return np.where(is_usable, times, np.datetime64("NaT", "us"))


_SERIAL_NUMBER = r"\d+(\.\d+)?"
_MIDNIGHT_24 = r"(?<!\d)24(?=:00(?::00(?:\.0+)?)?(?![\d:.]))"
_UTC_OFFSET = r"\s*(Z|UTC|[-+]\d\d:?\d\d)$"


def parse_with_format(date_strings: pd.Series, date_format: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Parse texts into wall-clock times; texts that do not match the format become NaT."""
    has_offset = date_format.endswith("%z")
    if has_offset and timezone == WRITTEN_CLOCK:
        date_strings, date_format, has_offset = (
            date_strings.str.replace(_UTC_OFFSET, "", regex=True),
            date_format.removesuffix("%z").rstrip(),
            False,
        )
    try:
        times: Any = pd.to_datetime(date_strings, format=date_format, exact=True, errors="coerce", utc=has_offset)
    except (ValueError, re.error) as error:
        raise InvalidDateFormatError(f"invalid date format '{date_format}' ({error})") from None
    if "%H" in date_format:
        times = _parse_midnights(date_strings, date_format, times, has_offset=has_offset)
    if has_offset and timezone is None:
        times = _apply_common_offset(date_strings, times)
    elif has_offset:
        times = times.dt.tz_convert(timezone).dt.tz_localize(None)
    return np.asarray(times, dtype="datetime64[us]")


def _parse_midnights(date_strings: pd.Series, date_format: str, times: Any, *, has_offset: bool) -> Any:  # noqa: ANN401 - as pandas types it
    """Parse 24:00 as 00:00 of the next day, as in ISO 8601."""
    unparsed_strings = date_strings[times.isna()]
    midnights = unparsed_strings[unparsed_strings.astype("str").str.contains("24:00", regex=False)].str.replace(
        _MIDNIGHT_24, "00", regex=True
    )
    if midnights.empty:
        return times
    same_day: Any = pd.to_datetime(midnights, format=date_format, exact=True, errors="coerce", utc=has_offset)
    return times.fillna(same_day + pd.Timedelta(days=1))


def parse_serial_dates(date_strings: pd.Series, date_format: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Parse numeric dates; epochs are in UTC and are converted to the wall-clock time of the timezone, if given."""
    numeric = pd.to_numeric(
        date_strings.where(date_strings.astype("str").str.fullmatch(_SERIAL_NUMBER)), errors="coerce"
    )
    times = convert_serials(numeric.to_numpy(dtype=np.float64), date_format)
    if date_format in EPOCH_MICROSECONDS and timezone not in (None, WRITTEN_CLOCK):
        times = pd.Series(times).dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None).to_numpy()
    return np.asarray(times, dtype="datetime64[us]")


def parse_with_century(
    date_strings: pd.Series, date_format: str, timezone: str | None, century: int | None
) -> npt.NDArray[np.datetime64]:
    """Parse dates whose two-digit years, if any, are in the hundred years from `century`."""
    if "%y" in date_format:
        if century is None:
            raise TwoDigitYearError("ambiguous two-digit years: 45 can be 1945 or 2045")
        date_strings = date_strings.map(lambda text: expand_short_year(text, date_format, century))
    return parse_with_format(date_strings, date_format.replace("%y", "%Y"), timezone)


def _apply_common_offset(date_strings: pd.Series, utc_times: Any) -> Any:  # noqa: ANN401 - pandas types a parsed column by its values
    """Return the times in local time, if all texts have the same UTC offset."""
    offsets = date_strings[utc_times.notna()].str.extract(_UTC_OFFSET)[0].str.replace(":", "").unique()
    if len(offsets) > 1:
        raise MixedOffsetsError(f"dates with different UTC offsets ({', '.join(sorted(map(str, offsets))[:3])})")
    if len(offsets) == 0 or not str(offsets[0])[1:].isdigit():
        return utc_times.dt.tz_localize(None)
    sign = -1 if offsets[0][0] == "-" else 1
    hours, minutes = int(offsets[0][1:3]), int(offsets[0][3:5])
    return utc_times.dt.tz_localize(None) + pd.Timedelta(minutes=sign * (60 * hours + minutes))
