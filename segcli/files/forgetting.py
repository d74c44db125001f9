"""A person taken out of the results of earlier runs: rows of tables, and mentions anywhere else."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.files import manifest
from segcli.files.write import write

FORGOTTEN = "(forgotten)"
TABLES = (".csv", ".tsv")
TEXTS = (".json", ".ndjson", ".jsonl", ".md", ".sql", ".txt", ".html")


@dataclass(frozen=True)
class Trace:
    """A file that names a person: how many rows of a table, or mentions in a text, and its body without them."""

    path: Path
    rows: int
    mentions: int
    body: bytes


def traces(folder: Path, names: Sequence[str]) -> list[Trace]:
    """Every file of a folder that names a person, in the order of names; the manifest's own account is not looked at.

    Args:
        folder: with the results of runs, also in folders below it.
        names: by which the person is known: the id, its pseudonym, an address.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != manifest.NAME)
    found = (_trace(path, names) for path in files if path.suffix.lower() in {*TABLES, *TEXTS})
    return [one for one in found if one is not None]


def _trace(path: Path, names: Sequence[str]) -> Trace | None:
    text = path.read_bytes().decode("utf-8", errors="surrogateescape")
    if not any(name in text for name in names):
        return None
    if path.suffix.lower() in TABLES:
        rows, kept = _rows(text, names, "\t" if path.suffix.lower() == ".tsv" else ",")
    else:
        rows, kept = 0, text
    left, mentions = re.subn(_whole(names), FORGOTTEN, kept)
    if not rows and not mentions:
        return None
    return Trace(path, rows, mentions, left.encode("utf-8", errors="surrogateescape"))


def _rows(text: str, names: Sequence[str], delimiter: str) -> tuple[int, str]:
    """How many rows have a cell that is one of the names, and the table without them; other rows stay byte for byte."""
    records = _records(text)
    wanted = set(names)
    cells = [next(csv.reader(io.StringIO(record), delimiter=delimiter), []) for record in records]
    gone = [place > 0 and bool(wanted & set(row)) for place, row in enumerate(cells)]
    return sum(gone), "".join(record for record, leaves in zip(records, gone, strict=True) if not leaves)


def _records(text: str) -> list[str]:
    """The records of a table as written, line ends within quotes kept together."""
    records, open_quote = [""], False
    for line in text.splitlines(keepends=True):
        records[-1] += line
        open_quote ^= line.count('"') % 2 == 1
        if not open_quote:
            records.append("")
    return [record for record in records if record]


def _whole(names: Sequence[str]) -> re.Pattern[str]:
    """The names where they stand as whole words."""
    return re.compile(
        "|".join(rf"(?<![\w@.-]){re.escape(name)}(?![\w@-])" for name in sorted(names, key=len, reverse=True))
    )


def forget(found: Sequence[Trace]) -> None:
    """Write the files without the person, each whole or not at all, then the fingerprints in their run.json."""
    for one in found:
        write(str(one.path), one.body)
    for folder in dict.fromkeys(one.path.parent for one in found):
        _refresh(folder, {one.path.name for one in found if one.path.parent == folder})


def _refresh(folder: Path, changed: set[str]) -> None:
    """The manifest of a run with what the changed files are now, and how often people were taken out."""
    path = folder / manifest.NAME
    if not path.is_file():
        return
    facts = json.loads(path.read_text(encoding="utf-8"))
    for output in facts.get("outputs", ()):
        if output["name"] in changed:
            body = (folder / output["name"]).read_bytes()
            output |= {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    facts["forgotten"] = facts.get("forgotten", 0) + 1
    write(str(path), (json.dumps(facts, indent=1) + "\n").encode())
