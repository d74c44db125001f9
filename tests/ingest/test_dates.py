"""Dates are read by one proven format, or the column is refused with the choice spelled out."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.config.ingest import Source
from segcli.ingest.date_errors import (
    AmbiguousDateError,
    MixedDateFormatsError,
    MixedOffsetsError,
    UnknownDateFormatError,
)
from segcli.ingest.dates import ParsedDates, looks_like_dates, parse_dates, read_dates


def column(values: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


def days(parsed: ParsedDates) -> list[str]:
    return [str(value)[:10] for value in parsed.values]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("2026-01-31", "%Y-%m-%d"),
        ("2026-01-31 08:26:00", "%Y-%m-%d %H:%M:%S"),
        ("2026-01-31T08:26:00", "%Y-%m-%dT%H:%M:%S"),
        ("2026-01-31T08:26:00Z", "%Y-%m-%dT%H:%M:%S%z"),
        ("2026-01-31 09:50:26 +0200", "%Y-%m-%d %H:%M:%S %z"),
        ("31/1/2026 8:26", "%d/%m/%Y %H:%M"),
        ("1/31/2026 8:26", "%m/%d/%Y %H:%M"),
        ("1/31/2026 8:26 PM", "%m/%d/%Y %I:%M %p"),
        ("31.01.2026", "%d.%m.%Y"),
        ("20260131", "%Y%m%d"),
        ("31 Jan 2026", "%d %b %Y"),
        ("31-Jan-2026", "%d-%b-%Y"),
        ("31-January-2026 08:26", "%d-%B-%Y %H:%M"),
        ("Jan 31 2026", "%b %d %Y"),
        ("31. January 2026", "%d. %B %Y"),
        ("January 31, 2026", "%B %d, %Y"),
        ("2026年1月31日", "%Y年%m月%d日"),
        ("2026/01/31", "%Y/%m/%d"),
        ("31-01-2026", "%d-%m-%Y"),
        ("01-31-2026", "%m-%d-%Y"),
        ("January 31 2026", "%B %d %Y"),
        ("31. Jan 2026", "%d. %b %Y"),
        ("31 January 2026", "%d %B %Y"),
        ("Jan 31, 2026", "%b %d, %Y"),
        ("2026.01.31", "%Y.%m.%d"),
        ("2026-01-31 08:26:00.5", "%Y-%m-%d %H:%M:%S.%f"),
        ("2026-01-31T08:26:00.5", "%Y-%m-%dT%H:%M:%S.%f"),
        ("2026-01-31T08:26", "%Y-%m-%dT%H:%M"),
        ("31.01.2026 11:59:59 pm", "%d.%m.%Y %I:%M:%S %p"),
    ],
)
def test_written_forms(written: str, form: str) -> None:
    parsed = parse_dates(column([written]))
    assert (parsed.format, days(parsed)) == (form, ["2026-01-31"])


def test_a_column_readable_both_ways_is_refused_with_both_formats() -> None:
    with pytest.raises(AmbiguousDateError) as error:
        parse_dates(column(["03/04/2026", "05/06/2026"]))
    assert error.value.formats == ("%d/%m/%Y", "%m/%d/%Y")
    assert error.value.example == "03/04/2026"
    with pytest.raises(AmbiguousDateError) as error:
        parse_dates(column(["03/03/2026 10:00 +0200", "03/04/2026 10:00 +0200"]))
    assert error.value.formats == ("%d/%m/%Y %H:%M %z", "%m/%d/%Y %H:%M %z")
    assert error.value.example == "03/04/2026 10:00 +0200"


def test_one_day_past_the_twelfth_settles_the_column() -> None:
    assert days(parse_dates(column(["03/04/2026", "13/04/2026"]))) == ["2026-04-03", "2026-04-13"]
    assert days(parse_dates(column(["03/04/2026", "04/13/2026"]))) == ["2026-03-04", "2026-04-13"]


def test_a_column_of_two_orders_is_refused_with_counts() -> None:
    with pytest.raises(MixedDateFormatsError, match=r"2 by %d/%m/%Y, 2 by %m/%d/%Y"):
        parse_dates(column(["01/02/2026", "13/04/2026", "12/31/2026"]))


def test_times_may_be_written_to_different_precision() -> None:
    """2026-01-01 and 2026-01-01 10:00:00.5 name their days in the same way."""
    parsed = parse_dates(column(["2026-01-01", "2026-01-02 10:00:00", "2026-01-03 10:00:00.5"]))
    assert days(parsed) == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert parse_dates(column(["2026-01-01", "2026-01-02 10:00"])).format == "%Y-%m-%d or %Y-%m-%d %H:%M"


def test_a_rare_precision_is_found_wherever_it_stands() -> None:
    """Also between the few values on which all formats are tried."""
    for place in range(60):
        written = [f"2026-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(60)]
        written[place] += " 10:00"
        assert not parse_dates(column(written)).unreadable.any(), place


def test_a_column_is_of_dates_if_half_of_its_lines_are() -> None:
    assert parse_dates(column(["2026-01-01", "soon"])).unreadable.tolist() == [False, True]
    assert parse_dates(column(["2026-01-01", "2026-01-01", "soon", "later"])).unreadable.sum() == 2
    with pytest.raises(UnknownDateFormatError, match=r"no date format fits \(first: 2026-01-01\)"):
        parse_dates(column(["2026-01-01", "soon", "later"]))


def test_a_column_of_blanks_has_no_dates_and_none_that_are_wrong() -> None:
    parsed = parse_dates(column(["", "  "]))
    assert (parsed.missing.tolist(), parsed.unreadable.tolist()) == ([True, True], [False, False])
    assert parsed.format == "%Y-%m-%d"


def test_a_day_that_no_order_can_have_is_unreadable() -> None:
    """Spreadsheets write 1900-01-00 and 1900-01-01 for nothing."""
    ends = ["1900-01-01", "1900-01-02", "2099-12-31", "2100-01-01"]
    assert parse_dates(column(ends)).unreadable.tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("written", "declared", "read_as"),
    [
        ("31 de enero de 2026", {"locale": "es"}, "2026-01-31T00:00"),
        ("31 de enero de 2026", {"locale": "es", "date_format": "%d de %B de %Y"}, "2026-01-31T00:00"),
        ("45322.5", {"date_format": "excel"}, "2024-01-31T12:00"),
        ("31.12.49", {"date_format": "%d.%m.%y", "century": 1930}, "1949-12-31T00:00"),
        ("2025-07-01 00:30:00 +0200", {"timezone": "America/New_York"}, "2025-06-30T18:30"),
        ("03/04/2026", {"date_format": "%m/%d/%Y"}, "2026-03-04T00:00"),
    ],
)
def test_dates_are_read_as_their_source_says(written: str, declared: dict[str, str], read_as: str) -> None:
    assert str(read_dates(column([written]), Source.model_validate(declared)).values[0])[:16] == read_as


def test_a_declared_format_rejects_the_rest() -> None:
    parsed = parse_dates(column(["03/04/2026", "2026-04-05", ""]), "%m/%d/%Y")
    assert days(parsed) == ["2026-03-04", "NaT", "NaT"]
    assert (parsed.unreadable.tolist(), parsed.missing.tolist()) == ([False, True, False], [False, False, True])


@pytest.mark.parametrize("impossible", ["2025-02-31", "2025-02-29", "0202-01-01", "9999-12-31", "1900-01-00", "soon"])
def test_days_that_do_not_exist_are_unreadable(impossible: str) -> None:
    parsed = parse_dates(column(["2025-01-01", "2025-01-02", impossible]))
    assert parsed.unreadable.tolist() == [False, False, True]


@pytest.mark.parametrize("value", ["45678", "01/02/26", "17850", "1706688000", "2026-01-31Z", "x"])
def test_what_only_a_declaration_can_make_a_date_is_refused(value: str) -> None:
    with pytest.raises(UnknownDateFormatError):
        parse_dates(column([value]))


def test_offsets_that_differ_need_a_time_zone() -> None:
    summer_and_winter = column(["2025-07-01 00:30:00 +0200", "2025-12-01 00:30:00 +0100"])
    with pytest.raises(MixedOffsetsError):
        parse_dates(summer_and_winter)
    assert days(parse_dates(summer_and_winter, timezone="Europe/Berlin")) == ["2025-07-01", "2025-12-01"]
    assert days(parse_dates(summer_and_winter, timezone="UTC")) == ["2025-06-30", "2025-11-30"]


def test_a_common_offset_keeps_the_shop_s_own_day() -> None:
    assert days(parse_dates(column(["2025-07-01 00:30:00 +0200"]))) == ["2025-07-01"]


@given(
    st.lists(st.dates(date(1990, 1, 1), date(2099, 12, 31)), min_size=1, max_size=40),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d/%m/%Y", "%m/%d/%Y"]),
)
def test_dates_are_read_back_or_refused(written: list[date], form: str) -> None:
    """No column is ever read as other days than were written."""
    try:
        parsed = parse_dates(column([day.strftime(form) for day in written]))
    except AmbiguousDateError:
        assert all(day.day <= 12 for day in written)
        return
    assert parsed.values.astype("datetime64[D]").tolist() == written


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_any_text_is_a_date_missing_or_unreadable(texts: list[str]) -> None:
    clean = [text.encode("utf-8", "ignore").decode() for text in texts]
    try:
        parsed = parse_dates(column(clean))
    except (AmbiguousDateError, MixedDateFormatsError, UnknownDateFormatError, MixedOffsetsError):
        return
    assert (np.isnat(parsed.values) == (parsed.missing | parsed.unreadable)).all()


def test_looks_dated_needs_half_of_the_values() -> None:
    assert looks_like_dates(["2026-01-01", "soon"], Source())
    assert not looks_like_dates(["2026-01-01", "soon", "later"], Source())
    assert not looks_like_dates(["12.50", "3.20", "7"], Source())
    assert looks_like_dates(["", " ", " 2026-01-01 ", "soon"], Source())
    assert looks_like_dates([" "], Source())
    assert looks_like_dates(["31 de enero de 2026"], Source(locale="es"))
    assert not looks_like_dates(["31 de enero de 2026"], Source())


@pytest.mark.parametrize(
    ("written", "date_format"),
    [
        ("05JAN2026", "%d%b%Y"),
        ("05JAN2026:10:22:11", "%d%b%Y:%H:%M:%S"),
        ("05/Jan/2026:10:22:11 +0000", "%d/%b/%Y:%H:%M:%S %z"),
        ("2026-01-05-10.22.11.123456", "%Y-%m-%d-%H.%M.%S.%f"),
        ("20260105T102211", "%Y%m%dT%H%M%S"),
        ("20260105T102211Z", "%Y%m%dT%H%M%S%z"),
    ],
)
def test_dates_of_databases_and_servers(written: str, date_format: str) -> None:
    parsed = parse_dates(column([written]), timezone="written")
    assert parsed.format == date_format
    assert str(parsed.values[0].astype("datetime64[D]")) == "2026-01-05"
    if "%H" in date_format:
        assert str(parsed.values[0].astype("datetime64[s]")).endswith("T10:22:11")
