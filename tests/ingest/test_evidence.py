"""Amounts that are totals of orders are told from amounts of lines, whatever the header calls them."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.evidence import OrderTotalEvidence, PriceEvidence, is_order_total_name
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
    (note,) = (note for note in found.input_reports[0].notes if "ingest.transactions.amount_per=line" in note)
    assert note.startswith(
        "in 12 of 12 orders with several lines 'value' is the same on each line, so segcli counts it once per order"
    )
    each = customers(
        file_of(export(shop, "value", total, priced=False)), columns={"amount": "value"}, amount_per="line"
    )
    assert each.table["revenue"].sum() == pytest.approx(2 * sum(total(order, 0) for order in shop) / 100)


def test_a_shop_of_one_price_is_no_shop_of_totals(file_of: Callable[..., str]) -> None:
    shop: list[Order] = [[(1, 999), (1, 999)] for _ in range(30)]
    found = customers(file_of(export(shop, "value", own, priced=False)), columns={"amount": "value"})
    assert found.table["revenue"].sum() == pytest.approx(60 * 9.99)
    (note,) = (note for note in found.input_reports[0].notes if "if it is the order total" in note)
    assert note.startswith(
        "in 30 of 30 orders with several lines 'value' is the same on each line (299.70 counted more than once)"
    )


@pytest.mark.parametrize(
    "header", ["ORDER_TOTAL", "Grand total", "Auftragssumme", "\u8a02\u55ae\u7e3d\u984d", "importe total"]
)
def test_headers_of_order_totals(header: str) -> None:
    assert is_order_total_name(header)
    assert not is_order_total_name("line total")


@pytest.mark.parametrize(
    ("evidence", "column", "meaning"),
    [
        (OrderTotalEvidence(0, 0, 0, 0, 0, 0, 0.0, 0.0), "value", "line"),
        (OrderTotalEvidence(20, 19, 0, 0, 0, 0, -10.0, 9.0), "value", "order"),
        (
            OrderTotalEvidence(20, 18, 0, 0, 0, 0, -10.0, 9.0),
            "value",
            "line",
        ),  # amounts differ in a tenth of the orders
        (OrderTotalEvidence(20, 20, 0, 0, 0, 0, -10.0, 0.0), "value", "line"),  # nothing is counted twice
        (OrderTotalEvidence(20, 20, 0, 0, 0, 0, -6.1, 9.0), "value", "order"),
        (OrderTotalEvidence(20, 20, 0, 0, 0, 0, -6.0, 9.0), "value", None),  # equal by chance once in a million
        (OrderTotalEvidence(20, 20, 20, 0, 40, 21, -10.0, 9.0), "value", "line"),  # most lines equal their own product
        (OrderTotalEvidence(20, 20, 20, 0, 40, 20, -10.0, 9.0), "value", "order"),
        (OrderTotalEvidence(20, 20, 11, 0, 40, 0, -10.0, 9.0), "value", "order"),
        (
            OrderTotalEvidence(20, 20, 10, 0, 40, 0, -10.0, 9.0),
            "value",
            None,
        ),  # half of the orders equal no sum of prices
        (OrderTotalEvidence(3, 3, 2, 0, 6, 0, -10.0, 9.0), "value", None),
        (OrderTotalEvidence(3, 3, 3, 0, 6, 0, -10.0, 9.0), "value", "order"),
        (OrderTotalEvidence(20, 20, 0, 11, 40, 0, -10.0, 9.0), "value", "order"),  # prices vary where amounts do not
        (OrderTotalEvidence(20, 20, 0, 10, 40, 0, -10.0, 9.0), "value", None),
        (OrderTotalEvidence(20, 20, 0, 20, 40, 0, -6.0, 9.0), "value", None),
        (OrderTotalEvidence(3, 3, 0, 3, 6, 0, -10.0, 9.0), "value", "order"),
        (OrderTotalEvidence(3, 3, 0, 2, 6, 0, -10.0, 9.0), "value", None),
        (OrderTotalEvidence(2, 2, 0, 0, 0, 0, -10.0, 9.0), "value", None),
        (OrderTotalEvidence(2, 2, 0, 0, 0, 0, -10.0, 9.0, has_identical_lines=True), "value", "line"),
        (OrderTotalEvidence(2, 2, 0, 0, 4, 0, -10.0, 9.0), "Order Total", None),
        (OrderTotalEvidence(2, 2, 1, 0, 4, 0, -10.0, 9.0), "Order Total", "order"),
        (OrderTotalEvidence(3, 3, 0, 0, 0, 0, -1.0, 9.0), "Order Total", "order"),
    ],
)
def test_meaning_of_amounts_at_the_limits(evidence: OrderTotalEvidence, column: str, meaning: str | None) -> None:
    assert evidence.infer_meaning(column) == meaning


@pytest.mark.parametrize(
    ("evidence", "kind", "alternative"),
    [
        (PriceEvidence(largest=0.99), "fraction", "line"),
        (PriceEvidence(largest=0.99, alike=1), "fraction", "order"),
        (PriceEvidence(largest=1.0), "line", "percent"),
        (PriceEvidence(largest=99.0), "line", "percent"),
        (PriceEvidence(largest=100.0), "line", None),
        (PriceEvidence(largest=99.0, fractions=1), "line", None),
        (PriceEvidence(largest=5.0, alike=1), "order", "percent"),
        (PriceEvidence(largest=5.0, alike=1, varied=1), "line", "percent"),
        (PriceEvidence(largest=5.0, is_percent=True), "percent", None),
        (PriceEvidence(largest=1.5, is_percent=True), "percent", None),
        (PriceEvidence(largest=1.0, is_percent=True), "fraction", None),
    ],
)
def test_meaning_of_discounts_at_the_limits(evidence: PriceEvidence, kind: str, alternative: str | None) -> None:
    for both in (evidence, evidence + PriceEvidence(), PriceEvidence() + evidence):
        assert (both.discount_kind, both.alternative_kind) == (kind, alternative)


AMOUNTS = "customer_id,order_id,order_date,Amount,quantity,unit_price\n"
DISCOUNTS = "customer_id,order_id,order_date,unit_price,quantity,Discount\n"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            # The second and third lines differ, the fourth has no customer, the last only by rounding of the price.
            AMOUNTS + "a,1,2026-01-01,10.00,2,5.00\na,2,2026-01-02,12.00,2,5.00\nb,3,2026-01-03,21.00,2,10.00\n"
            ",4,2026-01-04,99.00,1,1.00\nc,5,2026-01-05,33.30,100,0.33\n",
            ["on 2 of 4 lines 'Amount' differs from quantity x unit price (total 76.30 and 73.00)"],
        ),
        (AMOUNTS + "".join(f"a,{day},2026-01-{day:02},100.50,2,50.00\n" for day in range(1, 20)), []),  # by 0.5 %
        (
            # 5 + 10, or 5 % of 50 and 10 % of 80; the line without a customer is left out
            DISCOUNTS + "a,1,2026-01-01,50.00,1,5\na,2,2026-01-02,40.00,2,10\nb,3,2026-01-03,30.00,1,0\n"
            ",4,2026-01-04,99.00,1,7\n",
            [
                "column 'Discount' has a discount on 2 lines (15.00) that segcli does not subtract; hint: ",
                "; hint: if prices are before discounts, --set ingest.transactions.discount=line subtracts it, --set ",
                ", --set ingest.transactions.discount=percent if it is in percent (10.50), otherwise --set ",
                ", otherwise --set ingest.transactions.discount=none confirms the sum",
            ],
        ),
        (
            # The discount of the first order is on both of its lines; 5 % of 50 and of 80
            DISCOUNTS + "a,1,2026-01-01,50.00,1,5\na,1,2026-01-01,40.00,2,5\nb,3,2026-01-03,30.00,1,0\n",
            ["a discount on 2 lines (5.00)", "discount=order", "discount=percent if it is in percent (6.50)"],
        ),
    ],
)
def test_notes_on_prices_by_hand(file_of: Callable[..., str], text: str, sentences: list[str]) -> None:
    notes = customers(file_of(text)).input_reports[0].notes
    assert len(notes) == min(len(sentences), 1)
    for sentence in sentences:
        assert sentence in notes[0]


def test_an_order_whose_lines_spell_the_address_in_two_ways_counts_once(file_of: Callable[..., str]) -> None:
    rows = ["email,order_id,order_date,order_total,product"]
    for number in range(20):
        address = f"c{number % 5}@example.com"
        rows += [
            f"{spelled},{number},2026-01-{number + 1:02},{10 + number}.00,P{place}"
            for place, spelled in enumerate((address, address.upper()))
        ]
    found = customers(file_of("\n".join([*rows, ""])))
    assert found.table["revenue"].sum() == sum(10 + number for number in range(20))
    assert len(found.table) == 5
