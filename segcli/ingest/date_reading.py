"""Texts -> wall-clock times by one format; what it does not read is no time."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.config.ingest import WRITTEN
from segcli.ingest import serials
from segcli.ingest.date_formats import with_full_years
from segcli.ingest.date_problems import MixedOffsets, NoFormat, ShortYears

_NUMBER = r"\d+(\.\d+)?"
_MIDNIGHT = r"(?<!\d)24(?=:00(?::00(?:\.0+)?)?(?![\d:.]))"
_OFFSET = r"\s*(Z|UTC|[-+]\d\d:?\d\d)$"


def read(texts: pd.Series, form: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Wall-clock times; what the format does not read is NaT."""
    aware = form.endswith("%z")
    if aware and timezone == WRITTEN:
        texts, form, aware = texts.str.replace(_OFFSET, "", regex=True), form.removesuffix("%z").rstrip(), False
    try:
        parsed: Any = pd.to_datetime(texts, format=form, exact=True, errors="coerce", utc=aware)
    except (ValueError, re.error) as error:
        raise NoFormat(f"'{form}' is no format of dates ({error})") from None
    if "%H" in form:
        parsed = _with_midnights(texts, form, parsed, aware=aware)
    if aware and timezone is None:
        parsed = _common_offset(texts, parsed)
    elif aware:
        parsed = parsed.dt.tz_convert(timezone).dt.tz_localize(None)
    return np.asarray(parsed, dtype="datetime64[us]")


def _with_midnights(texts: pd.Series, form: str, parsed: Any, *, aware: bool) -> Any:  # noqa: ANN401 - as pandas types it
    """Read 24:00 as 00:00 of the next day, as ISO 8601 has it."""
    unread = texts[parsed.isna()]
    midnights = unread[unread.astype("str").str.contains("24:00", regex=False)].str.replace(_MIDNIGHT, "00", regex=True)
    if midnights.empty:
        return parsed
    same_day: Any = pd.to_datetime(midnights, format=form, exact=True, errors="coerce", utc=aware)
    return parsed.fillna(same_day + pd.Timedelta(days=1))


def from_numbers(texts: pd.Series, form: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Dates written as numbers; epochs are in UTC and count by the wall clock of the timezone, if there is one."""
    numeric = pd.to_numeric(texts.where(texts.astype("str").str.fullmatch(_NUMBER)), errors="coerce")
    times = serials.read(numeric.to_numpy(dtype=np.float64), form)
    if form in serials.MICROSECONDS and timezone not in (None, WRITTEN):
        times = pd.Series(times).dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None).to_numpy()
    return np.asarray(times, dtype="datetime64[us]")


def with_century(texts: pd.Series, form: str, timezone: str | None, century: int | None) -> npt.NDArray[np.datetime64]:
    """Dates whose two-digit years, if there are any, lie in the hundred years from `century` on."""
    if "%y" in form:
        if century is None:
            raise ShortYears("two-digit years: 45 can be 1945 or 2045")
        texts = texts.map(lambda text: with_full_years(text, form, century))
    return read(texts, form.replace("%y", "%Y"), timezone)


def _common_offset(texts: pd.Series, utc: Any) -> Any:  # noqa: ANN401 - pandas types a parsed column by its values
    """The times as their own clock showed them, if all clocks have the same offset."""
    offsets = texts[utc.notna()].str.extract(_OFFSET)[0].str.replace(":", "").unique()
    if len(offsets) > 1:
        raise MixedOffsets(f"offsets from UTC differ ({', '.join(sorted(map(str, offsets))[:3])})")
    if len(offsets) == 0 or not str(offsets[0])[1:].isdigit():
        return utc.dt.tz_localize(None)
    sign = -1 if offsets[0][0] == "-" else 1
    hours, minutes = int(offsets[0][1:3]), int(offsets[0][3:5])
    return utc.dt.tz_localize(None) + pd.Timedelta(minutes=sign * (60 * hours + minutes))
