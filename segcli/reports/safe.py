"""Text from a file is data: it may not steer a terminal or become markup."""

import re
import unicodedata

LONGEST = 200
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$:@&<>=-])")
_AUTOLINK = re.compile(r"(?i)\b(www)\.")


def printable(text: object) -> str:
    """One line without control, bidirectional or line-separating characters.

    >>> printable("a\\x1b[31mb\\n")
    'a\\\\x1b[31mb '
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
    """Text that renders as itself in Markdown, in tables too: no link, image, tag or mention comes of it.

    >>> markdown("<b>|x|")
    '&lt;b&gt;\\\\|x\\\\|'
    """
    escaped = _MARKUP.sub(_escaped, printable(text))
    return _AUTOLINK.sub(r"\1&#46;", re.sub(r"(?<=\d)\.(?=\s|$)", r"\\.", escaped))


def _escaped(match: re.Match[str]) -> str:
    """HTML entities where a backslash would not stop an autolinker, backslashes elsewhere."""
    entity = {"<": "&lt;", ">": "&gt;", "&": "&amp;", ":": "&#58;", "@": "&#64;"}
    return entity.get(match[1], f"\\{match[1]}")
