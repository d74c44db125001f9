"""Amounts that are totals of orders are told from amounts of lines, whatever the header calls them."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.evidence import is_order_total_name
from segcli.model import Customers

Order = list[tuple[int, int]]  # quantity and price in cents of each line
orders = st.lists(
    st.lists(st.tuples(st.integers(1, 5), st.integers(100, 20_000)), min_size=1, max_size=4), min_size=1, max_size=12
)


def export(shop: list[Order], header: str, amounts: Callable[[Order, int], int], *, priced: bool) -> str:
    rows = [f"customer_id,order_id,order_date,{header},product" + (",quantity,unit_price" if priced else "")]
    for number, order in enumerate(shop):
        for place, (quantity, price) in enumerate(order):
            more = f",{quantity},{price / 100:.2f}" if priced else ""
            rows.append(
                f"C{number % 4},{number},2026-01-{number % 28 + 1:02},{amounts(order, place) / 100:.2f},P{place}{more}"
            )
    return "\n".join(rows) + "\n"


def total(order: Order, _place: int) -> int:
    return sum(quantity * price for quantity, price in order)


def own(order: Order, place: int) -> int:
    return order[place][0] * order[place][1]


def customers(path: str, **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path, **more)))  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(shop=orders, header=st.sampled_from(["amount", "Order Total", "Bestellsumme", "\u8ba2\u5355\u603b\u989d"]))
def test_amounts_of_lines_beside_prices_count_as_they_are(
    file_of: Callable[..., str], shop: list[Order], header: str
) -> None:
    found = customers(file_of(export(shop, header, own, priced=True)), columns={"amount": header})
    assert found.table["revenue"].sum() == pytest.approx(sum(total(order, 0) for order in shop) / 100)


@settings(max_examples=50, deadline=None)
@given(shop=orders, header=st.sampled_from(["Order Total", "Bestellsumme", "\u8ba2\u5355\u603b\u989d"]))
def test_totals_of_orders_are_counted_once_or_said(file_of: Callable[..., str], shop: list[Order], header: str) -> None:
    found = customers(file_of(export(shop, header, total, priced=True)), columns={"amount": header})
    right = sum(total(order, 0) for order in shop) / 100
    assert found.table["revenue"].sum() == pytest.approx(right)


@pytest.mark.bad_input(119)
def test_totals_without_prices_or_a_telling_header_are_counted_once(file_of: Callable[..., str]) -> None:
    shop: list[Order] = [[(1, 1000 + 37 * number), (2, 500)] for number in range(12)]
    found = customers(file_of(export(shop, "value", total, priced=False)), columns={"amount": "value"})
    assert found.table["revenue"].sum() == pytest.approx(sum(total(order, 0) for order in shop) / 100)
    assert any("ingest.transactions.amount_per=line" in note for note in found.input_reports[0].notes)
    each = customers(
        file_of(export(shop, "value", total, priced=False)), columns={"amount": "value"}, amount_per="line"
    )
    assert each.table["revenue"].sum() == pytest.approx(2 * sum(total(order, 0) for order in shop) / 100)


def test_a_shop_of_one_price_is_no_shop_of_totals(file_of: Callable[..., str]) -> None:
    shop: list[Order] = [[(1, 999), (1, 999)] for _ in range(30)]
    found = customers(file_of(export(shop, "value", own, priced=False)), columns={"amount": "value"})
    assert found.table["revenue"].sum() == pytest.approx(60 * 9.99)
    assert any("if it is the order total" in note for note in found.input_reports[0].notes)


@pytest.mark.parametrize(
    "header", ["ORDER_TOTAL", "Grand total", "Auftragssumme", "\u8a02\u55ae\u7e3d\u984d", "importe total"]
)
def test_headers_of_order_totals(header: str) -> None:
    assert is_order_total_name(header)
    assert not is_order_total_name("line total")
