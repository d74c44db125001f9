"""Small exports of shops, tills and ERP systems: the revenue is right, or a decisive note names what decides."""

from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.model import Customers


def customers(path: str, **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path, **more)))  # type: ignore[arg-type]


def revenue(found: Customers) -> float:
    return float(found.table["revenue"].sum())


RIGHT = {
    "no cents, Swiss": (["id;Kundennummer;Bestelldatum;Betrag", "1;A;2026-01-05;49.-", "2;B;2026-01-09;12.50"], 61.5),
    "no cents, German": (["id;Kundennummer;Bestelldatum;Betrag", "1;A;2026-01-05;49,-", "2;B;2026-01-09;12,50"], 61.5),
    "rupees": (["Order ID;Customer;Date;Amount", "1;A;2026-01-05;Rs. 1,250/-", "2;A;2026-01-06;Rs. 99.50/-"], 1349.5),
    "shillings": (["Order ID;Customer;Date;Amount", "1;A;2026-01-05;250/=", "2;A;2026-01-06;12.50"], 262.5),
    "quantities with units": (
        ["Order ID,Customer ID,Order Date,Qty,Unit Price", "1,A,2026-01-05,2 pcs,30.00", "2,B,2026-01-09,3x,20.00"],
        120.0,
    ),
    "order total among the items": (
        ["Order ID,Customer,Date,Item,Amount", *(f"{n},{'AB'[n % 2]},2026-01-05,{item},{amount}" for n in (1, 2)
          for item, amount in (("Mug", 30), ("Tee", 20), ("Order total", 50)))],
        100.0,
    ),
    "customer total in the order column": (
        ["Order ID,Customer,Date,Item,Amount", "1,A,2026-01-05,Mug,30", "2,A,2026-01-06,Tee,20",
         "Total for A,A,2026-01-06,,50"],
        50.0,
    ),
    "balance carried forward in place of a customer": (
        ["Order ID,Customer,Date,Amount", "OB,Opening balance,2026-01-01,900", "1,A,2026-01-05,30"], 30.0,
    ),
    "order total on the first line": (
        ["Order ID,Customer,Date,Item,Total",
         *(f"{n},A,2026-01-{n:02},{item}" for n in range(1, 6) for item in ("Mug,30", "Tee,"))],
        150.0,
    ),
    "order total with shipping on each line": (
        ["Order,Customer,Date,Item,Qty,Price,Total",
         *(f"{n},A,2026-01-{n:02},{item},{n}.50" for n in range(11, 20) for item in ("Mug,1,3.10", "Tee,2,2.05"))],
        sum(n + 0.5 for n in range(11, 20)),
    ),
    "order fields on the first line, beside prices": (
        ["Order,Email,Paid at,Total,Lineitem quantity,Lineitem name,Lineitem price",
         *(f"{n},{fields},{item}" for n in range(1, 6)
           for fields, item in ((f"a{n % 2}@example.org,2026-01-0{n},{n}2.50", "1,Mug,9.50"), (",,", "2,Tee,1.50")))],
        162.5,
    ),
    "rupiah": (["Order ID;Customer;Date;Amount", "1;A;2026-01-05;Rp 236.000", "2;A;2026-01-06;Rp 1.000"], 237_000.0),
}  # fmt: skip


@pytest.mark.parametrize("rows", RIGHT.values(), ids=RIGHT)
def test_the_revenue_is_right(file_of: Callable[..., str], rows: tuple[list[str], float]) -> None:
    assert revenue(customers(file_of("\n".join([*rows[0], ""])))) == pytest.approx(rows[1])


def shop(header: str, *values: str) -> str:
    rows = [f"{n},C{n % 3},2026-01-{n + 1:02},{values[n % len(values)]},20.00" for n in range(18)]
    return "\n".join([f"Order ID,Customer ID,Order Date,{header},Amount", *rows, ""])


@pytest.mark.parametrize(
    ("header", "values", "named"),
    [
        ("Belegart", ("Rechnung", "Angebot", "Auftrag"), "Angebot on 6 lines"),
        ("Transaction type", ("Invoice", "Payment"), "Payment on 9 lines"),
        ("State", ("complete", "canceled"), "canceled on 9 lines"),
        ("Payment", ("Paid", "Unpaid"), "Unpaid on 9 lines"),
        ("Paid", ("Yes", "No"), "No on 9 lines"),
        ("\u043e\u043f\u043b\u0430\u0447\u0435\u043d", ("\u0434\u0430", "\u043d\u0435\u0442"), "on 9 lines"),
        ("Is Refund", ("No", "Yes"), "(set) on 9 lines"),
        ("Status", ("bezahlt", "Vom Kunden storniert"), "Vom Kunden storniert on 9 lines"),
        ("Status", ("wc-completed", "wc-cancelled"), "wc-cancelled on 9 lines"),
    ],
)
def test_what_may_be_no_sale_is_named(
    file_of: Callable[..., str], header: str, values: tuple[str, ...], named: str
) -> None:
    reading = customers(file_of(shop(header, *values))).input_reports[0]
    assert any(named in note for note in reading.decisive_notes)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Type", ("One-way", "Return")),
        ("Fulfillment Status", ("fulfilled", "pending")),
        ("Test", ("A", "B")),
        ("Status", ("not cancelled", "paid")),
    ],
)
def test_what_is_a_sale_is_left_alone(file_of: Callable[..., str], header: str, values: tuple[str, ...]) -> None:
    found = customers(file_of(shop(header, *values)))
    assert found.input_reports[0].notes == ()
    assert revenue(found) == 360


def test_one_option_leaves_out_what_all_columns_name(file_of: Callable[..., str]) -> None:
    text = "Order ID,Customer,Date,Status,Payment Status,Amount\n1,A,2026-01-01,Cancelled,Paid,5\n"
    reading = customers(
        file_of(text + "2,A,2026-01-02,Shipped,Unpaid,6\n3,A,2026-01-03,Shipped,Paid,7\n")
    ).input_reports[0]
    options = {note.partition("--set ")[2] for note in reading.decisive_notes}
    assert options == {"'ingest.transactions.void={Status: [Cancelled], Payment Status: [Unpaid]}' excludes them"}


def test_statuses_that_a_list_does_not_name_are_named(file_of: Callable[..., str]) -> None:
    path = file_of(shop("Status", "paid", "Cancelled", "On hold"))
    reading = customers(path, void={"Status": ["Cancelled"]}).input_reports[0]
    assert any("On hold on 6 lines" in note and "[Cancelled, On hold]" in note for note in reading.decisive_notes)


@pytest.mark.parametrize("header", ["Currency", "Ccy", "Devise", "\u901a\u8ca8"])
def test_currencies_of_lines_are_found_by_their_codes(file_of: Callable[..., str], header: str) -> None:
    with pytest.raises(InputProblem, match="amounts in several currencies"):
        customers(file_of(shop(header, "EUR", "USD")))


def test_currencies_of_files_are_compared(tmp_path: Path) -> None:
    for number, mark in enumerate(("\u20ac", "$")):
        text = f"order_id,customer_id,order_date,amount\n{number},A,2026-01-0{number + 1},{mark}100.00\n"
        (tmp_path / f"{number}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputProblem, match="amounts in another currency than in"):
        customers(str(tmp_path))


def test_whole_discounts_may_be_percentages(file_of: Callable[..., str]) -> None:
    rows = [f"{n},C{n % 3},2026-01-{n + 1:02},1,{50 + n}.00,{(0, 10, 20)[n % 3]}" for n in range(18)]
    path = file_of("\n".join(["Order ID,Customer ID,Order Date,Qty,Unit Price,Rabatt", *rows, ""]))
    note = next(note for note in customers(path).input_reports[0].notes if "Rabatt" in note)
    assert "discount=line" in note
    assert "discount=percent if it is in percent" in note


@pytest.mark.parametrize("sign", ['="17850"', "17850.0", "'17850"])
def test_spellings_of_one_customer_are_one_customer(file_of: Callable[..., str], sign: str) -> None:
    quoted = '"' + sign.replace('"', '""') + '"'
    path = file_of(f"customer_id,order_date,amount\n{quoted},2026-01-01,5\n17850,2026-01-02,6\n")
    assert customers(path).table["customer_id"].tolist() == ["17850"]


@pytest.mark.parametrize(("quantity", "items"), [("1.234", 1234), ("2.500", 2500)])
def test_money_proves_the_decimal_mark_of_quantities(file_of: Callable[..., str], quantity: str, items: float) -> None:
    path = file_of(f"client;date;qty;price;amount\nA;02.01.2026;{quantity};0,50;{items // 2}\n")
    table = load_customers(IngestSettings(transactions=Source(path=path), measures=["items"])).table
    assert table["items"].tolist() == [items]


def test_money_in_both_notations_proves_no_decimal_mark(file_of: Callable[..., str]) -> None:
    path = file_of("client;date;qty;price;amount\nA;02.01.2026;1.234;0,50;61.7\n")
    with pytest.raises(InputProblem, match=r"ambiguous number '1\.234'"):
        load_customers(IngestSettings(transactions=Source(path=path)))


@pytest.mark.parametrize("name", ["Refunded?", "Refunded", "refund"])
def test_marks_of_refunded_orders_are_not_money(file_of: Callable[..., str], name: str) -> None:
    rows = [f"{n},C{n % 3},2026-01-{n + 1:02},20.00,{int(n == 4)}" for n in range(9)]
    found = customers(file_of("\n".join([f"Order ID,Customer ID,Order Date,Amount,{name}", *rows, ""])))
    assert revenue(found) == 180
    if name != "refund":
        assert any(f"column '{name}' contains (set) on 1 line (20.00)" in note for note in found.input_reports[0].notes)


def test_refunds_of_one_are_money_beside_other_refunds(file_of: Callable[..., str]) -> None:
    rows = [f"{n},C{n % 3},2026-01-{n + 1:02},20.00,{refund}" for n, refund in enumerate(["0", "1", "0", "5"])]
    assert revenue(customers(file_of("\n".join(["Order ID,Customer ID,Order Date,Amount,refunded", *rows, ""])))) == 74


def test_the_hint_prefers_addresses_as_customer_ids(file_of: Callable[..., str]) -> None:
    people = ["ann@example.org", "bob@example.org", "cat@example.org"]
    rows = [f"{n},2026-01-{n + 1:02},{people[n % 3]},{n % 5},20.00" for n in range(9)]
    with pytest.raises(InputProblem) as error:
        customers(file_of("\n".join(["Order ID,Order Date,Ansprech,Grp,Amount", *rows, ""])))
    assert "--map customer_id=Ansprech" in str(error.value)
