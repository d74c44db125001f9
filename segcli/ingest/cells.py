"""Records as columns of text: nothing is converted here, so nothing is lost here."""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.counting import find_unique
from segcli.errors import InputProblem
from segcli.ingest.coded import Coded, coded
from segcli.ingest.date_formats import shaped
from segcli.ingest.dialect import Dialect
from segcli.ingest.numbers import looks_numeric
from segcli.ingest.parsing import no_csv, parsed
from segcli.ingest.quotes import line_ends
from segcli.ingest.recognise import known_names

HEADER_WITHIN = 50  # records among which the first that is not empty is the header


@dataclass(frozen=True)
class Cells:
    """Chosen columns of a file, one row per well-formed record below the header, as text if nobody asked for numbers.

    `malformed` counts the records whose number of fields is not the header's; they are not in the columns. `whole`
    tells a file from a piece of one, of which fewer questions are asked, and the number of `physical_lines` is known.
    """

    name: str
    dialect: Dialect
    header: tuple[str, ...]
    columns: dict[str, pa.ChunkedArray] = field(repr=False)
    rows: int
    malformed: int
    whole: bool = True
    physical_lines: int = 0
    _coded: dict[str, Coded] = field(default_factory=dict, init=False, repr=False, compare=False)

    def coded(self, name: str) -> Coded:
        """A column as distinct texts and codes; made once, however many ask for it."""
        if name not in self._coded:
            self._coded[name] = coded(self.columns[name])
        return self._coded[name]

    def by_row(self, name: str) -> Coded:
        """A column row by row: coded where coding serves more than this question, else each text by itself."""
        if self.whole or name in self._coded:
            return self.coded(name)
        texts = self.columns[name].combine_chunks()
        return Coded(texts, np.arange(self.rows, dtype=np.int32))

    def line(self, row: int) -> int:
        """Physical line (1-based) on which a row stands."""
        return self.lines([row])[0]

    def line_numbers(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
        """The same as `lines`, of an array."""
        if not self.malformed and self.one_line_each and not self.dialect.broken_lines:
            return rows + (1 + self.dialect.headed + self.dialect.skipped_lines)
        return np.array(self.lines(rows.tolist()), dtype=np.int64)

    def lines(self, rows: list[int]) -> list[int]:
        """Physical lines (1-based) of rows; looked up only where a message needs them."""
        if not rows:
            return []
        if not self.malformed and self.one_line_each:
            return [self.dialect.line_in_file(row + 1 + self.dialect.headed) for row in rows]
        found: dict[int, int] = {}
        seen, last = -1, max(rows, default=-1)
        for line, is_row in self._records():
            seen += is_row
            found.setdefault(seen, line)
            if seen == last:
                break
        return [found[row] for row in rows]

    def malformed_lines(self) -> list[int]:
        """Physical lines (1-based) of the records whose number of fields is not the header's."""
        return [line for line, is_row in self._records() if not is_row]

    def _records(self) -> Iterator[tuple[int, bool]]:
        """Each record below the header that is not empty: its physical line, and whether it became a row."""
        records = self.dialect.records()
        if self.dialect.headed:
            next(records)
        start = records.line_num + 1
        for record in records:
            if record:
                yield self.dialect.line_in_file(start), len(record) == len(self.header)
            start = records.line_num + 1

    @cached_property
    def one_line_each(self) -> bool:
        """Whether every record is one line: no quotes hold a line end, and no line is empty."""
        if self.physical_lines:
            return self.physical_lines == self.rows
        return (
            self.dialect.one_line_each or _lines(self.dialect.body) == self.rows + self.malformed + self.dialect.headed
        )

    @property
    def broken(self) -> int:
        """Records left out because their quotes break the rules."""
        return len(self.dialect.broken_lines)


def header(dialect: Dialect, name: str) -> tuple[str, ...]:
    """The names in the first record, without surrounding blanks; an empty one becomes `column_3`."""
    try:
        first = dialect.first_records(HEADER_WITHIN)
    except csv.Error as error:
        raise no_csv(name, error) from None
    if not first:
        raise InputProblem("file is empty", source=name, remedy="Name one that has lines in it")
    return tuple(text.strip() or f"column_{place}" for place, text in enumerate(first[0], 1))


def sample(dialect: Dialect, size: int) -> list[list[str]]:
    """The first records below the header."""
    return dialect.first_records(size + 1)[1:]


def read(dialect: Dialect, name: str, wanted: Sequence[str] | None = None, numbers: Collection[str] = ()) -> Cells:
    """Read the wanted columns (all by default) as text, or, where possible and asked for, as numbers.

    Raises:
        InputProblem: a wanted column is there twice, or most records do not have the header's fields.
    """
    names = header(dialect, name)
    _refuse_data_as_header(names, name)
    chosen = [c for c in names if wanted is None or c in wanted]
    twice = sorted(set(chosen) - find_unique(chosen))
    if twice:
        raise InputProblem(
            "the header has this name twice",
            source=name,
            line=1,
            column=twice[0],
            remedy="Give one of them another name",
        )
    columns, rows, malformed = parsed(dialect, name, _places(names, chosen), numbers)
    broken = len(dialect.broken_lines)
    if malformed + broken > rows:
        raise InputProblem(
            f"{malformed + broken:,} of {malformed + broken + rows:,} records do not have the header's {len(names)} "
            "fields, or have quotes that break the rules",
            source=name,
            remedy="Check --delimiter and the first lines of the file",
        )
    found = Cells(name, dialect, names, columns, rows, malformed)
    _refuse_second_header(found)
    return found


def _refuse_data_as_header(names: Sequence[str], name: str) -> None:
    """A first record without any known name and with several numbers or dates is data."""
    data = [text for text in names if any(shaped(text)) or (text[:1] != "_" and looks_numeric([text]))]
    if len(data) >= 2 and len(data) * 3 >= len(names) and not known_names(names):  # noqa: PLR2004 - several
        raise InputProblem(
            f"the first record looks like data, not like column names: {', '.join(names[:5])}",
            source=name,
            line=1,
            remedy="If there are none, say --no-header, and which is which: --map customer_id=column_1",
        ).quoting(names[:5])


def _refuse_second_header(found: Cells) -> None:
    """The header once more below itself: several tables in one file, or a header of several rows."""
    if not found.columns or found.rows == 0:
        return
    repeated = None
    for column, texts in found.columns.items():
        if not pa.types.is_string(texts.type):
            return  # its name would have been no number
        same = pc.equal(pc.utf8_trim_whitespace(texts), column)
        repeated = same if repeated is None else pc.and_(repeated, same)
        if not pc.any(repeated).as_py():
            return
    if repeated is not None:
        row = pc.index(repeated, value=True).as_py()
        raise InputProblem(
            "the header stands here again: several tables in one file, or a header of several rows",
            source=found.name,
            line=found.line(row),
            remedy="Keep one table and one header row",
        )


def _places(names: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Return the place of each wanted column, the first of those with one name."""
    places = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))
    return {name: places[name] for name in wanted}


def piece(dialect: Dialect, name: str, names: tuple[str, ...], wanted: Sequence[str]) -> Cells:
    """The wanted columns of records that stand without their header, parsed by one thread.

    Raises:
        InputProblem: they cannot be read as CSV.
    """
    columns, rows, malformed = parsed(dialect, name, _places(names, wanted), width=len(names))
    return Cells(name, dialect, names, columns, rows, malformed, whole=False, physical_lines=_lines(dialect.body))


def _lines(body: bytes) -> int:
    """Physical lines, the last of which may have no end."""
    return line_ends(body) + (not body.endswith((b"\n", b"\r")))


def numbered(found: Cells, name: str) -> Cells:
    """The same with a first column that numbers the rows from 1, as text of one width, so that order is kept."""
    width = len(str(found.rows))
    numbers = pa.array([f"{row:0{width}}" for row in range(1, found.rows + 1)], pa.string())
    return replace(found, columns={name: pa.chunked_array([numbers]), **found.columns})
