"""Bytes -> UTF-8: by byte-order mark, as UTF-8, in the encoding that makes the header known, or as Windows-1252."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.files.read import FileContent
from segcli.ingest.encoding_guess import guess_encoding

_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUL_SAMPLE_BYTES = 300_000  # bytes in which UTF-16 shows itself by its NULs
# Codecs of domain names, program texts and single platforms: no file is written in them.
NO_FILE_ENCODINGS = frozenset(
    {"charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
_REPLACEMENT_CHARACTER = "\ufffd"
# What two-byte UTF-8 characters become when they are read as Windows-1252 and written as UTF-8 once more: \u00c3\u00a9.
_MOJIBAKE_PATTERN = re.compile(rb"\xc3[\x82\x83]\xc2[\x80-\xbf]")


@dataclass(frozen=True)
class DecodedText:
    """A file's text as UTF-8 bytes without a byte-order mark, the encoding it had, and what was noticed."""

    body: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode_content(content: FileContent, source: Source) -> DecodedText:
    """Decode as declared, or by rule.

    Raises:
        InputProblem: the bytes are no text in that encoding, with the line.
    """
    if source.encoding:
        return _decode_declared(content, source.encoding, source.encoding_errors)
    if content.body.startswith(_UTF16_BOMS):
        return _decode_declared(content, "utf-16", source.encoding_errors)
    body = content.body.removeprefix(codecs.BOM_UTF8)
    if b"\0" in body[:_NUL_SAMPLE_BYTES]:
        raise InputProblem("holds NUL bytes; it looks like UTF-16", source=content.name, remedy="Try --encoding utf-16")
    try:
        if not body.isascii():  # which nearly all is, and which makes no copy
            body.decode()
    except UnicodeDecodeError as error:
        return _decode_legacy(content, body, error.start, source.encoding_errors)
    return DecodedText(body, "utf-8", () if content.is_head else tuple(mojibake_notes(detect_mojibake(body))))


def recode_chunk(body: bytes, encoding: str) -> bytes:
    """A piece of a file as UTF-8.

    Raises:
        UnicodeDecodeError: it is not text in that encoding.
    """
    if body.isascii():
        return body
    text = body.decode(encoding)
    return body if encoding.lower() in {"utf-8", "utf8"} else text.encode()


def _decode_declared(content: FileContent, encoding: str, errors: str) -> DecodedText:
    _require_text_encoding(encoding, content.name)
    try:
        text = content.body.decode(encoding, errors=errors).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.body.count(b"\n", 0, error.start) + 1
        raise InputProblem(
            f"byte {error.start} is not {encoding}", source=content.name, line=line, remedy="Try another --encoding"
        ) from None
    except UnicodeError:
        raise InputProblem(f"is not {encoding}", source=content.name, remedy="Try another --encoding") from None
    return DecodedText(text.encode(errors="replace"), encoding, tuple(_note_replacements(text, errors)))


def _require_text_encoding(encoding: str, name: str) -> None:
    try:
        codec = codecs.lookup(encoding)
        is_known = codec._is_text_encoding and codec.name not in NO_FILE_ENCODINGS  # noqa: SLF001 - as open() tests it
    except (LookupError, ValueError):  # a name with a NUL is a ValueError
        is_known = False
    if not is_known:
        raise InputProblem(
            f"unknown encoding '{encoding}'", source=name, remedy="Name one such as utf-8, cp1252 or utf-16"
        )


def _decode_legacy(content: FileContent, body: bytes, offset: int, errors: str) -> DecodedText:
    line = body.count(b"\n", 0, offset) + 1
    guess = guess_encoding(content, body)
    if guess:
        note = f"not UTF-8 (first at line {line}): read as {guess}, in which the header is known; --encoding decides"
        return DecodedText(body.decode(guess).encode(), guess, (note,))
    try:
        text = body.decode("cp1252", errors=errors)
    except UnicodeDecodeError:
        raise InputProblem(
            f"is neither UTF-8 nor Windows-1252 (byte {offset})",
            source=content.name,
            line=line,
            remedy="Say which with --encoding",
        ) from None
    note = f"not UTF-8 (first at line {line}): read as Windows-1252; --encoding decides"
    return DecodedText(text.encode(), "cp1252", (note, *_note_replacements(text, errors)))


def _note_replacements(text: str, errors: str) -> Iterator[str]:
    count = text.count(_REPLACEMENT_CHARACTER) if errors == "replace" else 0
    if count:
        yield f"bytes that are no text: {count:,}; each is now {_REPLACEMENT_CHARACTER}"


@dataclass(frozen=True)
class Mojibake:
    """Characters that look encoded twice: how many, such as what, and the line of the first."""

    count: int = 0
    shown: str = ""
    line: int = 0

    def __add__(self, other: "Mojibake") -> "Mojibake":
        first = self if self.count else other
        return Mojibake(self.count + other.count, first.shown, first.line)

    def shift_lines(self, lines_above: int) -> "Mojibake":
        """The same where so many lines of the file stand above."""
        return Mojibake(self.count, self.shown, self.line + lines_above)


def detect_mojibake(body: bytes) -> Mojibake:
    """What looks encoded twice in UTF-8 text."""
    match = None if body.isascii() else _MOJIBAKE_PATTERN.search(body)
    if not match:
        return Mojibake()
    return Mojibake(len(_MOJIBAKE_PATTERN.findall(body)), match[0].decode(), body.count(b"\n", 0, match.start()) + 1)


def mojibake_notes(mojibake: Mojibake) -> Iterator[str]:
    """A note on such characters, if there are any."""
    if mojibake.count:
        yield (
            f"characters that look encoded twice, such as {mojibake.shown}: {mojibake.count:,} (first: line "
            f"{mojibake.line:,}); they stay so"
        )
