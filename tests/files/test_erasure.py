"""A person is gone from a file as a whole, however their row is written; other rows stay byte for byte."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings
from segcli.exporters import Audience, load, names
from segcli.exporters.person_forms import contact_forms, person_forms
from segcli.files.erasure import erase, find_person, find_with_contacts
from segcli.files.key import Key
from segcli.files.person import Person
from segcli.reports import formats, tables
from segcli.reports.envelope import records
from segcli.reports.formats import Page
from segcli.reports.result import Result

BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\t"]
KEY = Key(bytes(range(32)))
SETTINGS = IngestSettings(phone_region="DE")
NAMED = ("C-7", "ann@example.org", "+493012345678", "Secretary")


def person(*of: str) -> Person:
    return person_forms(list(of), SETTINGS, KEY)


def forget(folder: Path, *of: str) -> list[Path]:
    """Erase a person and return the files that still name them."""
    found, whole = find_with_contacts(folder, person(*of), lambda text: contact_forms(text, SETTINGS, KEY))
    erase(found)
    return [trace.path for trace in find_person(folder, whole)]


def people(text: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["C-6", "C-7", "C-8"],
            "email": ["bob@example.org", "ann@example.org", "eve@example.org"],
            "phone": ["+493011111111", "+493012345678", "+493022222222"],
            "first_name": ["Bob", "Ann", "Eve"],
            "last_name": [f"Lee{text}Minor", f"Lee{text}Secretary", "Moe"],
            "orders": [7, 8, 9],
        }
    ).astype({"orders": "int64"})


def written(table: pd.DataFrame) -> bytes:
    """Return a table as commands write it."""
    return b"".join(formats.pieces(formats.load("csv"), Result(table, dict, ()), Page()))


def result(text: str) -> Result:
    rows = people(text)
    return Result(rows, lambda: {"schema": "test/1", "customers": records(rows)}, (tables.found(rows),))


@pytest.mark.parametrize("name", formats.names())
@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_every_line_break_in_every_format(text: str, name: str, tmp_path: Path) -> None:
    suffix = "txt" if name == "table" else name
    path = tmp_path / f"people.{suffix}"
    path.write_bytes(b"".join(formats.pieces(formats.load(name), result(text), Page())))
    before = path.read_bytes()
    left = forget(tmp_path, "C-7")
    if name in {"md", "html", "table"}:
        assert left == [path]
        assert path.read_bytes() == before
        return
    assert not left
    after = path.read_bytes().decode()
    assert not [one for one in NAMED if one in after]
    without = Result(
        (rest := people(text).drop(index=1).reset_index(drop=True)),
        lambda: {"schema": "test/1", "customers": records(rest)},
        (tables.found(rest),),
    )
    assert path.read_bytes() == b"".join(formats.pieces(formats.load(name), without, Page()))


@pytest.mark.parametrize("destination", names())
@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_every_line_break_in_every_export(text: str, destination: str, tmp_path: Path) -> None:
    rows = people(text).drop(columns="orders").astype("str").assign(segment="best")
    made = load(destination).export(Audience("best", rows, region="DE"))
    path = tmp_path / f"export-{destination}.csv"
    path.write_bytes(written(made.table))
    before = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert not forget(tmp_path, "C-7", "ann@example.org", "030 12345678")
    after = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert after == [before[0], before[1], before[3]]


def test_exports_without_ids_are_found_by_the_addresses_of_the_person(tmp_path: Path) -> None:
    rows = people("\u2028")
    (tmp_path / "customers.csv").write_text(rows.to_csv(index=False))
    for destination in names():
        audience = Audience("best", rows.drop(columns="orders").astype("str").assign(segment="best"), region="DE")
        (tmp_path / f"export-{destination}.csv").write_bytes(written(load(destination).export(audience).table))
    assert not forget(tmp_path, "C-7")
    for path in tmp_path.iterdir():
        assert len(list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))) == 3, path.name


def test_numbers_that_equal_an_id_are_no_mention(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("customer_id,orders,referrer\n5,7,\n7,5,\n8,5,5\n")
    (tmp_path / "t.json").write_text(
        '{"k": 5, "rows": [{"customer_id": "5", "orders": 7}, {"customer_id": "7", "orders": 5}]}\n'
    )
    assert not forget(tmp_path, "5")
    assert (tmp_path / "t.csv").read_text() == "customer_id,orders,referrer\n7,5,\n8,5,(forgotten)\n"
    assert json.loads((tmp_path / "t.json").read_text()) == {"k": 5, "rows": [{"customer_id": "7", "orders": 5}]}


@pytest.mark.parametrize("form", ["'C-7", " C-7 ", "\ufeffC-7"])
def test_cells_are_compared_without_what_is_put_around_them(form: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"customer_id,note\n{form},Secretary\nC-8,\n", encoding="utf-8")
    assert not forget(tmp_path, "C-7")
    assert (tmp_path / "t.csv").read_text() == "customer_id,note\nC-8,\n"


@pytest.mark.parametrize(
    "cell", ["+49 30 12345678", "030 12345678", "030/12345678", "'+493012345678", "ANN@example.org"]
)
def test_contacts_are_found_in_any_spelling(cell: str, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(f"who\tnote\n{cell}\tSecretary\nother\t\n")
    assert not forget(tmp_path, "+49 30 12345678", "ann@example.org")
    assert (tmp_path / "t.tsv").read_text() == "who\tnote\nother\t\n"


def test_pseudonyms_and_digests_are_found(tmp_path: Path) -> None:
    pseudonyms = [KEY.pseudonym("C-7"), KEY.pseudonym("ann@example.org")]
    (tmp_path / "t.ndjson").write_text("".join(f'{{"customer_id": "{one}", "x": 1}}\n' for one in [*pseudonyms, "p-1"]))
    assert not forget(tmp_path, "C-7", "Ann@Example.org")
    assert (tmp_path / "t.ndjson").read_text() == '{"customer_id": "p-1", "x": 1}\n'


def test_json_keeps_its_layout_and_its_other_values(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "note": "see C-7, not C-77",
        "n": 1.10,
        "by_id": {"C-7": 1, "C-8": 2},
        "ids": ["C-7", "C-8"],
    }
    expected = {"note": "see (forgotten), not C-77", "n": 1.10, "by_id": {"C-8": 2}, "ids": ["(forgotten)", "C-8"]}
    for place, indent in enumerate((None, 1, 2)):
        path = tmp_path / f"{place}.json"
        path.write_text(json.dumps(document, indent=indent) + "\n")
    assert not forget(tmp_path, "C-7")
    for place, indent in enumerate((None, 1, 2)):
        assert (tmp_path / f"{place}.json").read_text() == json.dumps(expected, indent=indent) + "\n"


def _parquet(path: Path) -> None:
    people(" ").to_parquet(path)


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(people(" ").to_csv(index=False).encode()))


def _sheet(path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", "<t>ann@example.org</t>")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("t.parquet", _parquet),
        ("t.csv.gz", _gzip),
        ("t.xlsx", _sheet),
        ("t.md", lambda path: path.write_text("| C-7 |\n")),
        ("t.html", lambda path: path.write_text("<td>ann&#64;example.org</td>")),
        ("t.sql", lambda path: path.write_text("-- ann@example.org\n")),
        ("broken.json", lambda path: path.write_text('{"id": "C-7"')),
        ("C-7.png", lambda path: path.write_bytes(b"")),
        ("t.bin", lambda path: path.write_bytes(b"\x00\x01 ann@example.org \x00")),
    ],
)
def test_what_is_not_rewritten_is_reported(name: str, make: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / name
    make(path)
    before = path.read_bytes()
    assert forget(tmp_path, "C-7", "ann@example.org") == [path]
    assert path.read_bytes() == before


def test_the_manifest_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"warnings": ["customer 'C-7' has 12% of all lines"], "outputs": []}))
    assert not forget(tmp_path, "C-7")
    facts = json.loads((tmp_path / "run.json").read_text())
    assert facts["warnings"] == ["customer '(forgotten)' has 12% of all lines"]
