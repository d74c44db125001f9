"""A state of what was read before: the same customers as from reading everything, whatever happened in between."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers, read_orders
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.errors import InputProblem, UsageProblem
from segcli.io import atomic_directory, chunk_reader
from segcli.model import Customers
from tests.customers.test_streamed import shop, written

NIGHTS = 4


@pytest.fixture
def nights(tmp_path: Path) -> list[Path]:
    """An export that grew by a file each night; orders have lines in two files, returns come a night later."""
    header, *rows = shop(240)
    size = len(rows) // NIGHTS + 1
    return [
        Path(written(tmp_path, [header, *rows[size * night : size * (night + 1)]], f"night-{night}.csv"))
        for night in range(NIGHTS)
    ]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose lines are read."""
    names: list[str] = []
    real = read_orders._aggregate_file

    def noted(file: Any, *more: Any, **named: Any) -> Any:
        names.append(Path(file.content.name).name)
        return real(file, *more, **named)

    monkeypatch.setattr(read_orders, "_aggregate_file", noted)
    return names


def customers(folder: Path, state: Path | None, as_of: date | None = None, **more: Any) -> Customers:
    told = None if state is None else str(state)
    return load_customers(IngestSettings(transactions=Source(path=str(folder)), state=told, **more), as_of)


def agree(one: Customers, other: Customers) -> None:
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.as_of == other.as_of
    assert [reading.reconciliation for reading in one.input_reports] == [
        reading.reconciliation for reading in other.input_reports
    ]
    assert [reading.notes for reading in one.input_reports] == [reading.notes for reading in other.input_reports]
    assert [reading.input.to_dict() for reading in one.input_reports] == [
        r.input.to_dict() for r in other.input_reports
    ]


@pytest.fixture(params=[1, 1 << 30])
def _in_pieces_or_whole(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("LARGE_FILE_BYTES", request.param), ("CHUNK_BYTES", 300), ("HEAD_BYTES", 500)):
        monkeypatch.setattr(chunk_reader, name, size)


@pytest.mark.usefixtures("_in_pieces_or_whole")
@pytest.mark.parametrize(
    "policies", [{}, {"collapse": "day", "returns": "separate"}, {"measures": ["orders", "revenue"]}]
)
def test_each_night_only_the_new_file_is_read_and_the_result_is_that_of_all(
    tmp_path: Path, nights: list[Path], reads: list[str], policies: dict[str, Any]
) -> None:
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    for night in nights:
        shutil.copy2(night, folder)
        reads.clear()
        found = customers(folder, state, **policies)
        assert reads == [night.name]
        if night is not nights[0]:  # one file alone is read otherwise, and says more of repeats
            agree(found, customers(folder, None, **policies))
    assert state.stat().st_mode & 0o777 == 0o700


def test_the_day_and_retention_count_as_if_everything_was_read(tmp_path: Path, nights: list[Path]) -> None:
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    for night in nights:
        shutil.copy2(night, folder)
    for day in (date(2025, 6, 1), date(2026, 1, 1), date(2025, 9, 15)):
        agree(customers(folder, state, day), customers(folder, None, day))
        privacy = PrivacyOptions(PrivacySettings(retention="90 days"))
        kept = IngestSettings(transactions=Source(path=str(folder)), state=str(state))
        afresh = kept.model_copy(update={"state": None})
        agree(load_customers(kept, day, privacy=privacy), load_customers(afresh, day, privacy=privacy))


def test_what_a_file_holds_decides_not_its_name(tmp_path: Path, nights: list[Path], reads: list[str]) -> None:
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    for night in nights[:2]:
        shutil.copy2(night, folder)
    before = customers(folder, state)
    reads.clear()
    (folder / nights[0].name).rename(folder / "a-renamed.csv")
    (folder / nights[1].name).touch()
    pd.testing.assert_frame_equal(customers(folder, state).table, before.table)
    assert reads == []
    shutil.copy(nights[0], folder / "again.csv")
    with pytest.raises(InputProblem, match="its orders would count twice"):
        customers(folder, state)
    (folder / "again.csv").unlink()
    (folder / nights[1].name).write_bytes(nights[2].read_bytes())
    agree(customers(folder, state), customers(folder, None))
    assert reads[0] == nights[1].name


def test_other_settings_read_again(tmp_path: Path, nights: list[Path]) -> None:
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    for night in nights[:2]:
        shutil.copy2(night, folder)
    customers(folder, state)
    agree(customers(folder, state, free_lines="exclude"), customers(folder, None, free_lines="exclude"))


class Killed(BaseException):
    """As if the power went."""


@pytest.mark.parametrize("step", range(12))
def test_whenever_it_is_killed_the_next_run_gives_the_result_of_all(
    tmp_path: Path, nights: list[Path], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    for night in nights[:3]:
        shutil.copy2(night, folder)
    calls = 0
    real = atomic_directory._write_synced

    def cut_short(path: Path, body: Any) -> None:
        nonlocal calls
        calls += 1
        real(path, body)
        if calls > step:
            path.write_bytes(path.read_bytes()[:20])
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(atomic_directory, "_write_synced", cut_short)
        try:
            customers(folder, state)
        except Killed:
            pass
        else:
            assert step >= calls
    agree(customers(folder, state), customers(folder, None))
    assert not list(state.glob("*.segcli-part"))


def test_what_needs_lines_is_refused(tmp_path: Path, nights: list[Path]) -> None:
    with pytest.raises(UsageProblem, match=r"--state cannot be combined with ingest.dedupe"):
        customers(nights[0].parent, tmp_path / "state", dedupe="lines")


def test_a_small_file_that_grows_after_it_was_read_is_known_by_what_was_read(
    tmp_path: Path, nights: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    grown = Path(shutil.copy2(nights[0], folder))
    more = grown.read_text() + "".join(nights[1].read_text().splitlines(keepends=True)[1:])
    real = read_orders._aggregate_file

    def then_grows(*given: Any, **named: Any) -> Any:
        totals = real(*given, **named)
        grown.write_text(more)
        return totals

    with monkeypatch.context() as patch:
        patch.setattr(read_orders, "_aggregate_file", then_grows)
        customers(folder, state)
    agree(customers(folder, state), customers(folder, None))


def test_a_large_file_that_grows_after_it_was_read_is_stored_as_it_was_and_read_again(
    tmp_path: Path, nights: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 300), ("HEAD_BYTES", 500)):
        monkeypatch.setattr(chunk_reader, name, size)
    folder, state = tmp_path / "orders", tmp_path / "state"
    folder.mkdir()
    grown = Path(shutil.copy2(nights[0], folder))
    real = read_orders._aggregate_file

    def then_grows(*given: Any, **named: Any) -> Any:
        totals = real(*given, **named)
        with grown.open("a") as file:
            file.write(nights[1].read_text().splitlines(keepends=True)[1])
        return totals

    before = customers(folder, None)
    with monkeypatch.context() as patch:
        patch.setattr(read_orders, "_aggregate_file", then_grows)
        pd.testing.assert_frame_equal(customers(folder, state).table, before.table)
    agree(customers(folder, state), customers(folder, None))
