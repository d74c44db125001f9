"""Lines that several files of one run share count once; lines that are alike by chance count each time."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.io import chunk_reader
from segcli.model import Customers

HEADER = "order_id,customer_id,order_date,product,quantity,unit_price"


def shop(lines: int) -> list[str]:
    return [
        f"o{n // 3},C{n // 3 % 17},2026-01-{1 + n * 28 // lines:02},P{n % 5},{1 + n % 3},{n % 7 + 1}.50"
        for n in range(lines)
    ]


def folder_of(tmp_path: Path, *parts: Sequence[str], header: str = HEADER) -> str:
    (tmp_path / "parts").mkdir()
    for number, rows in enumerate(parts):
        (tmp_path / "parts" / f"part{number}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return str(tmp_path / "parts")


def customers(path: str, **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path), **more))  # type: ignore[arg-type]


def notes(found: Customers) -> list[str]:
    return [note for reading in found.input_reports for note in reading.notes if "earlier file" in note]


def agree(parts: Customers, whole: Customers) -> None:
    pd.testing.assert_frame_equal(parts.table, whole.table, check_exact=True)
    for one in (parts, whole):
        for reading in one.input_reports:
            lines = reading.reconciliation
            assert lines is not None
            left_out = [*lines.ignored, *lines.rejected]
            assert lines.read == lines.kept + sum(fate.lines for fate in left_out)
            assert lines.money_read == pytest.approx(lines.money_kept + sum(fate.money for fate in left_out))


@pytest.fixture(params=["in chunks", "whole"], autouse=True)
def _read_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 700),
        ("HEAD_BYTES", 700),
    ):
        monkeypatch.setattr(chunk_reader, name, size)


@pytest.mark.bad_input(116)
@pytest.mark.parametrize("measures", ["all", ["orders", "revenue"]])
@pytest.mark.parametrize(("end", "begin"), [(110, 90), (101, 100), (200, 0), (150, 40)])
def test_shared_lines_count_once(
    tmp_path: Path, file_of: Callable[..., str], measures: object, end: int, begin: int
) -> None:
    rows = shop(200)
    whole = customers(file_of("\n".join([HEADER, *rows, ""])), measures=measures)
    found = customers(folder_of(tmp_path, rows[:end], rows[begin:]), measures=measures)
    agree(found, whole)
    shared = end - begin
    assert notes(found)[0].startswith(f"{shared:,} line{'s' * (shared > 1)} also in an earlier file, counted once")
    assert whole.transactions is not None
    assert found.transactions is not None
    assert len(found.transactions.lines) == len(whole.transactions.lines)


def test_lines_that_stand_twice_in_one_file_stay(tmp_path: Path, file_of: Callable[..., str]) -> None:
    rows = [row for row in shop(60) for _ in range(2)]
    whole = customers(file_of("\n".join([HEADER, *rows, ""])))
    agree(customers(folder_of(tmp_path, rows[:70], rows[50:])), whole)


def test_files_without_shared_lines_bring_no_note(tmp_path: Path, file_of: Callable[..., str]) -> None:
    rows = shop(200)
    whole = customers(file_of("\n".join([HEADER, *rows, ""])))
    found = customers(folder_of(tmp_path, rows[::2], rows[1::2]))
    agree(found, whole)
    assert notes(found) == []


def test_lines_that_may_be_alike_by_chance_stay_with_a_note(tmp_path: Path) -> None:
    rows = [row.split(",", 1)[1] for row in shop(300)]
    path = folder_of(tmp_path, rows[:150], [*rows[150:], rows[149]], header=HEADER.split(",", 1)[1])
    found = customers(path)
    assert found.table["orders"].sum() == 301
    assert notes(found) == [
        (
            "1 line also in an earlier file, kept because this may be coincidence; "
            "hint: --set ingest.overlap=once counts them once"
        )
    ]
    assert customers(path, overlap="once").table["orders"].sum() == 300


def test_the_settings_keep_or_refuse_shared_lines(tmp_path: Path) -> None:
    rows = shop(200)
    path = folder_of(tmp_path, rows[:110], rows[90:])
    assert customers(path, overlap="keep").table["revenue"].sum() > customers(path).table["revenue"].sum()
    with pytest.raises(InputProblem, match="20 lines are also in an earlier file"):
        customers(path, overlap="refuse")


def test_a_state_keeps_what_tells_lines_apart(tmp_path: Path, file_of: Callable[..., str]) -> None:
    rows = shop(200)
    whole = customers(file_of("\n".join([HEADER, *rows, ""])))
    path = folder_of(tmp_path, rows[:110], rows[90:])
    for _ in range(2):
        agree(customers(path, state=str(tmp_path / "state")), whole)


def test_orders_that_changed_between_files_are_named(tmp_path: Path) -> None:
    head = "order_id,customer_id,order_date,amount"
    january = [f"{n},C{n % 5},2026-01-{n:02},80.00" for n in range(1, 29)]
    february = ["28,C3,2026-01-28,40.00", *(f"{n},C{n % 5},2026-02-{n - 30:02},80.00" for n in range(31, 50))]
    path = folder_of(tmp_path, january, february, header=head)
    assert notes(customers(path))[0].startswith("1 order is also in an earlier file, with another amount or day")
    with pytest.raises(InputProblem, match="1 order is also in an earlier file of this run, with different content"):
        customers(path, overlap="refuse")
