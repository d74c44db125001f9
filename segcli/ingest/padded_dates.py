"""Dates and times whose digits all stand at the same places, read for a whole column at once."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

DigitArray = npt.NDArray[np.int32]

_DIRECTIVE_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_DIRECTIVE_PATTERN = re.compile("%(.)")
_ASCII_ZERO, _ASCII_NINE = ord("0"), ord("9")
_DIRECTIVE_LIMITS = {"m": (1, 12), "d": (1, 31), "H": (0, 23), "M": (0, 59), "S": (0, 59)}


@dataclass(frozen=True)
class _DateLayout:
    """Where the digits of each directive begin, and which marks stand where."""

    positions: dict[str, int]
    separators: dict[int, int]
    width: int


def parse_padded_dates(strings: pa.StringArray, date_format: str) -> npt.NDArray[np.datetime64] | None:
    """Read texts by a format, if all are padded to its width and every one is a date.

    Args:
        strings: without nulls.
        date_format: strptime format of year, month, day and, if wanted, hours, minutes and seconds.

    Returns:
        datetime64[us], or None where the format has other parts or a text is not such a date.
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
    """Return the bytes of texts as a table of one row per text, if all have this width."""
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
    is_late = fields["d"] > 28  # noqa: PLR2004 - every month has so many days
    if is_late.any() and (days[is_late].astype("datetime64[M]") != months[is_late]).any():
        return None
    times: npt.NDArray[np.datetime64] = days.astype("datetime64[us]")
    if set(fields) == {"Y", "m", "d"}:
        return times
    no_time = np.zeros(len(days), dtype=np.int64)
    hours, minutes, seconds = (fields.get(code, no_time).astype(np.int64) for code in "HMS")
    times += (((hours * 60 + minutes) * 60 + seconds) * 1_000_000).astype("timedelta64[us]")
    return times
