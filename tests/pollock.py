"""How a folder of polluted CSV files is read, file by file: right, refused, or damaged in silence.

    python tests/pollock.py FOLDER

FOLDER holds `csv/` and `clean/`: the same file names, polluted and as they should be read (fully quoted CSV, the header
first). A file is right when every cell is as in its clean counterpart; refused when segcli names what is wrong with it,
or when it says how many records it rejected and the others are all right; damaged when anything differs unsaid.
"""

import csv
import sys
from pathlib import Path

from segcli.config.ingest import Source
from segcli.errors import SegcliError
from segcli.ingest import parser
from segcli.ingest.dialect import detect_dialect
from segcli.io.read import read_file

RIGHT, REFUSED, DAMAGED = "right", "refused", "silent damage"


def table(path: Path) -> tuple[list[list[str]], int]:
    """The file as segcli reads it: the header and the records, and how many records it says it rejected."""
    content = read_file(str(path))
    found = parser.read_table(detect_dialect(content, Source()), path.name)
    rows = zip(*(column.to_pylist() for column in found.columns.values()), strict=True)
    return [list(found.header), *(list(row) for row in rows)], found.bad_rows + found.quote_error_rows


def clean_table(path: Path) -> list[list[str]]:
    """The file as it should be read."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]


def verdict(polluted: Path, clean: Path) -> tuple[str, str]:
    """The verdict on one file, and what segcli said."""
    try:
        found, rejected = table(polluted)
    except SegcliError as error:
        return REFUSED, str(error)
    expected = clean_table(clean)
    if found == expected:
        return RIGHT, ""
    left = iter(expected)
    in_order = all(row in left for row in found)
    if rejected and in_order and len(found) + rejected >= len(expected):
        return REFUSED, f"{rejected} records rejected"
    return DAMAGED, difference(found, expected)


def difference(found: list[list[str]], expected: list[list[str]]) -> str:
    """The first place where two tables differ."""
    for place, (ours, theirs) in enumerate(zip(found, expected, strict=False)):
        if ours != theirs:
            return f"record {place}: {ours} instead of {theirs}"[:300]
    return f"{len(found)} records instead of {len(expected)}"


def main(folder: Path) -> dict[str, int]:
    """Print the verdict on every file, then the counts."""
    counts = dict.fromkeys((RIGHT, REFUSED, DAMAGED), 0)
    for polluted in sorted((folder / "csv").iterdir()):
        what, why = verdict(polluted, folder / "clean" / polluted.name)
        counts[what] += 1
        print(f"{what:<14}{polluted.name}{': ' if why else ''}{why}")
    print(", ".join(f"{what} {count}" for what, count in counts.items()))
    return counts


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]))[DAMAGED] else 0)
