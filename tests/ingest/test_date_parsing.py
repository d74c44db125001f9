"""Wall-clock times by one format, whatever clock they were written by."""

import numpy as np
import pandas as pd
import pytest

from segcli.config.ingest_types import WRITTEN_CLOCK
from segcli.ingest.date_errors import InvalidDateFormatError, MixedOffsetsError, TwoDigitYearError
from segcli.ingest.date_parsing import parse_serial_dates, parse_with_century, parse_with_format

SPACED, CLOSE = "%Y-%m-%d %H:%M %z", "%Y-%m-%dT%H:%M%z"


def texts(*values: str) -> pd.Series:
    return pd.Series(values, dtype=object)


def shown(times: np.ndarray) -> list[str]:
    return [str(time)[:16] for time in times]


@pytest.mark.parametrize(
    ("form", "written", "zone", "read_as"),
    [
        (SPACED, ["2025-07-01 00:30 +0200", "2025-12-01 23:30 +0200"], None, ["2025-07-01T00:30", "2025-12-01T23:30"]),
        (SPACED, ["2025-07-01 00:30 +0200", "soon"], None, ["2025-07-01T00:30", "NaT"]),
        (CLOSE, ["2025-07-01T23:30-05:30", "2025-07-01T22:30-0530"], None, ["2025-07-01T23:30", "2025-07-01T22:30"]),
        (CLOSE, ["2025-07-01T09:30+1030"], None, ["2025-07-01T09:30"]),
        (CLOSE, ["2025-07-01T23:30Z"], None, ["2025-07-01T23:30"]),
        (CLOSE, ["soon"], None, ["NaT"]),
        (CLOSE, ["2025-07-01T00:30+02:00"], "America/New_York", ["2025-06-30T18:30"]),
        (
            CLOSE,
            ["2025-07-01T00:30+02:00", "2025-12-01T23:30-0500"],
            WRITTEN_CLOCK,
            ["2025-07-01T00:30", "2025-12-01T23:30"],
        ),
        (
            SPACED,
            ["2025-07-01 00:30 +0200", "2025-12-01 23:30 Z"],
            WRITTEN_CLOCK,
            ["2025-07-01T00:30", "2025-12-01T23:30"],
        ),
        ("%Y-%m-%d %H:%M", ["2025-07-01 00:30"], "America/New_York", ["2025-07-01T00:30"]),
    ],
)
def test_a_time_counts_by_the_clock_that_is_asked_for(
    form: str, written: list[str], zone: str | None, read_as: list[str]
) -> None:
    assert shown(parse_with_format(texts(*written), form, zone)) == read_as


def test_a_format_reads_the_whole_text_to_the_microsecond() -> None:
    assert np.isnat(parse_with_format(texts("2025-07-01 00:30", "x2025-07-01", "2025-07-01 "), "%Y-%m-%d", None)).all()
    (finest,) = parse_with_format(texts("2025-07-01 00:30:00.123456789"), "%Y-%m-%d %H:%M:%S.%f", None)
    assert finest == np.datetime64("2025-07-01T00:30:00.123456", "us")
    assert finest.dtype == "datetime64[us]"


def test_clocks_that_differ_are_refused_by_name() -> None:
    with pytest.raises(MixedOffsetsError, match=r"different UTC offsets \(\+0100, \+0200\)"):
        parse_with_format(
            texts("2025-07-01T00:30+02:00", "2025-12-01T00:30+0100", "2025-12-02T00:30+01:00"), CLOSE, None
        )


def test_a_format_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(InvalidDateFormatError, match="invalid date format '%Q'"):
        parse_with_format(texts("x"), "%Q", None)


@pytest.mark.parametrize(
    ("form", "zone", "read_as"),
    [
        ("epoch_s", None, "2024-01-31T08:00"),
        ("epoch_s", WRITTEN_CLOCK, "2024-01-31T08:00"),
        ("epoch_s", "Asia/Kolkata", "2024-01-31T13:30"),
    ],
)
def test_an_epoch_counts_by_the_zone_if_there_is_one(form: str, zone: str | None, read_as: str) -> None:
    assert shown(parse_serial_dates(texts("1706688000"), form, zone)) == [read_as]


def test_a_spreadsheet_s_day_has_no_zone() -> None:
    assert shown(parse_serial_dates(texts("45322", "45322.5"), "excel", "Asia/Kolkata")) == [
        "2024-01-31T00:00",
        "2024-01-31T12:00",
    ]


@pytest.mark.parametrize(
    "text", ["-45322", "4e4", " 45322", "45322.", "45 322", "NaT", "x", "\u0664\u0665\u0663\u0662\u0662"]
)
def test_only_plain_digits_are_a_number_of_days(text: str) -> None:
    assert np.isnat(parse_serial_dates(texts(text, "45322"), "excel", None)).tolist() == [True, False]


def test_two_digit_years_need_a_century_and_others_none() -> None:
    assert shown(parse_with_century(texts("31.12.49"), "%d.%m.%y", None, 1950)) == ["2049-12-31T00:00"]
    assert shown(parse_with_century(texts("31.12.1949"), "%d.%m.%Y", None, None)) == ["1949-12-31T00:00"]
    with pytest.raises(TwoDigitYearError):
        parse_with_century(texts("31.12.49"), "%d.%m.%y", None, None)
