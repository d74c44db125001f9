"""Text from a file is data: it may not steer a terminal or become markup."""

import re
import unicodedata

LONGEST = 200
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Characters that can act anywhere; underscores between letters, colons before blanks and dots before digits cannot.
_ACTIVE = re.compile(r"[\\`*\[\]<>&|~$@]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|#(?=\w)|#(?=#*\s*$)|(?<=\w)\.(?=[^\W\d])")
_AT_START = re.compile(r"^(\s*)([#+=-])(?=[\s#=-]|$)|^(\s*\d+)([.)])(?=\s|$)")


def printable(text: object) -> str:
    r"""One line without control, bidirectional or line-separating characters.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb '
    """
    return "".join(_shown(character) for character in str(text))


def cell(text: object) -> str:
    """Printable text, of bounded length: one value may not push a table off the screen."""
    shown = printable(text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _shown(character: str) -> str:
    if character in "\t\n\r\u2028\u2029":
        return " "
    if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs"}:
        return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"  # noqa: PLR2004
    return character


def markdown(text: object) -> str:
    r"""Text that renders as itself in Markdown, in tables too: no link, image, tag or mention comes of it.

    Only what could act is escaped, so that the source still reads as text.

    >>> markdown("<b>|x| 2026-07-01: +0.5 sd (n = 3)")
    '&lt;b&gt;\\|x\\| 2026-07-01: +0.5 sd (n = 3)'
    """
    shown = _ACTIVE.sub(_escaped, printable(text).strip())
    return _AT_START.sub(lambda m: f"{m[1] or m[3] or ''}\\{m[2] or m[4]}", shown)


def _escaped(match: re.Match[str]) -> str:
    """HTML entities for tags, backslashes for the rest."""
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;"}.get(match[0], f"\\{match[0]}")
