"""Amounts after refunds: what they lack to the amounts is refunded, and a blank means that nothing was."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from segcli.customers.order_history import customers_as_of
from segcli.io import chunk_reader

HEADERS = {
    "en": "customer,order id,date,total,Total after refunds",
    "de": "Kundennr,Bestellnummer,Bestelldatum,Betrag,Betrag nach Erstattung",
    "fr": "numéro client,numéro de commande,date de commande,montant,montant après remboursement",
    "ja": "顧客番号,注文番号,注文日,金額,返金後金額",
}
LINES = [
    ("A", "1", "2026-01-01", "45.00", "38.89"),
    ("A", "2", "2026-01-20", "0.30", "0.10"),
    ("A", "3", "2026-02-10", "20.00", ""),
    ("B", "4", "2026-02-11", "24.50", "0.00"),
    ("B", "5", "2026-02-12", "12.00", "12.00"),
    ("C", "6", "2026-02-13", "70.10", "80.00"),
    ("C", "7", "2026-03-01", "99999999999.99", "0.01"),
]


def slow_revenue(lines: list[tuple[str, ...]]) -> dict[str, float]:
    """Sum of what remains of each amount: all of it without a value, and never more than the amount."""
    revenue: dict[str, Decimal] = {}
    for customer, _, _, amount, remainder in lines:
        kept = min(Decimal(remainder or amount), Decimal(amount))
        revenue[customer] = revenue.get(customer, Decimal(0)) + kept
    return {customer: float(total) for customer, total in revenue.items()}


def export_of(lines: list[tuple[str, ...]], header: str = HEADERS["en"]) -> str:
    return "\n".join([header, *map(",".join, lines)]) + "\n"


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_revenue_is_what_remains_of_the_amounts(header: str, customers_of: Callable[..., Any]) -> None:
    customers = customers_of(export_of(LINES, header))
    assert customers.table.set_index("customer_id")["revenue"].to_dict() == slow_revenue(LINES)
    reconciliation = customers.input_reports[0].reconciliation
    amounts = sum(Decimal(line[3]) for line in LINES)
    assert reconciliation.money_kept == float(amounts)
    assert reconciliation.refunded == pytest.approx(float(amounts) - sum(slow_revenue(LINES).values()), abs=0.005)


def test_chunks_give_the_same_result(customers_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [(f"{line[0]}{n}", f"{line[1]}-{n}", *line[2:]) for n in range(30) for line in LINES[:6]]
    whole = customers_of(export_of(lines)).table
    for part, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 300), ("HEAD_BYTES", 600)):
        monkeypatch.setattr(chunk_reader, part, size)
    assert customers_of(export_of(lines)).table.equals(whole)
    assert whole.set_index("customer_id")["revenue"].to_dict() == slow_revenue(lines)


def test_refunds_of_an_earlier_day_are_those_of_its_orders(customers_of: Callable[..., Any]) -> None:
    past = customers_as_of(customers_of(export_of(LINES)), date(2026, 2, 12)).table
    assert past.set_index("customer_id")["revenue"].to_dict() == slow_revenue(LINES[:4])


def test_the_lines_of_an_order_that_repeat_its_total_are_refunded_once(customers_of: Callable[..., Any]) -> None:
    lines = [(*line[:4], line[4], product) for line in LINES[:5] for product in ("cup", "plate")]
    customers = customers_of(export_of(lines, HEADERS["en"] + ",product"), source={"amount_per": "order"})
    assert customers.table.set_index("customer_id")["revenue"].to_dict() == slow_revenue(LINES[:5])


def test_a_column_of_zeros_says_that_nothing_was_refunded(customers_of: Callable[..., Any]) -> None:
    lines = [(*line[:4], "0.00") for line in LINES]
    revenue = customers_of(export_of(lines)).table.set_index("customer_id")["revenue"].to_dict()
    assert revenue == slow_revenue([(*line[:4], "") for line in LINES])


def test_a_column_of_refunds_counts_if_there_are_both(customers_of: Callable[..., Any]) -> None:
    lines = [(*line, "5.00" if line[1] == "1" else "0.00") for line in LINES[:3]]
    customers = customers_of(export_of(lines, HEADERS["en"] + ",refunded amount"))
    assert customers.table["revenue"].tolist() == [60.3]
