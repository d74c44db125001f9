"""Find a person in files that are not rewritten: HTML pages, charts, SQL, and compressed files."""

import io
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from segcli.errors import SegcliError
from segcli.io.arrow_files import ARROW_KIND, arrow_to_csv
from segcli.io.compression import UNPACK_ERRORS, detect_packing
from segcli.io.compression import unpack_bytes as unpack_body
from segcli.io.person import Person, normalise_column_name
from segcli.io.text_stream import detect_table_kind

PAGE_SUFFIXES = (".html", ".htm", ".svg")
MARKDOWN_SUFFIXES = (".md", ".markdown")
_BACKSLASH_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_CELL_SEPARATOR = re.compile(r"(?<!\\)\|")


def unpack_members(path: Path) -> list[bytes]:
    """Return the content of a file, decompressed if necessary; for an archive, the content of each member.

    Raises:
        ValueError: if it cannot be decompressed.
    """
    import zipfile

    body = path.read_bytes()
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return [archive.read(name) for name in archive.namelist()]
        if detect_table_kind(body) == ARROW_KIND:
            return [arrow_to_csv(io.BytesIO(body), str(path)).read()]
        return [unpack_body(body, str(path)) if detect_packing(body) else body]
    except (SegcliError, zipfile.BadZipFile, *UNPACK_ERRORS) as error:
        raise ValueError(str(error)) from error


def find_mention(text: str, suffix: str, person: Person) -> str:
    """Return the place of the first mention in a text; blank if there is none.

    Args:
        text: content of the file.
        suffix: suffix of the file name, in lower case.
        person: the person to find.
    """
    for variant in _iterate_variants(text, suffix):
        match = person.mention_pattern.search(variant) or _find_plain_id(person, variant, suffix)
        if match is not None:
            return f"line {variant.count(chr(10), 0, match.start()) + 1:,}"
    return next((f"line {line:,}" for line, row in _iterate_rows(text, suffix) if person.owns_row(row)), "")


def _iterate_variants(text: str, suffix: str) -> Iterator[str]:
    """Yield a text unchanged, and with the escapes of HTML, Markdown, JSON and SQL decoded."""
    text = unicodedata.normalize("NFC", text)
    yield text
    unescaped = _BACKSLASH_ESCAPE.sub(r"\1", unescape(text))
    yield unescaped
    if "\\u" in text:
        decoded = _UNICODE_ESCAPE.sub(lambda code: chr(int(code[1], 16)), text)
        decoded = decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield _BACKSLASH_ESCAPE.sub(r"\1", unicodedata.normalize("NFC", decoded))
    if suffix == ".sql":
        yield text.replace("''", "'")
    if "\0" in text:
        yield text.replace("\0", "")  # probably UTF-16


def _find_plain_id(person: Person, text: str, suffix: str) -> re.Match[str] | None:
    """Find an id that could also be a number or a word, in a text that has an id column."""
    if suffix in {*PAGE_SUFFIXES, *MARKDOWN_SUFFIXES} or not any(
        name in normalise_column_name(text) for name in ("customerid", "distinctid")
    ):
        return None
    id_pattern = "|".join(re.escape(name) for name in sorted(person.ids))
    return re.search(rf"(?<![\w.,-])(?:{id_pattern})(?![\w.,-])", text) if id_pattern else None


def _iterate_rows(text: str, suffix: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Yield the rows of tables in a page: line number and (column name, cell) pairs."""
    if suffix in PAGE_SUFFIXES:
        page = _TableParser()
        page.feed(text)
        yield from page.rows
    if suffix in MARKDOWN_SUFFIXES:
        header = list[str]()
        for number, line in enumerate(text.splitlines(), 1):
            if not line.startswith("|"):
                header = []
                continue
            cells = [_BACKSLASH_ESCAPE.sub(r"\1", unescape(cell)).strip() for cell in _CELL_SEPARATOR.split(line)[1:-1]]
            header = header or cells
            yield number, list(zip(header, cells, strict=False))


class _TableParser(HTMLParser):
    """Parser that collects the rows of all tables in an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[tuple[str, str]]]] = []
        self._header: list[str] = []
        self._cells: list[str] = []
        self._is_header, self._is_cell = True, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Start a table, a row or a cell."""
        del attrs
        if tag == "table":
            self._header = []
        elif tag == "tr":
            self._cells, self._is_header = [], True
        elif tag in {"td", "th"}:
            self._cells.append("")
            self._is_cell, self._is_header = True, self._is_header and tag == "th"

    def handle_endtag(self, tag: str) -> None:
        """End a row or a cell."""
        if tag in {"td", "th"}:
            self._is_cell = False
        elif tag == "tr" and self._is_header:
            self._header = self._cells
        elif tag == "tr":
            self.rows.append((self.getpos()[0], list(zip(self._header, self._cells, strict=False))))

    def handle_data(self, data: str) -> None:
        """Append text to the current cell."""
        if self._is_cell and self._cells:
            self._cells[-1] += data
