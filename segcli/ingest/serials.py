"""Dates written as a number: seconds since 1970, or days in a spreadsheet. Read only where the format says so."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

EPOCH_MICROSECONDS: Mapping[str, int] = MappingProxyType({"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1})
DAY_MICROSECONDS = 86_400_000_000
# Spreadsheets take 1900 for a leap year: from 1 March on (serial 61) days count from 30 December 1899. Before that
# two programs mean different days, so those serials are not read.
SERIAL_ORIGINS: Mapping[str, np.datetime64] = MappingProxyType(
    {"excel": np.datetime64("1899-12-30", "us"), "excel1904": np.datetime64("1904-01-01", "us")}
)
MIN_SERIAL: Mapping[str, float] = MappingProxyType({"excel": 61, "excel1904": 0})
EARLIEST_EPOCH_DATE, LATEST_EPOCH_DATE = np.datetime64("1990-01-01", "us"), np.datetime64("2100-01-01", "us")


def convert_serials(serials: npt.NDArray[np.float64], serial_format: str) -> npt.NDArray[np.datetime64]:
    """Times in UTC (epochs) or as the spreadsheet showed them; NaT where a number means no time, or an unlikely one.

    Args:
        serials: as written; NaN where nothing is.
        serial_format: a key of MICROSECONDS or ORIGINS. Epochs outside 1990-2100 are a wrong unit, not a date.
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
