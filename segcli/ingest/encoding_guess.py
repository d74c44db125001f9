"""The encoding of text that is not UTF-8, by the column names that the header has in it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from segcli.errors import InputProblem
from segcli.files.read import Content
from segcli.ingest.recognise import known_names

WINDOWS = "cp1252"
# Usual encodings of the languages whose column names are known; what decodes a header alike counts once, by the first.
CANDIDATES = (
    *("cp1251", "koi8-r", "gb18030", "big5", "cp950", "shift_jis", "cp932", "euc-jp", "euc-kr", "cp949"),
    *("cp1258", "cp1250", "cp1254"),
)
HEAD = 100_000  # bytes in which the header stands
WITHIN = 50  # lines among which the header is looked for
ENOUGH = 2  # known names that make a line a header
_BETWEEN = re.compile(r"[,;\t|]")
_SUSPICIOUS = frozenset({"Cc", "Cn", "Co", "Sk", "Sm", "So"})  # controls, unassigned characters and symbols


@dataclass(frozen=True)
class _Header:
    """The line of most known column names as one encoding reads it, how many they are, and suspicious characters."""

    encoding: str
    text: str
    known: int
    suspicious: int


def guess_encoding(content: Content, body: bytes) -> str | None:
    """Return the encoding in which the header has more known column names than in Windows-1252, if there is one.

    Args:
        content: the file, for messages.
        body: its text, which is not UTF-8.

    Raises:
        InputProblem: several encodings read the header equally well, and differently.
    """
    head = body[:HEAD]
    head = head[: head.rfind(b"\n") + 1] or head
    least = max(ENOUGH, 1 + _find_header(head.decode(WINDOWS, errors="replace"))[1])
    found = [header for header in (_header(head, name) for name in CANDIDATES) if header and header.known >= least]
    best = sorted((header for header in found if _reads(body, header.encoding)), key=_rank)
    if not best:
        return None
    rivals = {header.text: header.encoding for header in reversed(best) if _rank(header) == _rank(best[0])}
    if len(rivals) > 1:
        names = sorted(rivals.values(), key=CANDIDATES.index)
        raise InputProblem(
            f"not UTF-8, and the header reads in several encodings: {', '.join(names)}",
            source=content.name,
            remedy="Name the encoding: " + "   or   ".join(f"--encoding {name}" for name in names),
        )
    return best[0].encoding


def _rank(header: _Header) -> tuple[int, int]:
    return -header.known, header.suspicious


def _header(head: bytes, encoding: str) -> _Header | None:
    """Return the header as an encoding reads it, if it reads the beginning of the file at all."""
    try:
        text, known = _find_header(head.decode(encoding))
    except UnicodeDecodeError:
        return None
    suspicious = sum(unicodedata.category(mark) in _SUSPICIOUS for mark in text if not mark.isascii())
    return _Header(encoding, text, known, suspicious)


def _find_header(text: str) -> tuple[str, int]:
    """Return the line of most known column names, and how many they are."""
    lines = text.splitlines()[:WITHIN]
    known = [known_names(_names(line)) for line in lines]
    return lines[known.index(max(known))], max(known)


def _names(line: str) -> Iterator[str]:
    return (name.strip().strip('"') for name in _BETWEEN.split(line))


def _reads(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
