"""Order dates far from all others: found by the file's own evidence, and never in exports that are only sparse."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.ingest.outliers import DayCounts, date_outlier_notes, find_date_outliers
from segcli.io import chunk_reader

START = date(2023, 1, 1)
HEADER = "customer_id,order_id,order_date,amount\n"


def trading(count: int, every: float = 1.0, start: date = START) -> list[date]:
    return [start + timedelta(days=int(place * every)) for place in range(count)]


def counts(days: list[date]) -> DayCounts:
    return DayCounts.count_days(np.array(days, dtype="datetime64[D]"))


def outliers(days: list[date]) -> list[str]:
    return [str(np.datetime64(day, "D")) for day in find_date_outliers(counts(days))]


def export(days: list[date]) -> str:
    return HEADER + "".join(f"c{place % 40:02},{place},{day},10.00\n" for place, day in enumerate(days))


@pytest.mark.parametrize(
    "wrong", ["2042-05-01", "2099-12-31", "2026-05-01", "2012-05-01", "1970-01-01", "1969-12-31", "2000-01-01"]
)
def test_a_lone_date_far_from_the_others_is_an_outlier(wrong: str) -> None:
    assert outliers([*trading(700), date.fromisoformat(wrong)]) == [wrong]


def test_outliers_on_both_sides_are_found_together_with_many_placeholders() -> None:
    days = [*trading(1500, 0.5), date(2042, 1, 1), date(2042, 1, 2), date(1999, 5, 5), *[date(1970, 1, 1)] * 300]
    assert outliers(days) == ["1970-01-01", "1999-05-05", "2042-01-01", "2042-01-02"]


def test_few_sparse_orders_show_a_typing_mistake_of_many_years_only() -> None:
    monthly = trading(24, 30.4)
    assert outliers([*monthly, date(2042, 1, 1)]) == ["2042-01-01"]
    assert outliers([*monthly, date(2027, 1, 1)]) == []


GENUINE = {
    "all days": trading(800),
    "fewer than 20 orders": [*trading(15, 7), date(2042, 1, 1)],
    "twenty orders in two years, one two years later": [*trading(20, 36), date(2027, 1, 1)],
    "a shop that paused for more than a year": [*trading(300), *trading(100, start=date(2025, 1, 5))],
    "one that has traded again for four days": [*trading(300), *trading(4, start=date(2024, 12, 5))],
    "a season each year": [day for year in range(2015, 2024) for day in trading(30, 2, date(year, 11, 1))],
    "one day a year": [date(year, 11, 1) for year in range(1990, 2024) for _ in range(30)],
    "trading on days that placeholders have too": trading(800, start=date(1999, 6, 1)),
    "orders one by one before the real start": [*trading(6, 300, date(2018, 1, 1)), *trading(500)],
    "one order two years before three years of trade": [date(2020, 10, 29), *trading(1090)],
    "only placeholders": [date(1970, 1, 1)] * 100,
    "more placeholders than dates": [*[date(1970, 1, 1)] * 100, *trading(50)],
    "no date": [],
}


@pytest.mark.parametrize("days", GENUINE.values(), ids=GENUINE)
def test_genuine_dates_are_no_outliers(days: list[date]) -> None:
    assert outliers(days) == []


def test_counts_of_pieces_merge_to_those_of_the_whole() -> None:
    days = [*trading(90), date(2042, 1, 1), date(1970, 1, 1), *trading(9)]
    whole = counts(days)
    parts = [counts(days[start : start + 20]) for start in range(0, len(days), 20)]
    merged = DayCounts.merge([(part, 0) for part in [*parts, DayCounts.create_empty()]])
    assert merged.days.tolist() == whole.days.tolist()
    assert merged.lines.tolist() == whole.lines.tolist()


def test_no_note_without_outliers_in_the_file() -> None:
    assert list(date_outlier_notes(counts(trading(5)), (26298,), "exclude")) == []
    middle = counts([*trading(5, start=date(1998, 1, 1)), date(2000, 1, 1), *trading(5)])
    (note,) = date_outlier_notes(middle, (10957,), "exclude")
    assert "1 line, such as 2000-01-01; ignored" in note


@pytest.fixture(params=["whole", "chunks"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "chunks":
        monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1)
        monkeypatch.setattr(chunk_reader, "HEAD_BYTES", 2000)
        monkeypatch.setattr(chunk_reader, "CHUNK_BYTES", 5000)
    return str(request.param)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(
    ("setting", "effect", "verdict"),
    [("exclude", "ignored", "date_outlier"), ("reject", "rejected", "date_outlier_rejected"), ("keep", "kept", "")],
)
def test_the_setting_decides(customers_of: Callable[..., Any], setting: str, effect: str, verdict: str) -> None:
    days = trading(600)
    days[200], days[500] = date(2042, 9, 6), date(1970, 1, 1)
    found = customers_of(export(days), date_outliers=setting)
    (reading,) = found.input_reports
    assert any(
        f"2 lines, such as 2042-09-06 at line 202 and 1970-01-01 at line 502; {effect}" in n for n in reading.notes
    )
    kept = setting == "keep"
    assert str(found.as_of) == ("2042-09-07" if kept else "2024-08-23")
    assert found.table[columns.ORDERS].sum() == (600 if kept else 598)
    reasons = [fate.reason for fate in (*reading.reconciliation.ignored, *reading.reconciliation.rejected)]
    assert reasons == ([] if kept else [verdict])
    assert len(found.transactions.lines) == (600 if kept else 598)
    assert not any("read as a whole" in note for note in reading.notes)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("state", ["", "state"])
def test_several_files_decide_together(tmp_path: Path, state: str) -> None:
    parts = {
        "2021.csv": trading(300, start=date(2021, 1, 1)),
        "2023.csv": [*trading(300), date(2021, 5, 1)],  # of a day on which other files have orders
        "2024.csv": [*trading(300, start=date(2024, 1, 1)), date(2042, 1, 1)],
    }
    for number, (name, days) in enumerate(parts.items()):
        (tmp_path / name).write_text(export(days).replace(",c", f",{number}c"), encoding="utf-8")
    settings = IngestSettings(
        transactions=Source(path=str(tmp_path / "20*.csv")), state=str(tmp_path / state) if state else None
    )
    for _ in range(2):
        found = load_customers(settings)
        assert str(found.as_of) == "2024-10-27"
        assert [reading.reconciliation.kept for reading in found.input_reports] == [300, 301, 300]


def test_a_given_day_and_retention_leave_the_reason_as_it_is(tmp_path: Path) -> None:

    path = tmp_path / "in.csv"
    path.write_text(export([*trading(400), date(2042, 1, 1)]), encoding="utf-8")
    settings = IngestSettings(transactions=Source(path=str(path)))
    (reading,) = load_customers(settings, date(2024, 3, 1)).input_reports
    assert [fate.reason for fate in reading.reconciliation.ignored] == ["date_outlier"]
    (reading,) = load_customers(settings, privacy=PrivacyOptions(PrivacySettings(retention="100 days"))).input_reports
    assert [(fate.reason, fate.lines) for fate in reading.reconciliation.ignored] == [
        ("past_retention", 300),
        ("date_outlier", 1),
    ]


def test_an_export_with_one_date_in_the_future_is_read_as_without_it(shared_data: Path) -> None:
    case = shared_data / "cases" / "10-one-date-in-the-future"
    good, wrong = (
        load_customers(IngestSettings(transactions=Source(path=str(case / name)))) for name in ("good.csv", "input.csv")
    )
    assert good.as_of == wrong.as_of
    assert (good.table[columns.RECENCY_DAYS] != wrong.table[columns.RECENCY_DAYS]).sum() == 0
