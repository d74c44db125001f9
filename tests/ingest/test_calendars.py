"""Years of other calendars: read where they are declared, otherwise refused with what was read and the way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest.date_errors import TwoDigitCalendarYearError, UnknownDateFormatError, YearRangeError
from segcli.ingest.date_formats import gregorian_converter
from segcli.ingest.dates import looks_like_dates, read_dates

HEADER = "customer_id,order_id,order_date,amount\n"


def read_days(texts: list[str], **source: Any) -> list[str]:
    column = pa.chunked_array([pa.array(texts, pa.string())])
    return [str(value)[:10] for value in read_dates(column, Source(**source)).values]


@pytest.mark.parametrize(
    ("calendar", "written", "gregorian"),
    [
        ("gregorian", "2023-01-05", "2023-01-05"),
        ("buddhist", "05/01/2566 10:30", "05/01/2023 10:30"),
        ("buddhist", "25660105", "20230105"),
        ("buddhist", "2566-01-05T10:00:00.256600", "2023-01-05T10:00:00.256600"),
        ("buddhist", "unknown", "unknown"),
        ("minguo", "112/01/05", "2023/01/05"),
        ("minguo", "民國112年1月5日", "2023年1月5日"),
        ("minguo", "1120105", "20230105"),
        ("minguo", "99/12/31 10:00:00.123", "2010/12/31 10:00:00.123"),
        ("minguo", "05/01/112", "05/01/2023"),
        ("minguo", "unknown", "unknown"),
    ],
)
def test_years_become_gregorian(calendar: Any, written: str, gregorian: str) -> None:
    assert gregorian_converter(calendar)(written) == gregorian


def test_a_declared_calendar_is_read() -> None:
    assert read_days(["29/02/2567", "25/06/2566"], calendar="buddhist") == ["2024-02-29", "2023-06-25"]
    assert read_days(["๒๙/๐๒/๒๕๖๗"], calendar="buddhist", locale="en") == ["2024-02-29"]
    assert read_days(["05/01/2566"], calendar="buddhist", date_format="%m/%d/%Y") == ["2023-05-01"]
    assert read_days(["112/01/25", "99/12/31"], calendar="minguo") == ["2023-01-25", "2010-12-31"]
    assert looks_like_dates(["112/01/25"], Source(calendar="minguo"))
    assert not looks_like_dates(["112/01/25"], Source())


def test_gregorian_years_are_no_dates_of_another_calendar() -> None:
    assert read_days(["29/02/2567", "25/06/2023"], calendar="buddhist") == ["2024-02-29", "NaT"]
    assert read_days(["113/02/29", "2023/06/25"], calendar="minguo") == ["2024-02-29", "NaT"]


def test_years_of_two_digits_are_refused_with_a_calendar() -> None:
    with pytest.raises(TwoDigitCalendarYearError, match="two-digit years of the calendar buddhist"):
        read_days(["05/01/66"], calendar="buddhist", date_format="%d/%m/%y", century=1950)


@pytest.mark.parametrize(
    ("texts", "says", "remedy"),
    [
        (["25/01/2566", "05/02/2566", "25/01/2023"], "year 2566 .a buddhist year.*1900 to 2099", "calendar=buddhist"),
        (
            ["1445-06-23", "1445-07-23"],
            "'1445-06-23' read as %Y-%m-%d is in the year 1445 .a hijri",
            "export Gregorian",
        ),
        (["1402/06/23"], "hijri or persian year", "export Gregorian"),
        (["1023-01-05"], "year 1023; segcli accepts", "--date-format"),
    ],
)
def test_other_calendars_are_refused_with_the_years_that_are_read(texts: list[str], says: str, remedy: str) -> None:
    with pytest.raises(YearRangeError, match=says) as error:
        read_days(texts)
    assert remedy in error.value.remedy


def test_minguo_dates_are_refused_with_the_calendar_that_reads_them() -> None:
    with pytest.raises(UnknownDateFormatError) as error:
        read_days(["112/01/25", "112/02/05"])
    assert error.value.remedy == "try --set ingest.transactions.calendar=minguo"


def test_placeholders_and_few_wrong_years_refuse_no_column() -> None:
    assert read_days(["9999-12-31", "9999-12-31", "2023-01-05"]) == ["NaT", "NaT", "2023-01-05"]
    assert read_days(["2566-12-31", "2023-01-04", "2023-01-05"]) == ["NaT", "2023-01-04", "2023-01-05"]


def test_hijri_is_refused_in_the_settings() -> None:
    with pytest.raises(ValidationError, match="hijri dates cannot be converted reliably"):
        Source(calendar="hijri")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("usual", "written", "day"),
    [
        ("2023-01-05 10:00:00", "2023-01-05 24:00:00", "2023-01-06"),
        ("2023-01-05T10:00", "2023-12-31T24:00", "2024-01-01"),
        ("2023-01-05T10:00:00Z", "2023-01-05T24:00:00Z", "2023-01-06"),
        ("28.02.2024 10:00:00.000", "28.02.2024 24:00:00.000", "2024-02-29"),
        ("2023-01-05 10:00:00", "2023-01-05 24:00:01", "NaT"),
        ("2023-01-05 10:00:00", "2023-01-05 25:00:00", "NaT"),
    ],
)
def test_midnight_at_the_end_of_a_day_is_the_next_day(usual: str, written: str, day: str) -> None:
    assert read_days([usual, usual.replace("05", "06"), written])[-1] == day


def test_24_00_in_a_time_zone_is_the_next_day_of_its_own_clock() -> None:
    texts = ["2023-01-05T24:00:00+0100", "2023-01-05T10:00:00+0100"]
    assert read_days(texts) == ["2023-01-06", "2023-01-05"]
    assert read_days(texts, timezone="UTC") == ["2023-01-05", "2023-01-05"]


@pytest.mark.parametrize("name", ["input.csv", "79-hijri.csv"])
def test_exports_with_other_calendars_are_refused(shared_data: Path, name: str) -> None:
    path = str(shared_data / "cases" / "28-years-of-other-calendars" / name)
    with pytest.raises(InputProblem, match="segcli accepts the years 1900 to 2099"):
        load_customers(IngestSettings(transactions=Source(path=path)))


def test_the_hint_reads_the_export(customers_of: Callable[..., Any]) -> None:
    text = HEADER + "C1,1,05/01/2566,10\nC1,2,25/06/2566,10\nC2,3,13/05/2566,20\n"
    assert str(customers_of(text, source={"calendar": "buddhist"}).as_of) == "2023-06-26"
