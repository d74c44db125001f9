"""Which formats a text looks like, by its digits and marks alone."""

import pytest

from segcli.ingest.date_formats import candidate_formats, expand_short_year, get_day_and_offset


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("31/1/2026", ["%d/%m/%Y", "%m/%d/%Y"]),
        ("31-01-2026 8:26", ["%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M"]),
        ("20260131", ["%Y%m%d"]),
        ("2026-01-31 08:26:00", ["%Y-%m-%d %H:%M:%S"]),
        ("2026-01-31T08:26Z", ["%Y-%m-%dT%H:%M%z"]),
        ("2026-01-31T08:26:00.123456789+02:00", ["%Y-%m-%dT%H:%M:%S.%f%z"]),
        ("2026/01/31 8:26 pm -0530", ["%Y/%m/%d %I:%M %p %z"]),
        ("31 Jan 2026", ["%d %b %Y", "%d %B %Y"]),
        ("Jan-31-2026 8:26", ["%b-%d-%Y %H:%M", "%B-%d-%Y %H:%M"]),
        ("Mär 31, 2026", ["%b %d, %Y", "%B %d, %Y"]),
    ],
)
def test_a_text_looks_like_the_formats_whose_marks_it_has(text: str, forms: list[str]) -> None:
    assert list(candidate_formats(text)) == forms


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "31/01/26", "031/01/2026", "2026-01-311", "12026-01-31", "2026.01-31", "31.01.2026,"),
        *("31 Ja 2026", "31 J4n 2026", "31 J_n 2026", "2026-01-31 8", "2026-01-31 8:26:00.1234567890"),
        *("2026-01-31 8:26 +2", "2026-01-31 8:26 xm", "2026-01-31  8:26", "2026年1月31"),
    ],
)
def test_a_text_with_other_marks_looks_like_none(text: str) -> None:
    assert list(candidate_formats(text)) == []


def test_a_format_says_how_it_writes_the_day_whatever_the_time() -> None:
    assert get_day_and_offset("%d. %b %Y") == ("%d. %b %Y", False)
    assert get_day_and_offset("%b %d, %Y %I:%M %p") == ("%b %d, %Y", False)
    assert get_day_and_offset("%Y%m%dT%H:%M:%S.%f %z") == ("%Y%m%d", True)


@pytest.mark.parametrize(
    ("text", "form", "century", "full"),
    [
        ("31.12.49", "%d.%m.%y", 1950, "31.12.2049"),
        ("31.12.50", "%d.%m.%y", 1950, "31.12.1950"),
        ("31.12.49", "%d.%m.%y", 1930, "31.12.1949"),
        ("31.12.29", "%d.%m.%y", 1930, "31.12.2029"),
        ("1/2/03 14:05", "%d/%m/%y %H:%M", 2000, "1/2/2003 14:05"),
        ("03-Feb-01", "%y-%b-%d", 1900, "1903-Feb-01"),
        ("Mon 1.2.03", "%a %d.%m.%y", 2000, "Mon 1.2.2003"),
        ("31.12.2049", "%d.%m.%y", 1950, "31.12.2049"),
        ("soon", "%d.%m.%y", 1950, "soon"),
    ],
)
def test_two_digits_of_a_year_lie_in_the_hundred_years_from_the_given_one(
    text: str, form: str, century: int, full: str
) -> None:
    assert expand_short_year(text, form, century) == full
