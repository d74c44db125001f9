"""Digits and marks of other scripts as ASCII: full-width ones everywhere, those of other scripts with a locale."""

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

_FULL_WIDTH_OFFSET = 0xFEE0  # from an ASCII mark to its full-width form
_HALF_WIDTH: dict[int, str] = {
    **{code + _FULL_WIDTH_OFFSET: chr(code) for code in range(ord("!"), ord("~") + 1)},
    ord("\u3000"): " ",
    ord("\uffe0"): "¢",
    ord("\uffe1"): "£",
    ord("\uffe5"): "¥",
    ord("\uffe6"): "₩",
}
_ARABIC_MARKS = {ord("\u066b"): ".", ord("\u066c"): ",", ord("\u060d"): "/", ord("\u060c"): ","}


def to_half_width(text: str) -> str:
    """Return a text with ASCII characters in place of full-width ones.

    >>> to_half_width("１，２３４．５０")
    '1,234.50'
    """
    return text if text.isascii() else text.translate(_HALF_WIDTH)


def to_half_width_texts(texts: pa.StringArray) -> pa.StringArray:
    """Return texts with ASCII characters in place of full-width ones."""
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    return pa.array([to_half_width(text) for text in texts.to_pylist()], pa.string())


def to_ascii_digits(text: str) -> str:
    """Return a text with 0-9 in place of the digits of any script, and with ASCII in place of Arabic marks.

    >>> to_ascii_digits("١٬٢٣٤٫٥٠")
    '1,234.50'
    """
    if text.isascii():
        return text
    return "".join(map(_digit, text.translate(_HALF_WIDTH).translate(_ARABIC_MARKS)))


def has_other_digits(text: str) -> bool:
    """Tell whether a text has digits that only a locale reads."""
    return any(not mark.isascii() and unicodedata.decimal(mark, None) is not None for mark in to_half_width(text))


def _digit(mark: str) -> str:
    value = unicodedata.decimal(mark, None)
    return mark if value is None else str(value)
