"""Text from a file is data: it may not steer a terminal or become markup."""

import re
import unicodedata

MAX_CELL_LENGTH = 200
_BIDI_CHARACTERS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Characters that can act anywhere; underscores between letters, colons before blanks and dots before digits cannot.
_ACTIVE_MARKDOWN = re.compile(
    r"[\\`*\[\]<>&|~$@]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|#(?=\w)|#(?=#*\s*$)|(?<=\w)\.(?=[^\W\d])"
)
_ACTIVE_LINE_START = re.compile(r"^(\s*)([#+=-])(?=[\s#=-]|$)|^(\s*\d+)([.)])(?=\s|$)")


def escape_unprintable(text: object) -> str:
    r"""One line without control, bidirectional or line-separating characters.

    >>> escape_unprintable("a\x1b[31mb\n")
    'a\\x1b[31mb '
    """
    return "".join(_escape_character(character) for character in str(text))


def escape_cell(text: object) -> str:
    """Printable text, of bounded length: one value may not push a table off the screen."""
    escaped = escape_unprintable(text)
    return escaped if len(escaped) <= MAX_CELL_LENGTH else escaped[: MAX_CELL_LENGTH - 1] + "…"


def _escape_character(character: str) -> str:
    if character in "\t\n\r\u2028\u2029":
        return " "
    if character in _BIDI_CHARACTERS or unicodedata.category(character) in {"Cc", "Cs"}:
        return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"  # noqa: PLR2004
    return character


def escape_markdown(text: object) -> str:
    r"""Text that renders as itself in Markdown, in tables too: no link, image, tag or mention comes of it.

    Only what could act is escaped, so that the source still reads as text.

    >>> escape_markdown("<b>|x| 2026-07-01: +0.5 sd (n = 3)")
    '&lt;b&gt;\\|x\\| 2026-07-01: +0.5 sd (n = 3)'
    """
    escaped = _ACTIVE_MARKDOWN.sub(_escape_match, escape_unprintable(text).strip())
    return _ACTIVE_LINE_START.sub(lambda m: f"{m[1] or m[3] or ''}\\{m[2] or m[4]}", escaped)


def _escape_match(match: re.Match[str]) -> str:
    """HTML entities for tags, backslashes for the rest."""
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;"}.get(match[0], f"\\{match[0]}")
