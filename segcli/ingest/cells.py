"""Records as columns of text: nothing is converted here, so nothing is lost here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import csv as arrow_csv

from segcli.errors import InputProblem
from segcli.ingest.dialect import Dialect

BLOCK_BYTES = 4 << 20
HEADER_WITHIN = 50  # records among which the first that is not empty is the header


@dataclass(frozen=True)
class Cells:
    """Chosen columns of a file as text, one row per well-formed record below the header.

    `malformed` counts the records whose number of fields is not the header's; they are not in the columns.
    """

    name: str
    dialect: Dialect
    header: tuple[str, ...]
    columns: dict[str, pa.ChunkedArray] = field(repr=False)
    rows: int
    malformed: int

    def line(self, row: int) -> int:
        """Physical line (1-based) on which a row stands."""
        return self.lines([row])[0]

    def lines(self, rows: list[int]) -> list[int]:
        """Physical lines (1-based) of rows; looked up only where a message needs them."""
        if not self.malformed and self.dialect.one_line_each:
            return [row + 2 + self.dialect.skipped_lines for row in rows]
        found: dict[int, int] = {}
        records = self.dialect.records()
        next(records)
        start, seen, last = records.line_num + 1, -1, max(rows, default=-1)
        for record in records:
            seen += len(record) == len(self.header)
            found.setdefault(seen, start)
            if seen == last:
                break
            start = records.line_num + 1
        return [found[row] + self.dialect.skipped_lines for row in rows]


def header(dialect: Dialect, name: str) -> tuple[str, ...]:
    """The names in the first record, without surrounding blanks; an empty one becomes `column_3`."""
    first = dialect.first_records(HEADER_WITHIN)
    if not first:
        raise InputProblem("file is empty", source=name)
    return tuple(text.strip() or f"column_{place}" for place, text in enumerate(first[0], 1))


def sample(dialect: Dialect, size: int) -> list[list[str]]:
    """The first records below the header."""
    return dialect.first_records(size + 1)[1:]


def read(dialect: Dialect, name: str, wanted: Sequence[str] | None = None) -> Cells:
    """Read the wanted columns (all by default) as text.

    Raises:
        InputProblem: a wanted column is there twice, or most records do not have the header's fields.
    """
    names = header(dialect, name)
    chosen = [c for c in names if wanted is None or c in wanted]
    twice = sorted({c for c in chosen if chosen.count(c) > 1})
    if twice:
        raise InputProblem("the header has this name twice", source=name, line=1, column=twice[0])
    table, malformed = _parse(dialect, name, [names.index(c) for c in chosen])
    # The header was read as the first record: it tells the parser the width, and may hold any text.
    columns = {c: table.column(f"f{names.index(c)}").slice(1) for c in chosen}
    rows = max(table.num_rows - 1, 0)
    if malformed > rows:
        raise InputProblem(
            f"{malformed:,} of {malformed + rows:,} records do not have the header's {len(names)} fields",
            source=name,
            remedy="Check --delimiter and the first lines of the file",
        )
    return Cells(name, dialect, names, columns, rows, malformed)


def _parse(dialect: Dialect, name: str, places: Sequence[int]) -> tuple[pa.Table, int]:
    malformed = 0

    def skip(_row: object) -> str:
        nonlocal malformed
        malformed += 1
        return "skip"

    names = [f"f{place}" for place in places]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(dialect.body),
            read_options=arrow_csv.ReadOptions(autogenerate_column_names=True, block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter,
                newlines_in_values=b'"' in dialect.body,
                invalid_row_handler=skip,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names,
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputProblem(f"cannot be read as CSV ({error})", source=name) from None
    return table, malformed
