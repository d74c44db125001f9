"""Interest of a customer by events, beside a count event by event."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.errors import InputProblem
from segcli.model import Customers, Input, InputReport
from segcli.segment import bases

DAY = date(2026, 7, 1)
VISITS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-2, 100), st.sampled_from(["/x", "/y", "/x/1", ""])), max_size=30
)


def visitors(visits: list[tuple[str, int, str]]) -> Customers:
    ids = pd.DataFrame({"customer_id": pd.Series(list("abcd"), dtype="str")})
    rows = pd.DataFrame(
        {
            "customer_id": pd.Series([visit[0] for visit in visits], dtype="str").astype("category"),
            "time": pd.to_datetime([DAY - timedelta(days=visit[1]) for visit in visits]).astype("datetime64[us]"),
            "page": pd.Series([visit[2] for visit in visits], dtype="str").astype("category"),
        }
    )
    return Customers(ids, DAY, (InputReport(Input("c.csv", 0, "", 4), "customers", "", {}),), events={"web": rows})


def labels(visits: list[tuple[str, int, str]], **options: Any) -> list[str]:
    base = bases.load_base("interest")
    return list(base.assign_segments(visitors(visits), bases.parse_options("interest", options)).labels)


@pytest.mark.base("interest")
@settings(deadline=None, max_examples=30)
@given(visits=VISITS, days=st.integers(1, 100), minimum=st.integers(1, 3))
def test_interest_is_the_most_frequent_page(visits: list[tuple[str, int, str]], days: int, minimum: int) -> None:
    expected = []
    for customer in "abcd":
        pages = Counter(page for who, ago, page in visits if who == customer and 0 <= ago <= days and page)
        ranked = sorted(pages.items(), key=lambda item: (-item[1], item[0]))
        expected.append(ranked[0][0] if sum(pages.values()) >= minimum else "unknown")
    assert labels(visits, days=days, minimum_events=minimum, minimum_share=0) == expected


@pytest.mark.base("interest")
def test_the_parts_of_a_path_are_grouped() -> None:
    visits = [("a", 1, "/x/1?q=2"), ("a", 1, "/x/2#top"), ("a", 1, "/y"), ("a", 1, "/y")]
    assert labels(visits, minimum_events=1)[0] == "/y"
    assert labels([*visits, ("a", 1, "/x")], minimum_events=1, depth=1)[0] == "/x"


def test_missing_tables_and_columns_are_named() -> None:
    with pytest.raises(InputProblem, match=r"no column visits\.page in the events; available: web\.time, web\.page"):
        labels([], table="visits")
    with pytest.raises(InputProblem, match=r"no column web\.url in the events; available: web\.time, web\.page"):
        labels([], column="url")
