"""Cells that a spreadsheet would run as formulas, made harmless in CSV and made themselves again when read back.

A text that begins with = + - @ (or their full-width forms, a tab, a line end or NUL), after any blanks, gets an
apostrophe in front (CWE-1236; OWASP ASVS 5, 1.2.10). So does one that already begins with apostrophes before such a
character: that makes the way back exact. Plain numbers and phone numbers cannot carry a function and stay as they are.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_BLANKS = r"[\s\u200b-\u200f\ufeff]*"
_RUNS = rf"(?:[\t\r\n\0]|{_BLANKS}[=+\-@＝＋－＠])"  # noqa: RUF001 - full-width signs run too
_HARMLESS = r"[+-]?[0-9][0-9 .,()/-]*"
ESCAPE = re.compile(rf"(?!{_HARMLESS}\Z)'*{_RUNS}")
# Only a text that begins so, or with something that is not plain ASCII, can be escaped or need it.
SUSPECT = ("'", "=", "+", "-", "@")
ESCAPED = re.compile(rf"'+{_RUNS}")
GUARDED = re.compile(r"'(?=[=+\-@]|[^'\s]*[0-9@])[^'\s]+")  # an apostrophe tells a spreadsheet: this is text


def escape(text: str) -> str:
    """A cell that no spreadsheet runs.

    >>> escape("=1+1"), escape("'=1+1"), escape("-12.50"), escape("it's")
    ("'=1+1", "''=1+1", '-12.50', "it's")
    """
    return f"'{text}" if ESCAPE.match(text) else text


def unescape(text: str) -> str:
    """The inverse of `escape`.

    >>> unescape("'=1+1"), unescape("''=1+1"), unescape("'tis")
    ('=1+1', "'=1+1", "'tis")
    """
    return text[1:] if ESCAPED.match(text) else text


def escape_table(table: "pd.DataFrame") -> "tuple[pd.DataFrame, int]":
    """A table whose texts and column names no spreadsheet runs, and how many were changed."""
    return _rewritten(table, ESCAPE, escape)


def unescape_table(table: "pd.DataFrame") -> "tuple[pd.DataFrame, int]":
    """The inverse of `escape_table`, and how many were changed."""
    return _rewritten(table, ESCAPED, unescape)


def _rewritten(
    table: "pd.DataFrame", pattern: re.Pattern[str], rewrite: Callable[[str], str]
) -> "tuple[pd.DataFrame, int]":
    """The table with `rewrite` done to the texts and names that match, and how many did."""
    changed = 0
    for name in _texts(table):
        matching = _matching(table[name], pattern)
        if matching is not None and matching.any():
            changed += int(matching.sum())
            texts = table[name].copy()
            texts[matching] = texts[matching].map(rewrite)
            table = table.assign(**{name: texts})
    names = [rewrite(str(name)) for name in table.columns]
    changed += sum(new != old for new, old in zip(names, table.columns, strict=True))
    return table.set_axis(names, axis=1), changed


def _matching(texts: "pd.Series", pattern: re.Pattern[str]) -> "pd.Series | None":
    """Which texts match, None for none; nearly all are ruled out by their first character, at the column's speed."""
    suspects = _suspects(texts)
    if not suspects.any():
        return None
    found = texts.isna() & ~texts.isna()
    found[suspects] = texts[suspects].map(lambda text: bool(pattern.match(text)))
    return found


def _suspects(texts: "pd.Series") -> "pd.Series":
    """Which texts begin with one of SUSPECT, or with something that is not visible ASCII."""
    import pandas as pd

    if isinstance(texts.dtype, pd.StringDtype):
        return pd.Series(_begin_suspect(texts), index=texts.index)
    return texts.str.slice(0, 1).isin(SUSPECT) | texts.str.match(r"[^\x21-\x7e]").fillna(value=False).astype(bool)


def _begin_suspect(texts: "pd.Series") -> "npt.NDArray[np.bool_]":
    """The same by the first byte in UTF-8, which of all but ASCII is above 127: no text has to be made."""
    import numpy as np
    import pyarrow as pa

    found = pa.array(texts, pa.large_string())
    strings = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    _, places, body = strings.buffers()
    if len(strings) == 0 or not body:
        return np.zeros(len(strings), dtype=bool)
    ends = np.frombuffer(places, dtype=np.int64)[strings.offset :][: len(strings) + 1]
    filled = (ends[:-1] < ends[1:]) & ~texts.isna().to_numpy(dtype=bool)
    first = np.frombuffer(body, dtype=np.uint8)[np.where(filled, ends[:-1], 0)]
    return filled & ((first < ord("!")) | (first > ord("~")) | np.isin(first, [ord(mark) for mark in SUSPECT]))


def _texts(table: "pd.DataFrame") -> list[str]:
    return [str(name) for name, kind in table.dtypes.items() if kind.kind == "O"]
