"""Dates and times whose digits all stand at the same places, read for a whole column at once."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Digits = npt.NDArray[np.int32]

_CODE_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_DIRECTIVE = re.compile("%(.)")
_ZERO, _NINE = ord("0"), ord("9")
_LIMITS = {"m": (1, 12), "d": (1, 31), "H": (0, 23), "M": (0, 59), "S": (0, 59)}


@dataclass(frozen=True)
class _Layout:
    """Where the digits of each directive begin, and which marks stand where."""

    places: dict[str, int]
    marks: dict[int, int]
    width: int


def parse(texts: pa.StringArray, form: str) -> npt.NDArray[np.datetime64] | None:
    """Read texts by a format, if all are padded to its width and every one is a date.

    Args:
        texts: without nulls.
        form: strptime format of year, month, day and, if wanted, hours, minutes and seconds.

    Returns:
        datetime64[us], or None where the format has other parts or a text is not such a date.
    """
    layout = _layout(form)
    if layout is None or not len(texts):
        return None
    grid = _grid(texts, layout.width)
    if grid is None or any((grid[:, place] != mark).any() for place, mark in layout.marks.items()):
        return None
    numbers: dict[str, Digits] = {}
    for code, place in layout.places.items():
        number = _number(grid[:, place : place + _CODE_DIGITS[code]])
        low, high = _LIMITS.get(code, (0, 9999))
        if number is None or number.min() < low or number.max() > high:
            return None
        numbers[code] = number
    return _times(numbers)


def _layout(form: str) -> _Layout | None:
    places: dict[str, int] = {}
    marks: dict[int, int] = {}
    width = position = 0
    while position < len(form):
        directive = _DIRECTIVE.match(form, position)
        if directive is None:
            if not form[position].isascii():
                return None
            marks[width] = ord(form[position])
            width, position = width + 1, position + 1
        elif directive[1] in _CODE_DIGITS and directive[1] not in places:
            places[directive[1]] = width
            width, position = width + _CODE_DIGITS[directive[1]], position + 2
        else:
            return None
    return _Layout(places, marks, width) if {"Y", "m", "d"} <= set(places) else None


def _grid(texts: pa.StringArray, width: int) -> npt.NDArray[np.uint8] | None:
    """Return the bytes of texts as a table of one row per text, if all have this width."""
    _, offsets, body = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if body is None or int(ends[-1]) - int(ends[0]) != width * len(texts) or (np.diff(ends) != width).any():
        return None
    return np.frombuffer(body, dtype=np.uint8)[ends[0] : ends[-1]].reshape(-1, width)


def _number(digits: npt.NDArray[np.uint8]) -> Digits | None:
    number = np.zeros(len(digits), dtype=np.int32)
    for column in digits.T:
        digit = column - np.uint8(_ZERO)  # other characters wrap around to more than 9
        if digit.max() > _NINE - _ZERO:
            return None
        number = number * np.int32(10) + digit
    return number


def _times(numbers: dict[str, Digits]) -> npt.NDArray[np.datetime64] | None:
    months = ((numbers["Y"] - 1970) * 12 + (numbers["m"] - 1)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (numbers["d"] - 1).astype("timedelta64[D]")
    late = numbers["d"] > 28  # noqa: PLR2004 - every month has so many days
    if late.any() and (days[late].astype("datetime64[M]") != months[late]).any():
        return None
    times: npt.NDArray[np.datetime64] = days.astype("datetime64[us]")
    if set(numbers) == {"Y", "m", "d"}:
        return times
    nothing = np.zeros(len(days), dtype=np.int64)
    hours, minutes, seconds = (numbers.get(code, nothing).astype(np.int64) for code in "HMS")
    times += (((hours * 60 + minutes) * 60 + seconds) * 1_000_000).astype("timedelta64[us]")
    return times
