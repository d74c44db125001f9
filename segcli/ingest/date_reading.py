"""Texts -> wall-clock times by one format; what it does not read is no time."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.config.ingest import WRITTEN_CLOCK
from segcli.ingest import serials
from segcli.ingest.date_formats import expand_short_year
from segcli.ingest.date_problems import InvalidDateFormatError, MixedOffsetsError, TwoDigitYearError

_SERIAL_NUMBER = r"\d+(\.\d+)?"
_MIDNIGHT_24 = r"(?<!\d)24(?=:00(?::00(?:\.0+)?)?(?![\d:.]))"
_UTC_OFFSET = r"\s*(Z|UTC|[-+]\d\d:?\d\d)$"


def parse_with_format(date_strings: pd.Series, date_format: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Wall-clock times; what the format does not read is NaT."""
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
        raise InvalidDateFormatError(f"'{date_format}' is no format of dates ({error})") from None
    if "%H" in date_format:
        times = _parse_midnights(date_strings, date_format, times, has_offset=has_offset)
    if has_offset and timezone is None:
        times = _apply_common_offset(date_strings, times)
    elif has_offset:
        times = times.dt.tz_convert(timezone).dt.tz_localize(None)
    return np.asarray(times, dtype="datetime64[us]")


def _parse_midnights(date_strings: pd.Series, date_format: str, times: Any, *, has_offset: bool) -> Any:  # noqa: ANN401 - as pandas types it
    """Read 24:00 as 00:00 of the next day, as ISO 8601 has it."""
    unparsed_strings = date_strings[times.isna()]
    midnights = unparsed_strings[unparsed_strings.astype("str").str.contains("24:00", regex=False)].str.replace(
        _MIDNIGHT_24, "00", regex=True
    )
    if midnights.empty:
        return times
    same_day: Any = pd.to_datetime(midnights, format=date_format, exact=True, errors="coerce", utc=has_offset)
    return times.fillna(same_day + pd.Timedelta(days=1))


def parse_serial_dates(date_strings: pd.Series, date_format: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Dates written as numbers; epochs are in UTC and count by the wall clock of the timezone, if there is one."""
    numeric = pd.to_numeric(
        date_strings.where(date_strings.astype("str").str.fullmatch(_SERIAL_NUMBER)), errors="coerce"
    )
    times = serials.convert_serials(numeric.to_numpy(dtype=np.float64), date_format)
    if date_format in serials.EPOCH_MICROSECONDS and timezone not in (None, WRITTEN_CLOCK):
        times = pd.Series(times).dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None).to_numpy()
    return np.asarray(times, dtype="datetime64[us]")


def parse_with_century(
    date_strings: pd.Series, date_format: str, timezone: str | None, century: int | None
) -> npt.NDArray[np.datetime64]:
    """Dates whose two-digit years, if there are any, lie in the hundred years from `century` on."""
    if "%y" in date_format:
        if century is None:
            raise TwoDigitYearError("two-digit years: 45 can be 1945 or 2045")
        date_strings = date_strings.map(lambda text: expand_short_year(text, date_format, century))
    return parse_with_format(date_strings, date_format.replace("%y", "%Y"), timezone)


def _apply_common_offset(date_strings: pd.Series, utc_times: Any) -> Any:  # noqa: ANN401 - pandas types a parsed column by its values
    """The times as their own clock showed them, if all clocks have the same offset."""
    offsets = date_strings[utc_times.notna()].str.extract(_UTC_OFFSET)[0].str.replace(":", "").unique()
    if len(offsets) > 1:
        raise MixedOffsetsError(f"offsets from UTC differ ({', '.join(sorted(map(str, offsets))[:3])})")
    if len(offsets) == 0 or not str(offsets[0])[1:].isdigit():
        return utc_times.dt.tz_localize(None)
    sign = -1 if offsets[0][0] == "-" else 1
    hours, minutes = int(offsets[0][1:3]), int(offsets[0][3:5])
    return utc_times.dt.tz_localize(None) + pd.Timedelta(minutes=sign * (60 * hours + minutes))
