"""Margins of order lines: summed like the money, unknown where a line lacks one, and never read from shares."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from segcli.customers.order_history import customers_as_of
from segcli.persona.target_selection import _measure_margin_rate

HEADER = "customer,order id,date,sales,Profit\n"
LINES = [
    ("A", "1", "2026-01-01", 100.0, 20.0),
    ("A", "1", "2026-01-01", 30.0, -4.25),
    ("A", "2", "2026-02-01", 70.0, 10.5),
    ("A", "3", "2026-02-05", -50.0, -9.0),
    ("B", "4", "2026-03-01", 1000.0, -15.5),
    ("C", "5", "2026-03-02", 80.0, None),
    ("C", "6", "2026-03-03", 20.0, 5.0),
]


def export_of(lines: list[tuple[str, str, str, float, float | None]], header: str = HEADER) -> str:
    return header + "".join(",".join("" if value is None else str(value) for value in line) + "\n" for line in lines)


def slow_margins(lines: list[tuple[str, str, str, float, float | None]]) -> dict[str, float]:
    """Margin of purchases, less the part of it that refunds have in the purchases."""
    margins = {}
    for customer in {line[0] for line in lines}:
        bought = [line for line in lines if line[0] == customer and line[3] > 0]
        refunded = -sum(line[3] for line in lines if line[0] == customer and line[3] < 0)
        gross = sum(line[3] for line in bought)
        known = [line[4] for line in bought if line[4] is not None]
        margins[customer] = sum(known) * (gross - refunded) / gross if len(known) == len(bought) else np.nan
    return margins


def test_margins_are_those_of_a_slow_recomputation_and_unknown_where_a_line_lacks_one(
    customers_of: Callable[..., Any],
) -> None:
    table = customers_of(export_of(LINES)).table.set_index("customer_id")
    expected = slow_margins(LINES)
    assert table["margin"].to_dict() == pytest.approx(expected, abs=0.005, nan_ok=True)
    assert np.isnan(table.loc["C", "margin"])


def test_margins_as_of_an_earlier_day_are_those_of_the_lines_before_it(customers_of: Callable[..., Any]) -> None:
    past = customers_as_of(customers_of(export_of(LINES)), date(2026, 2, 2)).table.set_index("customer_id")
    assert past["margin"].to_dict() == pytest.approx({"A": 26.25})


def test_the_margin_rate_of_a_segment_leaves_out_customers_without_a_margin(customers_of: Callable[..., Any]) -> None:
    table = customers_of(export_of(LINES)).table
    everybody = np.ones(len(table), dtype=bool)
    margins = slow_margins(LINES)
    rate = _measure_margin_rate(table, everybody)
    assert rate == pytest.approx((margins["A"] + margins["B"]) / 1150, abs=1e-4)


def test_the_order_of_lines_does_not_matter(customers_of: Callable[..., Any]) -> None:
    forward, backward = (customers_of(export_of(lines)).table for lines in (LINES, LINES[::-1]))
    assert forward.equals(backward)


@pytest.mark.parametrize(
    ("header", "margins"),
    [
        ("customer,order id,date,sales,margin\n", [0.2, 0.15, -0.1, 0.3, 0.25, 0.0, 0.4]),
        ("customer,order id,date,sales,Profit margin %\n", [20, 15, -10, 30, 25, 0, 40]),
        ("customer,order id,date,sales,margin\n", [f"{percent}%" for percent in (20, 15, 10, 30, 25, 0, 40)]),
    ],
)
def test_shares_of_the_amount_are_no_margins(header: str, margins: list[Any], customers_of: Callable[..., Any]) -> None:
    lines = [(*line[:4], margin) for line, margin in zip(LINES, margins, strict=True)]
    assert "margin" not in customers_of(export_of(lines, header)).table


def test_margins_follow_the_currency_of_their_lines(customers_of: Callable[..., Any]) -> None:
    text = "customer,order id,date,sales,Profit,currency\nA,1,2026-01-01,100,20,EUR\nA,2,2026-01-02,100,20,USD\n"
    table = customers_of(text, rates={"EUR": 1.0, "USD": 0.5}).table
    assert (table.loc[0, "revenue"], table.loc[0, "margin"]) == pytest.approx((150.0, 30.0))
