"""Large exports whose later records differ from the first: they are read again in chunks, or whole, with a note."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.customers import read_orders as module
from segcli.io import chunk_reader
from segcli.model import Customers

HEADER = "customer_id,order_id,order_date,amount"


@pytest.fixture
def whole_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the files that are read whole; all files are read in chunks of 300 bytes at first."""
    names: list[str] = []
    real = module.aggregate_whole_file
    monkeypatch.setattr(
        module,
        "aggregate_whole_file",
        lambda file, *more, **named: names.append(file.content.name) or real(file, *more, **named),
    )
    for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 300), ("HEAD_BYTES", 500)):
        monkeypatch.setattr(chunk_reader, name, size)
    return names


def lines(first: int, last: int, form: str = "%Y-%m-%d", amount: str = "12.50") -> list[str]:
    days = pd.date_range("2026-01-01", periods=200, freq="D")
    return [f"C{n % 9},O{n},{days[n].strftime(form)},{amount}" for n in range(first, last)]


def customers(folder: Path, rows: list[str], encoding: str = "utf-8", **more: object) -> Customers:
    path = folder / "orders.csv"
    path.write_bytes("\n".join([HEADER, *rows, ""]).encode(encoding))
    return load_customers(IngestSettings(transactions=Source(path=str(path), **more)))  # type: ignore[arg-type]


def agrees_with_whole(folder: Path, rows: list[str], found: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1 << 30)
    whole = customers(folder, rows)
    pd.testing.assert_frame_equal(found.table, whole.table)
    assert found.input_reports[0].reconciliation == whole.input_reports[0].reconciliation
    assert found.input_reports[0].dialect == whole.input_reports[0].dialect


def test_times_that_only_later_dates_have_are_read_in_chunks(
    tmp_path: Path, whole_reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*lines(0, 60), *lines(60, 90, "%Y-%m-%d %H:%M")]
    found = customers(tmp_path, rows)
    assert whole_reads == []
    assert "dates also use the format %Y-%m-%d %H:%M" in found.input_reports[0].notes
    agrees_with_whole(tmp_path, rows, found, monkeypatch)


def test_a_decimal_comma_that_only_later_amounts_prove_is_read_in_chunks(
    tmp_path: Path, whole_reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*lines(0, 60, amount="12"), *lines(60, 90, amount='"3,75"')]
    found = customers(tmp_path, rows)
    assert whole_reads == []
    assert any("decimal mark ','" in note for note in found.input_reports[0].notes)
    assert found.table["revenue"].sum() == 60 * 12 + 30 * 3.75
    agrees_with_whole(tmp_path, rows, found, monkeypatch)


def test_windows_1252_that_only_later_bytes_show_is_read_in_chunks(tmp_path: Path, whole_reads: list[str]) -> None:
    path = tmp_path / "orders.csv"
    rows = [*lines(0, 60), "Zo\u00eb,O60,2026-05-01,1.00", *lines(61, 80)]
    path.write_bytes("\n".join([HEADER, *rows, ""]).encode("cp1252"))
    found = load_customers(IngestSettings(transactions=Source(path=str(path))))
    assert whole_reads == []
    assert "Zo\u00eb" in found.table["customer_id"].tolist()
    assert found.input_reports[0].notes[0] == (
        "not UTF-8 (first at line 62): read as Windows-1252; hint: --encoding overrides it"
    )


def test_what_no_chunk_schema_reads_is_read_whole_with_the_line(
    tmp_path: Path, whole_reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*lines(0, 60), 'C1,O60,2026-05-01,5.00" off', *lines(61, 80)]
    found = customers(tmp_path, rows)
    assert len(whole_reads) == 1
    assert any(
        note.startswith("file read as a whole, which needs more memory: stray quotes")
        for note in found.input_reports[0].notes
    )
    agrees_with_whole(tmp_path, rows, found, monkeypatch)


def test_totals_of_nearly_all_orders_are_examined_in_a_large_export_too(
    tmp_path: Path, whole_reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    once = lines(0, 100)
    rows = [line.replace("12.50", f"{place + 1}.25") for place, line in enumerate(once) for _ in range(2)]
    rows[-1] = rows[-1].replace("100.25", "3.00")  # one order of a hundred has other amounts
    found = customers(tmp_path, rows)
    assert len(whole_reads) == 1
    assert any("as the order total" in note for note in found.input_reports[0].notes)
    agrees_with_whole(tmp_path, rows, found, monkeypatch)
