"""Occasions: windows day by day, birthdays of 29 February, holidays in every language of the machine, the index."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from tests.segment.bases.conftest import customers, decided, labels

Bought = Callable[..., Customers]
ALONE = {"weekend": False, "seasons": False}


@pytest.mark.base("occasion")
def test_the_index_is_the_share_of_orders_over_the_share_of_days(bought: Bought, file_of: Callable[..., str]) -> None:
    """100 days, 10 of them fair; of 8 orders 4 lie inside: index 0.5 / 0.1 = 5."""
    fair = file_of("name,start,end\nfair,2026-01-11,2026-01-20\n", "fair.csv")
    days = ["2026-01-01", "2026-01-11", "2026-01-20", "2026-02-01"]
    lines = [("A", day) for day in days] + [("B", "2026-01-12")] * 2 + [("C", "2026-01-21"), ("C", "2026-04-10")]
    made = decided("occasion", bought(lines, as_of=date(2026, 4, 11)), fair, **ALONE)
    (row,) = made.tables["Occasions"].to_dict("records")
    assert (row["share_of_days"], row["orders"], row["share_of_orders"]) == (0.1, 4, 0.5)
    assert row["index"] == pytest.approx(5)
    assert list(made.labels) == ["fair", "fair", "no occasion"]
    assert made.table["occasion_index"].tolist()[:2] == pytest.approx([5.0, 10.0])
    assert row["customers"] == 2


def test_an_occasion_needs_orders_a_share_and_an_index(bought: Bought, file_of: Callable[..., str]) -> None:
    fair = file_of("name,start,end\nfair,2026-01-11,2026-01-20\n", "fair.csv")
    lines = [("A", "2026-01-12"), ("B", "2026-01-12"), ("B", "2026-02-12"), *[("C", f"2026-01-{n}") for n in (13, 14)]]
    table = bought([*lines, ("C", "2026-03-01"), ("C", "2026-03-02"), ("C", "2026-03-03")], as_of=date(2026, 4, 11))
    assert labels("occasion", table, fair, **ALONE) == ["unknown", "no occasion", "no occasion"]
    loose = labels("occasion", table, fair, **ALONE, minimum_orders=1, minimum_share=0.4)
    assert loose == ["fair", "fair", "fair"]
    assert labels("occasion", table, fair, **ALONE, minimum_orders=1, minimum_share=0.4, minimum_index=99)[2] == (
        "no occasion"
    )


@pytest.mark.base("occasion")
def test_birthdays_of_29_february_are_on_1_march_of_common_years(bought: Bought) -> None:
    lines = [("A", "2026-02-22"), ("A", "2026-03-08"), ("A", "2024-02-22"), ("A", "2024-03-07")]
    table = bought([*lines, ("B", "2026-01-03"), ("B", "2025-12-27")])
    born = {"birth_date": np.array(["2000-02-29", "1990-12-30"], dtype="datetime64[s]")}
    known = Customers(table.table.assign(**born), table.as_of, table.input_reports, transactions=table.transactions)
    made = decided("occasion", known, **ALONE)
    (row,) = made.tables["Occasions"].to_dict("records")
    assert row["orders"] == 6  # A: 7 days before and after each; B: over the New Year, from 27 December to 3 January
    assert row["index"] == pytest.approx(365.25 / 15)
    assert list(made.labels) == ["birthday", "birthday"]


def test_seasons_and_weekends_by_the_calendar(bought: Bought) -> None:
    """Two years, day by day: shares of days against counting with the standard library."""
    first, size = date(2024, 7, 1), 730
    days = [first + timedelta(days=n) for n in range(size)]
    table = bought([("A", day.isoformat()) for day in (days[0], *days[-2:])], as_of=date(2026, 7, 1))
    rows = decided("occasion", table).tables["Occasions"].set_index("occasion")["share_of_days"]
    season = ["winter", "spring", "summer", "autumn"]
    for place, name in enumerate(season):
        assert rows[name] == pytest.approx(sum(day.month % 12 // 3 == place for day in days) / size)
    assert rows["weekend"] == pytest.approx(sum(day.weekday() >= 5 for day in days) / size)
    south = decided("occasion", table, southern=True).tables["Occasions"].set_index("occasion")["share_of_days"]
    assert (south["summer"], south["autumn"]) == (rows["winter"], rows["spring"])


@pytest.mark.base("occasion")
def test_public_holidays_with_the_days_before(bought: Bought) -> None:
    """Germany 2025: Christmas Day on 25 December, and the 14 days before it."""
    lines = [("A", "2025-12-11"), ("A", "2025-12-25"), ("B", "2025-12-10"), ("B", "2025-12-29"), ("B", "2025-01-09")]
    table = bought([*lines, ("C", "2026-06-29"), ("C", "2026-06-30")])
    made = decided("occasion", table, holidays="DE", **ALONE)
    rows = made.tables["Occasions"].set_index("occasion")
    assert rows.loc["Christmas Day", "orders"] == 2
    assert "Good Friday" in rows.index
    assert made.labels[0] == "Christmas Day"
    with pytest.raises(ConfigProblems, match=r"occasion.holidays: "):
        decided("occasion", table, holidays="XX")


def test_the_language_of_the_machine_changes_no_name() -> None:
    script = (
        "import numpy as np; from segcli.segment.bases.occasion import _public_holidays;"
        "days = np.arange('2025-01-01', '2025-02-01', dtype='datetime64[D]');"
        "print(sorted({name for _, name in _public_holidays('DE', days)}))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={"LANGUAGE": language}, capture_output=True, text=True, check=True
        ).stdout
        for language in ("", "de", "fr")
    }
    assert len(told) == 1
    assert "Christmas Day" in told.pop()


def test_occasions_need_single_orders_and_days_that_are_days(bought: Bought, file_of: Callable[..., str]) -> None:
    with pytest.raises(InputProblem, match="not an order export: one row per customer, but single orders are needed"):
        labels("occasion", customers(orders=[1]))
    bad = file_of("name,start,end\nfair,soon,2026-01-20\n", "fair.csv")
    with pytest.raises(InputProblem, match="'soon' to '2026-01-20' are not dates"):
        labels("occasion", bought([("A", "2026-01-01")]), bad)
