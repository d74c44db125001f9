"""Find a person in files that are not rewritten: pages, pictures, SQL, and packed files."""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from segcli.errors import SegcliError
from segcli.files.person import Person, bare_name
from segcli.files.unpack import DAMAGED, packing
from segcli.files.unpack import unpack as unpack_body

PAGES = (".html", ".htm", ".svg")
MARKDOWN = (".md", ".markdown")
_BACKSLASH = re.compile(r"\\([!-/:-@\[-`{-~])")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_CELL = re.compile(r"(?<!\\)\|")


def unpack(path: Path) -> list[bytes]:
    """Return the bytes of a file, unpacked if it is packed; of an archive, those of its members.

    Raises:
        ValueError: it does not unpack.
    """
    import zipfile

    body = path.read_bytes()
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                return [packed.read(name) for name in packed.namelist()]
        return [unpack_body(body, str(path), 0) if packing(body) else body]
    except (SegcliError, zipfile.BadZipFile, *DAMAGED) as error:
        raise ValueError(str(error)) from error


def find_mention(text: str, suffix: str, person: Person) -> str:
    """Return the place of the first mention in a text; blank where there is none.

    Args:
        text: of the file.
        suffix: of its name, in lower case.
        person: to find.
    """
    for variant in _variants(text, suffix):
        found = person.mentions.search(variant) or _plain_id(person, variant, suffix)
        if found is not None:
            return f"line {variant.count(chr(10), 0, found.start()) + 1:,}"
    return next((f"line {line:,}" for line, row in _rows(text, suffix) if person.owns(row)), "")


def _variants(text: str, suffix: str) -> Iterator[str]:
    """Yield a text as it is, and without the escapes of HTML, Markdown, JSON and SQL."""
    text = unicodedata.normalize("NFC", text)
    yield text
    plain = _BACKSLASH.sub(r"\1", unescape(text))
    yield plain
    if "\\u" in text:
        decoded = _UNICODE.sub(lambda code: chr(int(code[1], 16)), text)
        decoded = decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield _BACKSLASH.sub(r"\1", unicodedata.normalize("NFC", decoded))
    if suffix == ".sql":
        yield text.replace("''", "'")
    if "\0" in text:
        yield text.replace("\0", "")  # UTF-16


def _plain_id(person: Person, text: str, suffix: str) -> re.Match[str] | None:
    """Find an id that may be another number or word, in a text that has a column of ids."""
    if suffix in {*PAGES, *MARKDOWN} or not any(name in bare_name(text) for name in ("customerid", "distinctid")):
        return None
    names = "|".join(re.escape(name) for name in sorted(person.ids))
    return re.search(rf"(?<![\w.,-])(?:{names})(?![\w.,-])", text) if names else None


def _rows(text: str, suffix: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Yield the rows of tables in a page, with their lines and the names of their columns."""
    if suffix in PAGES:
        page = _Tables()
        page.feed(text)
        yield from page.rows
    if suffix in MARKDOWN:
        header = list[str]()
        for number, line in enumerate(text.splitlines(), 1):
            if not line.startswith("|"):
                header = []
                continue
            cells = [_BACKSLASH.sub(r"\1", unescape(cell)).strip() for cell in _CELL.split(line)[1:-1]]
            header = header or cells
            yield number, list(zip(header, cells, strict=False))


class _Tables(HTMLParser):
    """The rows of the tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[tuple[str, str]]]] = []
        self._header: list[str] = []
        self._cells: list[str] = []
        self._is_header, self._is_cell = True, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
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
        """Add to the text of a cell."""
        if self._is_cell and self._cells:
            self._cells[-1] += data
