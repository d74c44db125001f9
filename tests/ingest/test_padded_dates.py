"""Dates read by their places, against strptime."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.ingest.date_parsing import parse_padded_dates

FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y%m%d", "%m/%d/%YT%H:%M"]
SECONDS = 200 * 365 * 86_400
MOMENTS = st.integers(0, SECONDS).map(
    lambda seconds: np.datetime64("1900-01-02T00:00:00", "s") + np.timedelta64(seconds, "s")
)
MOMENTS = MOMENTS.map(lambda moment: moment.item())


def column(texts: list[str], skip: int = 0) -> pa.StringArray:
    return pa.array(["1999-01-01"] * skip + texts, pa.string()).slice(skip)


@settings(deadline=None)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=20), form=st.sampled_from(FORMATS), skip=st.integers(0, 2))
def test_padded_dates_are_those_of_strptime(moments: list[datetime], form: str, skip: int) -> None:
    texts = [moment.strftime(form) for moment in moments]
    values = parse_padded_dates(column(texts, skip), form)
    assert values is not None
    expected = [datetime.strptime(text, form) for text in texts]  # noqa: DTZ007 - wall clocks
    assert values.tolist() == expected


@settings(deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("0123456789-/ :T"), min_size=8, max_size=12), min_size=1, max_size=4),
    form=st.sampled_from(FORMATS),
)
def test_what_strptime_refuses_is_refused(texts: list[str], form: str) -> None:
    values = parse_padded_dates(column(texts), form)
    for text in texts:
        try:
            datetime.strptime(text, form)  # noqa: DTZ007
        except ValueError:
            assert values is None


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2026-02-29"], "%Y-%m-%d"),
        (["2026-01-31", "2026-04-31"], "%Y-%m-%d"),
        (["2026-13-01"], "%Y-%m-%d"),
        (["2026-00-10"], "%Y-%m-%d"),
        (["2026-01-00"], "%Y-%m-%d"),
        (["2026-01-01 24:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["2026-01-01", ""], "%Y-%m-%d"),
        (["2026-1-01 "], "%Y-%m-%d"),
        (["2026-01-1a"], "%Y-%m-%d"),
        (["1 Jan 2026"], "%d %b %Y"),
        (["01.02.26"], "%d.%m.%y"),
        ([], "%Y-%m-%d"),
    ],
)
def test_other_texts_and_formats_are_left_to_the_general_parser(texts: list[str], form: str) -> None:
    assert parse_padded_dates(column(texts), form) is None


def test_leap_days_are_days() -> None:
    values = parse_padded_dates(column(["2024-02-29", "2000-02-29"]), "%Y-%m-%d")
    assert values is not None
    assert values.astype("datetime64[D]").tolist() == [
        np.datetime64(day).item() for day in ("2024-02-29", "2000-02-29")
    ]
