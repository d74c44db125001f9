"""The encoding of text that is not UTF-8, by the column names that the header has in it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from segcli.errors import InputProblem
from segcli.files.read import FileContent
from segcli.ingest.recognise import count_known_names

WINDOWS_ENCODING = "cp1252"
# Usual encodings of the languages whose column names are known; what decodes a header alike counts once, by the first.
CANDIDATE_ENCODINGS = (
    *("cp1251", "koi8-r", "gb18030", "big5", "cp950", "shift_jis", "cp932", "euc-jp", "euc-kr", "cp949"),
    *("cp1258", "cp1250", "cp1254"),
)
GUESS_HEAD_BYTES = 100_000  # bytes in which the header stands
GUESS_HEAD_LINES = 50  # lines among which the header is looked for
MIN_HEADER_NAMES = 2  # known names that make a line a header
_FIELD_SEPARATOR = re.compile(r"[,;\t|]")
_SUSPICIOUS_CATEGORIES = frozenset({"Cc", "Cn", "Co", "Sk", "Sm", "So"})  # controls, unassigned characters and symbols


@dataclass(frozen=True)
class _DecodedHeader:
    """The line of most known column names as one encoding reads it, how many they are, and suspicious characters."""

    encoding: str
    text: str
    known_name_count: int
    suspicious_count: int


def guess_encoding(content: FileContent, body: bytes) -> str | None:
    """Return the encoding in which the header has more known column names than in Windows-1252, if there is one.

    Args:
        content: the file, for messages.
        body: its text, which is not UTF-8.

    Raises:
        InputProblem: several encodings read the header equally well, and differently.
    """
    head = body[:GUESS_HEAD_BYTES]
    head = head[: head.rfind(b"\n") + 1] or head
    min_known_names = max(MIN_HEADER_NAMES, 1 + _find_header_line(head.decode(WINDOWS_ENCODING, errors="replace"))[1])
    candidates = [
        header
        for header in (_decode_header(head, name) for name in CANDIDATE_ENCODINGS)
        if header and header.known_name_count >= min_known_names
    ]
    best = sorted((header for header in candidates if _is_decodable(body, header.encoding)), key=_sort_key)
    if not best:
        return None
    rivals = {header.text: header.encoding for header in reversed(best) if _sort_key(header) == _sort_key(best[0])}
    if len(rivals) > 1:
        names = sorted(rivals.values(), key=CANDIDATE_ENCODINGS.index)
        raise InputProblem(
            f"not UTF-8, and the header reads in several encodings: {', '.join(names)}",
            source=content.name,
            remedy="Name the encoding: " + "   or   ".join(f"--encoding {name}" for name in names),
        )
    return best[0].encoding


def _sort_key(candidate: _DecodedHeader) -> tuple[int, int]:
    return -candidate.known_name_count, candidate.suspicious_count


def _decode_header(head: bytes, encoding: str) -> _DecodedHeader | None:
    """Return the header as an encoding reads it, if it reads the beginning of the file at all."""
    try:
        text, known_name_count = _find_header_line(head.decode(encoding))
    except UnicodeDecodeError:
        return None
    suspicious_count = sum(
        unicodedata.category(character) in _SUSPICIOUS_CATEGORIES for character in text if not character.isascii()
    )
    return _DecodedHeader(encoding, text, known_name_count, suspicious_count)


def _find_header_line(text: str) -> tuple[str, int]:
    """Return the line of most known column names, and how many they are."""
    lines = text.splitlines()[:GUESS_HEAD_LINES]
    known_counts = [count_known_names(_split_names(line)) for line in lines]
    return lines[known_counts.index(max(known_counts))], max(known_counts)


def _split_names(line: str) -> Iterator[str]:
    return (name.strip().strip('"') for name in _FIELD_SEPARATOR.split(line))


def _is_decodable(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
