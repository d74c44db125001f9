"""The SQL of segments with hostile names, columns and values runs as one SELECT, and gives the segments of segcli."""

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

DROP = "'; DROP TABLE customers; --"
SEGMENTS = (DROP, 'a"b', "c\\'; SELECT 1; --", "/* d */ -- e", "f\nDROP TABLE customers; --")
COLUMN = "plan\"; DROP TABLE customers; -- ' \\"
VALUES = ("'; DELETE FROM customers; --", "x\\' OR 1=1 --", '" OR ""="', "$$;--", "${jndi:x}")
DIALECTS = ("duckdb", "postgresql", "bigquery", "snowflake")


@pytest.fixture
def hostile(folder: Path) -> Path:
    with (folder / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "orders", COLUMN])
        writer.writerows([f"C{n:02}", n % 4, VALUES[n % 5]] for n in range(40))
    rules = [
        {"segment": name, "when": f"`{COLUMN}` == {_quoted(value)}"}
        for name, value in zip(SEGMENTS, VALUES, strict=True)
    ]
    settings = {"version": 1, "rules": [{"name": "tier", "segments": rules}]}
    (folder / "rules.yaml").write_text(json.dumps(settings))
    return folder


def _quoted(value: str) -> str:
    """A text of the rule language."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sql(segcli: Callable[..., Any], dialect: str) -> str:
    made = segcli("export", "t.csv", "-c", "rules.yaml", "--to", "sql", "--dialect", dialect, "--of", "tier", "-q")
    assert made.returncode == 0, made.stderr
    return str(made.stdout)


def _expected() -> list[tuple[str, str]]:
    return [(f"C{n:02}", SEGMENTS[n % 5]) for n in range(40)]


def test_duckdb_and_sqlite_run_it_as_one_select(hostile: Path, segcli: Callable[..., Any]) -> None:
    rows = [(f"C{n:02}", n % 4, VALUES[n % 5]) for n in range(40)]
    name = COLUMN.replace('"', '""')
    table = f'CREATE TABLE customers (customer_id TEXT, orders INTEGER, "{name}" TEXT)'
    sql = _sql(segcli, "duckdb")
    assert len(duckdb.extract_statements(sql)) == 1
    ducks, lites = duckdb.connect(), sqlite3.connect(":memory:")
    for database in (ducks, lites):
        database.execute(table)
        database.executemany("INSERT INTO customers VALUES (?, ?, ?)", rows)
    found = [sorted(ducks.execute(sql).fetchall()), sorted(lites.execute(sql).fetchall())]
    assert found == [_expected(), _expected()]
    for database in (ducks, lites):
        assert database.execute("SELECT count(*) FROM customers").fetchone() == (40,)
    lites.close()
    assert hostile.exists()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_outside_quotes_and_comments_nothing_of_the_input_is_left(
    dialect: str, hostile: Path, segcli: Callable[..., Any]
) -> None:
    bare = _without_quotes(_sql(segcli, dialect), backslashes=dialect in {"bigquery", "snowflake"})
    assert bare.count(";") == 1
    assert bare.rstrip().endswith(";")
    for word in ("DROP", "DELETE", "OR 1", "jndi", "$$", "/*"):
        assert word not in bare
    assert hostile.exists()


def _without_quotes(sql: str, *, backslashes: bool) -> str:
    """The statement without comments, quoted names and texts, read character by character as the manuals say."""
    kept, place = [], 0
    while place < len(sql):
        mark = sql[place]
        if sql.startswith("--", place):
            place = sql.index("\n", place)
        elif mark in "'\"`":
            place += 1
            while sql[place] != mark or sql.startswith(mark * 2, place):
                escaped = backslashes and sql[place] == "\\" and mark != '"'
                place += 2 if escaped or sql.startswith(mark * 2, place) else 1
            place += 1
        else:
            kept.append(mark)
            place += 1
    return "".join(kept)
