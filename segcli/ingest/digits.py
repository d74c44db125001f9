"""Digits and marks of other scripts as ASCII: full-width ones everywhere, those of other scripts with a locale."""

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

_FULL_WIDTH_OFFSET = 0xFEE0  # from an ASCII mark to its full-width form
_HALF_WIDTH_FORMS: dict[int, str] = {
    **{code + _FULL_WIDTH_OFFSET: chr(code) for code in range(ord("!"), ord("~") + 1)},
    ord("\u3000"): " ",
    ord("\uffe0"): "¢",
    ord("\uffe1"): "£",
    ord("\uffe5"): "¥",
    ord("\uffe6"): "₩",
}
_ARABIC_SEPARATORS = {ord("\u066b"): ".", ord("\u066c"): ",", ord("\u060d"): "/", ord("\u060c"): ","}


def to_half_width(text: str) -> str:
    """Return a text with ASCII characters in place of full-width ones.

    >>> to_half_width("１，２３４．５０")
    '1,234.50'
    """
    return text if text.isascii() else text.translate(_HALF_WIDTH_FORMS)


def to_half_width_array(strings: pa.StringArray) -> pa.StringArray:
    """Return texts with ASCII characters in place of full-width ones."""
    if pc.all(pc.string_is_ascii(strings)).as_py() is not False:
        return strings
    return pa.array([to_half_width(text) for text in strings.to_pylist()], pa.string())


def to_ascii_digits(text: str) -> str:
    """Return a text with 0-9 in place of the digits of any script, and with ASCII in place of Arabic marks.

    >>> to_ascii_digits("١٬٢٣٤٫٥٠")
    '1,234.50'
    """
    if text.isascii():
        return text
    return "".join(map(_to_ascii_digit, text.translate(_HALF_WIDTH_FORMS).translate(_ARABIC_SEPARATORS)))


def has_foreign_digits(text: str) -> bool:
    """Tell whether a text has digits that only a locale reads."""
    return any(
        not character.isascii() and unicodedata.decimal(character, None) is not None
        for character in to_half_width(text)
    )


def _to_ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
