"""Decode bytes to UTF-8: by byte-order mark, as UTF-8, by the encoding with a known header, or as Windows-1252."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest.column_matching import count_known_names
from segcli.io.read import FileContent

# Detect the encoding of text that is not UTF-8, by the known column names in the decoded header
WINDOWS_ENCODING = "cp1252"
# Common encodings of the supported languages; of those with the same decoded header, the first counts.
CANDIDATE_ENCODINGS = (
    *("cp1251", "koi8-r", "gb18030", "big5", "cp950", "shift_jis", "cp932", "euc-jp", "euc-kr", "cp949"),
    *("cp1250", "cp1258", "cp1254", "cp1253", "iso-8859-7", "cp1256", "cp1255", "cp874"),
)
GUESS_HEAD_BYTES = 100_000  # bytes that contain the header
GUESS_HEAD_LINES = 50  # lines in which to search for the header
MIN_HEADER_NAMES = 2  # number of known names that identify a header
_FIELD_SEPARATOR = re.compile(r"[,;\t|]")
_SUSPICIOUS_CATEGORIES = frozenset({"Cc", "Cn", "Co", "Sk", "Sm", "So"})  # controls, unassigned characters and symbols


@dataclass(frozen=True)
class _DecodedHeader:
    """Header candidate in one encoding: its text, and counts of known names and suspicious characters."""

    encoding: str
    text: str
    known_name_count: int
    suspicious_count: int


def guess_encoding(content: FileContent, body: bytes) -> str | None:
    """Return the encoding in which the header has the most known column names, if more than in Windows-1252.

    Args:
        content: the file, for messages.
        body: its text, which is not UTF-8.

    Raises:
        InputProblem: if several encodings decode the header equally well, with different results.
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
            f"not UTF-8, and the header fits several encodings: {', '.join(names)}",
            source=content.name,
            remedy="choose the encoding: " + "   or   ".join(f"--encoding {name}" for name in names),
        )
    return best[0].encoding


def _sort_key(candidate: _DecodedHeader) -> tuple[int, int]:
    return -candidate.known_name_count, candidate.suspicious_count


def _decode_header(head: bytes, encoding: str) -> _DecodedHeader | None:
    """Return the header decoded in an encoding; None if the beginning of the file cannot be decoded."""
    try:
        text, known_name_count = _find_header_line(head.decode(encoding))
    except UnicodeDecodeError:
        return None
    suspicious_count = sum(
        unicodedata.category(character) in _SUSPICIOUS_CATEGORIES for character in text if not character.isascii()
    )
    return _DecodedHeader(encoding, text, known_name_count, suspicious_count)


def _find_header_line(text: str) -> tuple[str, int]:
    """Return the line with the most known column names, and their number."""
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


_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUL_SAMPLE_BYTES = 300_000  # bytes in which UTF-16 is recognised by its NULs
# Codecs of domain names, program texts and single platforms, which are not used for files.
NO_FILE_ENCODINGS = frozenset(
    {"charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
_REPLACEMENT_CHARACTER = "\ufffd"
# Shift JIS has the yen sign where ASCII has the backslash, and decoders return a backslash.
_SHIFT_JIS_CODECS = frozenset({"cp932", "shift_jis", "shift_jis_2004", "shift_jisx0213"})
_BACKSLASH_OF_AMOUNT = re.compile(r"(?<![^\s,;|\"(+-])\\(?=[ +-]?[0-9])")
# Two-byte UTF-8 characters that were decoded as Windows-1252 and encoded as UTF-8 again: \u00c3\u00a9.
_MOJIBAKE_PATTERN = re.compile(rb"\xc3[\x82\x83]\xc2[\x80-\xbf]")


@dataclass(frozen=True)
class DecodedText:
    """Text of a file as UTF-8 bytes without a byte-order mark, its original encoding, and notes."""

    body: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode_content(content: FileContent, source: Source) -> DecodedText:
    """Decode a file with the declared encoding, or by rule.

    Raises:
        InputProblem: if the bytes are not text in that encoding, with the line.
    """
    if source.encoding:
        return _decode_declared(content, source.encoding, source.encoding_errors)
    if content.body.startswith(_UTF16_BOMS):
        return _decode_declared(content, "utf-16", source.encoding_errors)
    body = content.body.removeprefix(codecs.BOM_UTF8)
    if b"\0" in body[:_NUL_SAMPLE_BYTES]:
        raise InputProblem("contains NUL bytes, like UTF-16", source=content.name, remedy="try --encoding utf-16")
    try:
        if not body.isascii():  # true for nearly all files, and makes no copy
            body.decode()
    except UnicodeDecodeError as error:
        return _decode_legacy(content, body, error.start, source.encoding_errors)
    return DecodedText(body, "utf-8", () if content.is_head else tuple(mojibake_notes(detect_mojibake(body))))


def recode_chunk(body: bytes, encoding: str) -> bytes:
    """Convert a chunk of a file to UTF-8.

    Raises:
        UnicodeDecodeError: if it is not text in that encoding.
    """
    if body.isascii() and b"\\" not in body:
        return body
    text = restore_yen_signs(body.decode(encoding), encoding)
    return body if encoding.lower() in {"utf-8", "utf8"} else text.encode()


def restore_yen_signs(text: str, encoding: str) -> str:
    r"""Replace backslashes before amounts by yen signs in text that was decoded from Shift JIS.

    >>> restore_yen_signs(r'A,"\4,900",C:\9', "cp932"), restore_yen_signs(r"A,\49", "utf-8")
    ('A,"¥4,900",C:\\9', 'A,\\49')
    """
    return _BACKSLASH_OF_AMOUNT.sub("¥", text) if codecs.lookup(encoding).name in _SHIFT_JIS_CODECS else text


def _decode_declared(content: FileContent, encoding: str, errors: str) -> DecodedText:
    _require_text_encoding(encoding, content.name)
    try:
        text = content.body.decode(encoding, errors=errors).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.body.count(b"\n", 0, error.start) + 1
        raise InputProblem(
            f"byte {error.start} is not valid {encoding}",
            source=content.name,
            line=line,
            remedy="try another --encoding",
        ) from None
    except UnicodeError:
        raise InputProblem(f"not valid {encoding}", source=content.name, remedy="try another --encoding") from None
    text = restore_yen_signs(text, encoding)
    return DecodedText(text.encode(errors="replace"), encoding, tuple(_note_replacements(text, errors)))


def _require_text_encoding(encoding: str, name: str) -> None:
    try:
        codec = codecs.lookup(encoding)
        is_known = codec._is_text_encoding and codec.name not in NO_FILE_ENCODINGS  # noqa: SLF001 - the same test as in open()
    except (LookupError, ValueError):  # a name with a NUL raises ValueError
        is_known = False
    if not is_known:
        raise InputProblem(
            f"unknown encoding '{encoding}'", source=name, remedy="choose one, such as utf-8, cp1252 or utf-16"
        )


def _decode_legacy(content: FileContent, body: bytes, offset: int, errors: str) -> DecodedText:
    line = body.count(b"\n", 0, offset) + 1
    guess = guess_encoding(content, body)
    if guess:
        note = (
            f"not UTF-8 (first at line {line}): read as {guess}, which fits the header; hint: --encoding overrides it"
        )
        return DecodedText(restore_yen_signs(body.decode(guess), guess).encode(), guess, (note,))
    try:
        text = body.decode("cp1252", errors=errors)
    except UnicodeDecodeError:
        raise InputProblem(
            f"neither UTF-8 nor Windows-1252 (byte {offset})",
            source=content.name,
            line=line,
            remedy="choose the encoding with --encoding",
        ) from None
    note = f"not UTF-8 (first at line {line}): read as Windows-1252; hint: --encoding overrides it"
    return DecodedText(text.encode(), "cp1252", (note, *_note_replacements(text, errors)))


def _note_replacements(text: str, errors: str) -> Iterator[str]:
    count = text.count(_REPLACEMENT_CHARACTER) if errors == "replace" else 0
    if count:
        yield f"invalid bytes replaced by {_REPLACEMENT_CHARACTER}: {count:,}"


@dataclass(frozen=True)
class Mojibake:
    """Characters that look encoded twice: count, an example, and the line of the first."""

    count: int = 0
    shown: str = ""
    line: int = 0

    def __add__(self, other: "Mojibake") -> "Mojibake":
        first = self if self.count else other
        return Mojibake(self.count + other.count, first.shown, first.line)

    def shift_lines(self, lines_above: int) -> "Mojibake":
        """Return the same result with its line counted within the file; `lines_above` lines precede the chunk."""
        return Mojibake(self.count, self.shown, self.line + lines_above)


def detect_mojibake(body: bytes) -> Mojibake:
    """Detect characters in UTF-8 text that look encoded twice."""
    match = None if body.isascii() else _MOJIBAKE_PATTERN.search(body)
    if not match:
        return Mojibake()
    return Mojibake(len(_MOJIBAKE_PATTERN.findall(body)), match[0].decode(), body.count(b"\n", 0, match.start()) + 1)


def mojibake_notes(mojibake: Mojibake) -> Iterator[str]:
    """Yield a note on characters that look encoded twice, if there are any."""
    if mojibake.count:
        yield (
            f"double-encoded characters, such as {mojibake.shown}: {mojibake.count:,} (first: line "
            f"{mojibake.line:,}), kept unchanged"
        )
