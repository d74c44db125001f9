"""A person is gone from a file as a whole, however their row is written; other rows stay byte for byte."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings
from segcli.customers.suppression_list import normalise_identity
from segcli.exporters import Audience, destination_names, load_destination
from segcli.exporters.person_forms import list_contact_forms, list_person_forms
from segcli.ingest.customer_ids import normalise_id
from segcli.io.csv_injection import escape_table
from segcli.io.erasure import erase_person, find_person, find_person_and_contacts
from segcli.io.person import Person
from segcli.io.secret_key import PseudonymKey
from segcli.reports import formats, tables
from segcli.reports.blocks import Result
from segcli.reports.envelope import to_records
from segcli.reports.formats import Page

BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\t"]
KEY = PseudonymKey(bytes(range(32)))
SETTINGS = IngestSettings(phone_region="DE")
NAMED = ("C-7", "ann@example.org", "+493012345678", "Secretary")


def person(*of: str) -> Person:
    return list_person_forms(list(of), SETTINGS, KEY)


def forget(folder: Path, *of: str) -> list[Path]:
    """Erase a person and return the files that still name them."""
    found, whole = find_person_and_contacts(folder, person(*of), lambda text: list_contact_forms(text, SETTINGS, KEY))
    erase_person(found)
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
    return b"".join(formats.encode_result(formats.load_format("csv"), Result(table, dict, ()), Page()))


def result(text: str) -> Result:
    rows = people(text)
    return Result(rows, lambda: {"schema": "test/1", "customers": to_records(rows)}, (tables.build_table(rows),))


@pytest.mark.parametrize("name", formats.list_formats())
@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_every_line_break_in_every_format(text: str, name: str, tmp_path: Path) -> None:
    suffix = "txt" if name == "table" else name
    path = tmp_path / f"people.{suffix}"
    path.write_bytes(b"".join(formats.encode_result(formats.load_format(name), result(text), Page())))
    before = path.read_bytes()
    left = forget(tmp_path, "C-7")
    if name in {"md", "html", "table", "parquet", "arrow", "xlsx"}:
        assert left == [path]
        assert path.read_bytes() == before
        return
    assert not left
    after = path.read_bytes().decode()
    assert not [one for one in NAMED if one in after]
    without = Result(
        (rest := people(text).drop(index=1).reset_index(drop=True)),
        lambda: {"schema": "test/1", "customers": to_records(rest)},
        (tables.build_table(rest),),
    )
    assert path.read_bytes() == b"".join(formats.encode_result(formats.load_format(name), without, Page()))


@pytest.mark.parametrize("destination", destination_names())
@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_every_line_break_in_every_export(text: str, destination: str, tmp_path: Path) -> None:
    rows = people(text).drop(columns="orders").astype("str").assign(segment="best")
    made = load_destination(destination).export(Audience("best", rows, phone_region="DE"))
    path = tmp_path / f"export-{destination}.csv"
    path.write_bytes(written(made.table))
    before = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert not forget(tmp_path, "C-7", "ann@example.org", "030 12345678")
    after = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert after == [before[0], before[1], before[3]]


def test_exports_without_ids_are_found_by_the_addresses_of_the_person(tmp_path: Path) -> None:
    rows = people("\u2028")
    (tmp_path / "customers.csv").write_text(rows.to_csv(index=False))
    for destination in destination_names():
        audience = Audience("best", rows.drop(columns="orders").astype("str").assign(segment="best"), phone_region="DE")
        (tmp_path / f"export-{destination}.csv").write_bytes(
            written(load_destination(destination).export(audience).table)
        )
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
    pseudonyms = [KEY.pseudonymise_text("C-7"), KEY.pseudonymise_text("ann@example.org")]
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


CUSTOMERS = people(" ").to_csv(index=False).encode()


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
        ("t.csv.zst", lambda path: path.write_bytes(pa.compress(CUSTOMERS, "zstd", asbytes=True))),
        ("t.csv.bz2", lambda path: path.write_bytes(bz2.compress(CUSTOMERS))),
        ("t.tsv.xz", lambda path: path.write_bytes(lzma.compress(CUSTOMERS))),
        ("t.csv.gz", lambda path: path.write_bytes(gzip.compress(CUSTOMERS)[:-9])),
        ("broken.parquet", lambda path: path.write_bytes(b"PAR1 ann PAR1")),
        ("t.txt", lambda path: path.write_bytes("id C-7".encode("utf-16"))),
        ("broken.json", lambda path: path.write_text('{"note": "ann\\u0040example.org"')),
        ("t.sql", lambda path: path.write_text("-- 'C-7'' and others'")),
        ("t.md", lambda path: path.write_text("ann&#64;example\\.org")),
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


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress, lambda body: body])
def test_packed_tables_are_searched_as_tables(packer: Callable[[bytes], bytes], tmp_path: Path) -> None:
    others, own = "customer_id,orders\n5,4\n", "customer_id,orders\n4,5\n"
    (tmp_path / "others.csv.z").write_bytes(packer(others.encode()))
    assert not forget(tmp_path, "4")
    (tmp_path / "own.csv.z").write_bytes(packer(own.encode()))
    assert forget(tmp_path, "4") == [tmp_path / "own.csv.z"]


@pytest.mark.parametrize("name", ["4", "SKU-1", "best"])
@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("segments.csv", "segment,customers\nbest,4\nlost,5\n"),
        ("plan.json", '{"version": 4, "segments": [{"segment": "best", "customers": 4}, {"4": 4, "n": [4, "4"]}]}'),
        ("page.css", ".best { width: 4px }"),
        ("report.html", "<table><tr><th>customer_id</th><th>orders</th></tr><tr><td>5</td><td>4</td></tr></table>"),
        ("report.md", "| customer_id | orders |\n| --- | ---: |\n| 5 | 4 |\n\nbest: 4 customers\n"),
        ("customers.csv", "customer_id,orders,name\n5,4,best\n"),
    ],
)
def test_values_that_equal_an_id_stay(name: str, file: str, body: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(body)
    assert not forget(tmp_path, name)
    assert (tmp_path / file).read_text() == body


def test_a_row_of_somebody_else_that_has_the_id_in_another_column_stays(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("customer_id,top_product,orders\nSKU-1,x,1\nC-2,SKU-1,2\n")
    assert not forget(tmp_path, "SKU-1")
    assert (tmp_path / "t.csv").read_text() == "customer_id,top_product,orders\nC-2,(forgotten),2\n"


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("t.csv", "user_id,orders\n4,1\n"),
        ("t.json", '{"id": 4, "orders": 1}'),
        ("rejects.csv", 'line,byte_offset,reason,column,raw\n2,9,unreadable_date,day,"4,x,9.49"\n'),
        ("t.md", "| customer\\_id | orders |\n| --- | --- |\n| 4 | 5 |\n"),
        ("t.html", "<table><tr><th>customer_id</th></tr><tr><td>4</td></tr></table>"),
    ],
)
def test_a_row_that_may_be_the_persons_is_reported_and_stays(file: str, body: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(body)
    assert forget(tmp_path, "4") == [tmp_path / file]
    assert (tmp_path / file).read_text() == body


def test_rejected_lines_of_the_person_are_removed(tmp_path: Path) -> None:
    head = "line,byte_offset,reason,column,raw\n"
    other = '3,20,unreadable_date,day,"C-8,x,1"\n'
    (tmp_path / "rejects.csv").write_text(f'{head}2,9,unreadable_date,day,"C-7,Ann Secretary,x"\n{other}')
    assert not forget(tmp_path, "C-7")
    assert (tmp_path / "rejects.csv").read_text() == head + other


def test_an_id_that_a_message_quotes_is_replaced(tmp_path: Path) -> None:
    body = '{"warnings": ["customer \'4\' has 12% of all lines", "4 customers"]}\n'
    (tmp_path / "run.json").write_text(body.replace("}", ', "outputs": []}'))
    assert not forget(tmp_path, "4")
    assert json.loads((tmp_path / "run.json").read_text())["warnings"] == [
        "customer '(forgotten)' has 12% of all lines",
        "4 customers",
    ]


@pytest.mark.parametrize("spelling", ["Jane.Doe+shop@gmail.com", " JANE.DOE+x@GoogleMail.com"])
def test_addresses_are_found_as_google_compares_them(spelling: str, tmp_path: Path) -> None:
    rows = people(" ").assign(email=["bob@example.org", spelling, "eve@example.org"])
    (tmp_path / "customers.csv").write_text(rows.to_csv(index=False))
    audience = Audience("best", rows.drop(columns="orders").astype("str").assign(segment="best"), phone_region="DE")
    (tmp_path / "google.csv").write_bytes(written(load_destination("google-ads").export(audience).table))
    assert not forget(tmp_path, "C-7")
    assert len((tmp_path / "google.csv").read_text().splitlines()) == 3
    assert len((tmp_path / "customers.csv").read_text().splitlines()) == 3


odd_texts = st.text(
    st.one_of(st.sampled_from("aZ09-+=@'\"\\|,;._*<>&#()/ \u00e4\u0301\u4e2d\U0001f600"), st.characters(codec="utf-8")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(ids=["0", "00", "0\r0"], own=0)
@example(ids=["0", "EMAIL_SHA256", "00"], own=1)
@given(ids=st.lists(odd_texts, min_size=3, max_size=3), own=st.integers(0, 2))
def test_any_id_in_any_file(ids: list[str], own: int) -> None:
    spelled = [normalise_id(text, SETTINGS) for text in ids]
    assume(len({unicodedata.normalize("NFKC", text).casefold() for text in spelled}) == len(ids))
    assume(all(normalise_identity(text, SETTINGS) for text in spelled))
    other = [text for place, text in enumerate(spelled) if place != own]
    subject = person(spelled[own])
    assume(not any(subject.mention_pattern.search(text) for text in other))
    rows = people(" ").assign(customer_id=spelled)
    rest = rows.drop(index=own).reset_index(drop=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for layout in ("csv", "tsv", "json", "ndjson", "md", "html"):
            (folder / f"results.{layout}").write_bytes(rendered(rows, layout))
        for destination in destination_names():
            (folder / f"export-{destination}.csv").write_bytes(exported(rows, destination))
        left = {path.name for path in forget(folder, spelled[own])}
        for layout in ("csv", "tsv", "json", "ndjson"):
            assert (folder / f"results.{layout}").read_bytes() == rendered(rest, layout)
        for destination in destination_names():
            assert (folder / f"export-{destination}.csv").read_bytes() == exported(rest, destination)
        assert left == {"results.md", "results.html"}


def rendered(rows: pd.DataFrame, layout: str) -> bytes:
    table, _ = escape_table(rows) if layout in {"csv", "tsv"} else (rows, 0)
    made = Result(table, lambda: {"schema": "test/1", "customers": to_records(rows)}, (tables.build_table(rows),))
    return b"".join(formats.encode_result(formats.load_format(layout), made, Page()))


def exported(rows: pd.DataFrame, destination: str) -> bytes:
    texts = rows.drop(columns="orders").astype("str").assign(segment="best")
    return written(
        escape_table(load_destination(destination).export(Audience("best", texts, phone_region="DE")).table)[0]
    )
