"""Escape cells that a spreadsheet would run as formulas, and restore them when a CSV file is read back.

A text that begins with = + - @ (or their full-width forms, a tab, a line break or NUL), after any blanks, gets an
apostrophe in front (CWE-1236; OWASP ASVS 5, 1.2.10). So does a text that already has apostrophes before such a
character, which makes the inverse exact. Plain numbers and phone numbers cannot contain a function and stay unchanged.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_BLANKS = r"[\s\u200b-\u200f\ufeff]*"
_FORMULA_START = rf"(?:[\t\r\n\0]|{_BLANKS}[=+\-@＝＋－＠])"  # noqa: RUF001 - spreadsheets also run full-width signs
_NUMBER = r"[+-]?[0-9][0-9 .,()/-]*"
NEEDS_ESCAPE = re.compile(rf"(?!{_NUMBER}\Z)'*{_FORMULA_START}")
# Only texts that begin with these or with a character other than visible ASCII can be escaped or need escaping.
SUSPECT_CHARACTERS = ("'", "=", "+", "-", "@")
ESCAPED_CELL = re.compile(rf"'+{_FORMULA_START}")
APOSTROPHE_TEXT = re.compile(r"'(?=[=+\-@]|[^'\s]*[0-9@])[^'\s]+")  # a leading apostrophe marks a cell as text


def escape_cell(text: str) -> str:
    """Escape a cell so that no spreadsheet runs it.

    >>> escape_cell("=1+1"), escape_cell("'=1+1"), escape_cell("-12.50"), escape_cell("it's")
    ("'=1+1", "''=1+1", '-12.50', "it's")
    """
    return f"'{text}" if NEEDS_ESCAPE.match(text) else text


def unescape_cell(text: str) -> str:
    """Invert `escape_cell`.

    >>> unescape_cell("'=1+1"), unescape_cell("''=1+1"), unescape_cell("'tis")
    ('=1+1', "'=1+1", "'tis")
    """
    return text[1:] if ESCAPED_CELL.match(text) else text


def escape_table(table: "pd.DataFrame") -> "tuple[pd.DataFrame, int]":
    """Escape the texts and column names of a table; return the table and the number of changes."""
    return _rewrite_table(table, NEEDS_ESCAPE, escape_cell)


def unescape_table(table: "pd.DataFrame") -> "tuple[pd.DataFrame, int]":
    """Invert `escape_table`; return the table and the number of changes."""
    return _rewrite_table(table, ESCAPED_CELL, unescape_cell)


def _rewrite_table(
    table: "pd.DataFrame", pattern: re.Pattern[str], rewrite: Callable[[str], str]
) -> "tuple[pd.DataFrame, int]":
    """Apply `rewrite` to the matching texts and column names; return the table and the number of matches."""
    changed_count = 0
    for name in _text_columns(table):
        matching = _match_texts(table[name], pattern)
        if matching is not None and matching.any():
            changed_count += int(matching.sum())
            texts = table[name].copy()
            texts[matching] = texts[matching].map(rewrite)
            table = table.assign(**{name: texts})
    names = [rewrite(str(name)) for name in table.columns]
    changed_count += sum(new != old for new, old in zip(names, table.columns, strict=True))
    return table.set_axis(names, axis=1), changed_count


def _match_texts(texts: "pd.Series", pattern: re.Pattern[str]) -> "pd.Series | None":
    """Mark the texts that match; return None if none does. A vectorised check of first characters filters first."""
    is_suspect = _mark_suspects(texts)
    if not is_suspect.any():
        return None
    matches = texts.isna() & ~texts.isna()
    matches[is_suspect] = texts[is_suspect].map(lambda text: bool(pattern.match(text)))
    return matches


def _mark_suspects(texts: "pd.Series") -> "pd.Series":
    """Mark the texts that begin with one of SUSPECT_CHARACTERS, or with a character other than visible ASCII."""
    import pandas as pd

    if isinstance(texts.dtype, pd.StringDtype):
        return pd.Series(_has_suspect_start(texts), index=texts.index)
    return texts.str.slice(0, 1).isin(SUSPECT_CHARACTERS) | texts.str.match(r"[^\x21-\x7e]").fillna(value=False).astype(
        bool
    )


def _has_suspect_start(texts: "pd.Series") -> "npt.NDArray[np.bool_]":
    """Mark suspects by the first byte in UTF-8 (above 127 for non-ASCII), without creating Python strings."""
    import numpy as np
    import pyarrow as pa

    array = pa.array(texts, pa.large_string())
    string_array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    _, offsets, body = string_array.buffers()
    if len(string_array) == 0 or not body:
        return np.zeros(len(string_array), dtype=bool)
    ends = np.frombuffer(offsets, dtype=np.int64)[string_array.offset :][: len(string_array) + 1]
    is_filled = (ends[:-1] < ends[1:]) & ~texts.isna().to_numpy(dtype=bool)
    first_bytes = np.frombuffer(body, dtype=np.uint8)[np.where(is_filled, ends[:-1], 0)]
    return is_filled & (
        (first_bytes < ord("!"))
        | (first_bytes > ord("~"))
        | np.isin(first_bytes, [ord(character) for character in SUSPECT_CHARACTERS])
    )


def _text_columns(table: "pd.DataFrame") -> list[str]:
    return [str(name) for name, kind in table.dtypes.items() if kind.kind == "O"]
