"""Customer ids have one spelling, in every file and every command that compares them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from segcli.config import load_settings, parse_yaml_layer
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.ingest.customer_ids import is_normalised, normalise_id, normalise_ids
from segcli.io import chunk_reader
from segcli.model import Customers

HEADER = "customer_id,order_id,order_date,amount\n"
SPELLINGS = [
    "'00123,1,2026-01-05,10",
    "'00124,2,2026-01-15,20",
    "00123,3,2026-02-05,30",
    "17850.0,4,2026-01-01,1",
    "17850,5,2026-01-02,2",
    "Ann@Example.org,6,2026-01-03,4",
    "ann@example.org,7,2026-01-04,8",
]
MERGED = {"00123": 40.0, "00124": 20.0, "17850": 3.0, "ann@example.org": 12.0}


def customers(path: Path, **settings: Any) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(path)), **settings))


def revenue(found: Customers) -> dict[str, float]:
    return dict(zip(found.table["customer_id"].astype(str), found.table["revenue"].tolist(), strict=True))


def written(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text(header + "\n".join([*lines, ""]), encoding="utf-8")
    return path


@pytest.fixture
def in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and its chunks are short."""
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1)
    monkeypatch.setattr(chunk_reader, "HEAD_BYTES", 70)
    monkeypatch.setattr(chunk_reader, "CHUNK_BYTES", 50)


@pytest.mark.parametrize("backwards", [False, True])
def test_one_person_in_two_spellings_is_one_customer(tmp_path: Path, *, backwards: bool) -> None:
    found = customers(written(tmp_path / "in.csv", *(SPELLINGS[::-1] if backwards else SPELLINGS)))
    assert revenue(found) == MERGED
    notes = "\n".join(found.input_reports[0].notes)
    assert "apostrophe before the customer id dropped on 2 lines; hint: --set ingest.id_apostrophes=keep" in notes
    assert "trailing .0 of the customer id dropped on 1 line; hint: --set ingest.id_decimals=keep keeps it" in notes
    assert "e-mail address as customer id converted to lower case on 1 line; hint: --set ingest.id_case=keep" in notes


@pytest.mark.usefixtures("in_chunks")
def test_chunks_and_several_files_give_the_same_customers(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    for number, line in enumerate(SPELLINGS):
        written(folder / f"{number}.csv", line)
    whole = written(tmp_path / "in.csv", *SPELLINGS)
    assert revenue(customers(folder)) == revenue(customers(whole)) == MERGED
    notes = customers(whole).input_reports[0].notes
    assert [note for note in notes if note.startswith("apostrophe before the customer id dropped on 2 lines")]
    assert not [note for note in notes if note.startswith("file read as a whole")]


def test_ids_are_kept_apart_where_the_user_says_so(tmp_path: Path) -> None:
    found = customers(
        written(tmp_path / "in.csv", *SPELLINGS), id_case="keep", id_decimals="keep", id_apostrophes="keep"
    )
    assert len(revenue(found)) == 7


def test_lost_leading_zeros_are_named_and_not_merged(tmp_path: Path) -> None:
    found = customers(written(tmp_path / "in.csv", "00123,1,2026-01-05,10", "123,2,2026-01-15,20"))
    assert revenue(found) == {"00123": 10.0, "123": 20.0}
    assert "1 customer id also occurs without leading zeros" in "\n".join(found.input_reports[0].notes)


def test_joined_tables_and_suppression_lists_compare_the_same_form(tmp_path: Path) -> None:
    orders = written(tmp_path / "in.csv", *SPELLINGS)
    people = written(
        tmp_path / "people.csv", "'00123,blue", "17850.0,red", "ANN@example.org,green", header="customer_id,colour\n"
    )
    gone = written(tmp_path / "gone.csv", "'00124", header="customer_id\n")
    settings = IngestSettings(transactions=Source(path=str(orders)), customers=Source(path=str(people)))
    found = load_customers(settings, privacy=PrivacyOptions(PrivacySettings(suppression=str(gone))))
    colours = dict(zip(found.table["customer_id"], found.table["colour"], strict=True))
    assert colours == {"00123": "blue", "17850": "red", "ann@example.org": "green"}


def test_of_a_customer_in_two_rows_the_one_in_the_common_spelling_is_kept(tmp_path: Path) -> None:
    people = written(tmp_path / "people.csv", "'007,1", "007,2", "8,3", header="customer_id,wealth\n")
    found = customers(people)
    assert found.table[["customer_id", "wealth"]].to_numpy().tolist() == [["007", 2], ["8", 3]]
    assert "1 row skipped: another row has the same customer id" in "\n".join(found.input_reports[0].notes)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_blank_id_takes_that_of_the_next_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, chunked: bool
) -> None:
    if chunked:
        monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1)
    header = "Customer ID,Customer Email,order_id,order_date,amount\n"
    written(
        tmp_path / "in.csv", "7,x@y.org,1,2026-01-01,1", ",Ann@y.org,2,2026-01-02,2", ",,3,2026-01-03,4", header=header
    )
    config = "ingest: {transactions: {path: in.csv, columns: {customer_id: [Customer ID, Customer Email]}}}"
    settings = load_settings([parse_yaml_layer(config, "c.yaml", str(tmp_path))]).settings.ingest
    found = load_customers(settings)
    assert revenue(found) == {"7": 1.0, "ann@y.org": 2.0}
    assert "1 line without a customer id: segcli uses column 'Customer Email'" in found.input_reports[0].notes


@pytest.mark.parametrize("text", ["A1", "'tHof", "1.50", "v1.0", "O'Neil", "x@y", "a.b", "'", "''007"])
def test_what_is_no_other_spelling_stays(text: str) -> None:
    assert normalise_id(text, IngestSettings()) == text


@pytest.mark.parametrize("id_case", ["auto", "keep", "upper", "lower"])
def test_what_bytes_rule_out_changes_nothing(id_case: Any) -> None:
    settings = IngestSettings(id_case=id_case)
    for text in ["A1", "b", "'1", "1.0", "1.00", "1.5", "A@b.c", "a@b.c", "'a@b.c", "é", " x", "X-1", "10"]:
        ids = pa.array([text, "1"], pa.string())
        if is_normalised(ids, settings):
            assert [normalise_id(one, settings) for one in ids.to_pylist()] == ids.to_pylist()
        assert normalise_ids(ids, settings).to_pylist() == [normalise_id(one, settings) for one in ids.to_pylist()]


def test_a_table_that_segcli_wrote_keeps_its_ids(tmp_path: Path) -> None:
    lines = ("7,2026-01-01,2026-01-01,1,1,5", "7.0,2026-01-01,2026-01-01,1,1,5")
    header = "customer_id,first_order,last_order,recency_days,orders,revenue\n"
    found = customers(written(tmp_path / "own.csv", *lines, header=header))
    assert found.table["customer_id"].tolist() == ["7", "7.0"]
    assert revenue(found) == {"7": 5.0, "7.0": 5.0}
