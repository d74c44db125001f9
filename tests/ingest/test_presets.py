"""Exports of known platforms: recognised by the header, and orders, customers and money as a person would count them.

Each preset has a fixture in presets/ with the platform's header and invented rows.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import ConfigProblems, InputProblem
from segcli.ingest import presets
from segcli.model import Customers

FIXTURES = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Truth:
    """What the rows of a fixture hold, counted by hand: money is that of kept orders before refunds."""

    customers: int
    orders: int
    money: float
    refunds: float = 0.0
    rejected: int = 0
    void: int = 0
    revenue: dict[str, float] = field(default_factory=dict)


ORDERS = {
    "amazon-orders": Truth(2, 2, 53.97, rejected=1, revenue={"b1@marketplace.example": 40.98}),
    "etsy-orders": Truth(2, 3, 99.5, 30.61, 1, 1, {"annknits": 68.89, "bobpots": 0.0}),
    "magento-orders": Truth(2, 3, 78.50, 30.0, void=1, revenue={"bob@example.com": 0.0}),
    "online-retail": Truth(2, 2, 98.58, 2.55, rejected=1, revenue={"17850": 19.53}),
    "paypal-activity": Truth(2, 3, 1320.0, 250.0, 1, 1, {"Ann Example": 70.0, "Bob Example": 1000.0}),
    "shopify-orders": Truth(3, 4, 130.0, 30.0, 2, 3, {"ann@example.com": 34.98, "bob@example.com": 50.0}),
    "square-items": Truth(2, 2, 1097.0, rejected=1, revenue={"C1": 57.0, "C2": 1040.0}),
    "square-transactions": Truth(2, 2, 1097.0, rejected=1, revenue={"C1": 57.0, "C2": 1040.0}),
    "stripe-payments": Truth(3, 4, 77.0, 14.5, 1, 2, {"cus_A": 49.0, "cus_B": 13.5, "cus_C": 0.0}),
    "woocommerce-analytics": Truth(2, 3, 1242.75, void=1, revenue={"Ann Example": 1230.25}),
    "woocommerce-items": Truth(2, 2, 42.0, 2.0, 1, 1, {"ann@example.com": 30.0, "bob@example.com": 10.0}),
    "woocommerce-orders": Truth(2, 3, 75.0, void=3, revenue={"ann@example.com": 49.5}),
}
CONTACTS = {
    "hubspot-contacts": ["ann@example.com", "bob@example.com"],
    "klaviyo-profiles": ["ann@example.com", "bob@example.com"],
    "mailchimp-audience": ["ann@example.com", "bob@example.com"],
    "shopify-customers": ["8012345678901", "8012345678902"],
}
NAMES_NO_BUYER = ["amazon-all-orders"]


def fixture(name: str) -> str:
    return str(FIXTURES / f"{name}.csv")


def read_preset(name: str, **source: Any) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=fixture(name), **source)))


def test_every_preset_has_a_fixture_that_is_counted() -> None:
    assert sorted([*ORDERS, *CONTACTS, *NAMES_NO_BUYER]) == presets.list_presets()
    assert sorted(path.stem for path in FIXTURES.iterdir()) == presets.list_presets()


@pytest.mark.parametrize("name", presets.list_presets())
def test_contract_of_a_preset(name: str) -> None:
    """Its own columns are in its fixture's header, and nothing else is taken for it."""
    preset = presets.load_preset(name)
    header = (
        Path(fixture(name)).read_text(encoding="utf-8").splitlines()[0].replace("\t", ",").replace('"', "").split(",")
    )
    assert preset.find_missing_columns(header) == []
    found = presets.choose_preset(None, header, name)
    assert found
    assert found[0] == name
    mapped = preset.apply_to(Source(), header).columns
    assert set(mapped) == set(preset.columns) - {
        standard for standard, names in preset.columns.items() if not {*names} & {*header}
    }
    if preset.holds == "orders":
        assert {columns.ORDER_ID, columns.ORDER_DATE} <= set(preset.columns)


@pytest.mark.parametrize(("name", "truth"), ORDERS.items())
def test_orders_customers_and_money_are_as_counted_by_hand(name: str, truth: Truth) -> None:
    found = read_preset(name)
    table, lines = found.table, found.input_reports[0].reconciliation
    assert lines
    assert found.input_reports[0].preset.endswith(f"recognised by the header (preset {name})")
    assert (len(table), int(table["orders"].sum())) == (truth.customers, truth.orders)
    assert table["revenue"].sum() == pytest.approx(truth.money - truth.refunds)
    assert table["refunds"].sum() == pytest.approx(truth.refunds)
    assert {id_: table.set_index("customer_id")["revenue"][id_] for id_ in truth.revenue} == truth.revenue
    assert sum(fate.lines for fate in lines.rejected) == truth.rejected
    assert sum(fate.lines for fate in lines.ignored if fate.reason == "void_order") == truth.void
    fates = (*lines.rejected, *lines.ignored)
    assert lines.read == lines.kept + sum(fate.lines for fate in fates)
    assert lines.money_read == pytest.approx(lines.money_kept + sum(fate.money for fate in fates))


@pytest.mark.parametrize(("name", "ids"), CONTACTS.items())
def test_contacts_are_customers(name: str, ids: list[str]) -> None:
    found = read_preset(name)
    assert found.table["customer_id"].tolist() == ids
    assert found.input_reports[0].preset.endswith(f"(preset {name})")


def test_a_report_without_buyers_says_which_one_has_them() -> None:
    with pytest.raises(InputProblem, match=r"no column recognised as customer_id.*has no buyers; use the order report"):
        read_preset("amazon-all-orders")


@pytest.mark.parametrize("name", [*ORDERS, *CONTACTS])
def test_a_preset_can_be_asked_for(name: str) -> None:
    assert read_preset(name, preset=name).table.equals(read_preset(name).table)


def test_a_preset_that_the_header_is_not_of_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(InputProblem, match=r":1: not an export of Shopify orders: the header lacks Name, Created at"):
        read_preset("magento-orders", preset="shopify-orders")


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigProblems, match=r"unknown preset 'shopify'; available: amazon-all-orders, .*, none"):
        read_preset("shopify-orders", preset="shopify")


def test_none_reads_the_file_as_any_other() -> None:
    found = read_preset("online-retail", preset="none")
    assert found.input_reports[0].preset == ""
    assert found.table["revenue"].sum() == pytest.approx(96.03)


def test_what_the_user_declares_wins() -> None:
    found = read_preset("stripe-payments", columns={"amount": "Amount"}, void={"Mode": ["live"]}, void_mode="replace")
    assert found.input_reports[0].columns["amount"] == "Amount"
    assert found.table["revenue"].tolist() == [1.0]


def test_void_adds_to_the_values_of_the_preset() -> None:
    as_listed = read_preset("stripe-payments").table["revenue"].sum()
    found = read_preset("stripe-payments", void={"Status": ["Partially refunded"]})
    assert found.table["revenue"].sum() == pytest.approx(as_listed - 13.5)
    assert read_preset("stripe-payments", void={}).table["revenue"].sum() == as_listed


def test_a_preset_of_ones_own(file_of: Callable[..., str]) -> None:
    text = "title: Till\nheader: [Bon, Kunde]\nholds: orders\ncolumns: {customer_id: Kunde, order_id: Bon, "
    own = file_of(text + "order_date: Tag, amount: Summe}\nvoid: {Art: [Storno]}\n", "till.yaml")
    export = file_of("Bon,Kunde,Tag,Summe,Art\n1,A,2026-01-01,5.00,\n2,A,2026-01-02,7.00,STORNO\n", "till.csv")
    found = load_customers(IngestSettings(transactions=Source(path=export, preset=own)))
    assert found.table["revenue"].tolist() == [5.0]
    wrong = file_of(text + "order_day: Tag}\n", "wrong.yaml")
    with pytest.raises(ConfigProblems, match=r"wrong\.yaml:4:1: columns: unknown standard column 'order_day'"):
        load_customers(IngestSettings(transactions=Source(path=export, preset=wrong)))


def test_order_fields_are_carried_down_before_anything_is_left_out(file_of: Callable[..., str]) -> None:
    """A void order takes all its lines with it, wherever its first line stands; a blank order id continues nothing."""
    head = "Name,Email,Created at,Total,Financial Status,Lineitem name\n"
    lines = [
        "#2,,,,,Tee\n",
        "#1,a@x.io,2026-01-01 10:00:00 +0100,30.00,paid,Mug\n",
        "#2,b@x.io,2026-01-02 10:00:00 +0100,9.00,voided,Mug\n",
        "#1,,,,,Tee\n",
        ",,,,,Cap\n",
    ]
    for order in (lines, lines[::-1], sorted(lines)):
        found = load_customers(IngestSettings(transactions=Source(path=file_of(head + "".join(order), "shop.csv"))))
        lost = found.input_reports[0].reconciliation
        assert lost
        assert {f.reason: f.lines for f in (*lost.rejected, *lost.ignored)} == {"no_customer_id": 1, "void_order": 2}
        assert found.table[["orders", "order_lines", "revenue"]].to_numpy().tolist() == [[1, 2, 30.0]]


def test_a_line_that_contradicts_its_order_is_no_continuation(file_of: Callable[..., str]) -> None:
    head = "Name,Email,Created at,Total,Lineitem name\n"
    lines = "#1,a@x.io,2026-01-01,30.00,Mug\n#1,b@x.io,,,Tee\n#1,a@x.io,2026-01-01,,Cap\n"
    found = load_customers(IngestSettings(transactions=Source(path=file_of(head + lines, "shop.csv"))))
    lost = found.input_reports[0].reconciliation
    assert lost
    assert (lost.kept, {f.reason: f.lines for f in lost.rejected}) == (2, {"unreadable_date": 1})
    assert found.table["revenue"].tolist() == [30.0]


def test_a_total_on_every_line_counts_once_where_it_is_the_orders(file_of: Callable[..., str]) -> None:
    text = "customer_id,order_id,order_date,amount\n" + "".join(
        f"c{order % 5},{order},2026-01-{1 + order % 28:02},{order}.50\n" * 2 for order in range(25)
    )
    path = file_of(text, "repeated.csv")
    by_line = load_customers(IngestSettings(transactions=Source(path=path, amount_per="line")))
    by_order = load_customers(IngestSettings(transactions=Source(path=path)))
    observed = "in 25 of 25 orders with several lines 'amount' is the same"
    assert any(observed in note for note in by_order.input_reports[0].notes)
    assert by_order.table["revenue"].sum() * 2 == by_line.table["revenue"].sum() == 2 * (300 + 12.5)
    assert by_order.table["orders"].sum() == 25


def test_real_exports_of_shopify_and_square(shared_data: Path) -> None:
    shop, square = shared_data / "platform" / "shopify", shared_data / "platform" / "square"
    found = load_customers(IngestSettings(transactions=Source(path=str(shop / "ltv_cohort_kit_fixture.csv"))))
    assert found.table["revenue"].tolist() == [630.0, 50.0, 200.0, 80.0]
    whole = load_customers(IngestSettings(transactions=Source(path=str(shop / "gocommerce_fixture_79col.csv")))).table
    assert whole[["orders", "order_lines", "revenue"]].to_numpy().tolist() == [[1, 2, 34.98]]
    items = load_customers(IngestSettings(transactions=Source(path=str(square / "square_items_fixture.csv")))).table
    assert items[["customer_id", "revenue"]].to_numpy().tolist() == [["CUST1", 15.0]]


def test_the_sample_of_250_shopify_lines_adds_up_to_its_totals(shared_data: Path) -> None:
    import csv

    path = shared_data / "platform" / "shopify" / "ltv_cohort_kit_sample.csv"
    with path.open(encoding="utf-8") as file:
        heads = [row for row in csv.DictReader(file) if row["Total"]]
    counted = [row for row in heads if row["Email"] and row["Financial Status"] != "voided"]
    found = load_customers(IngestSettings(transactions=Source(path=str(path))))
    lost = found.input_reports[0].reconciliation
    assert lost
    assert lost.money_read == pytest.approx(sum(float(row["Total"]) for row in heads))
    assert int(found.table["orders"].sum()) == len(counted)
    net = sum(float(row["Total"]) - float(row["Refunded Amount"]) for row in counted)
    assert found.table["revenue"].sum() == pytest.approx(net)


def test_shopify_customers_are_found_by_the_address_their_orders_have() -> None:
    orders = IngestSettings(
        transactions=Source(path=fixture("shopify-orders")), customers=Source(path=fixture("shopify-customers"))
    )
    found = load_customers(orders)
    assert found.table["postcode"].fillna("").tolist() == ["01067", "89073", ""]
    assert "2 of 3 customers matched by email; 0 rows" in found.input_reports[1].notes[-1]
    assert not [name for name in found.table.columns if "mail" in name and name != "email_consent"]


def test_a_status_that_nobody_explained_is_said(file_of: Callable[..., str]) -> None:
    text = "customer_id,order_date,amount,Order Status\na,2026-01-01,5,Paid\n"
    text += "b,2026-01-02,6,Cancelled\nb,2026-01-03,7,paid\n"
    path = file_of(text, "status.csv")
    found = load_customers(IngestSettings(transactions=Source(path=path)))
    assert (
        found.input_reports[0]
        .notes[0]
        .startswith("column 'Order Status' contains Cancelled on 1 line (6.00): these lines count as orders")
    )
    void = load_customers(IngestSettings(transactions=Source(path=path, void={"Order Status": ["cancelled"]})))
    assert void.table["revenue"].tolist() == [5.0, 7.0]
    assert not void.input_reports[0].notes


def test_where_nothing_is_left_it_is_said_why(shared_data: Path) -> None:
    path = shared_data / "platform" / "square" / "square_items_2026_fixture.csv"
    with pytest.raises(
        InputProblem, match=r"no purchases left after cleaning \(no customer id: 2\); hint: turn on customer"
    ):
        load_customers(IngestSettings(transactions=Source(path=str(path))))


def test_money_from_two_places_is_refused() -> None:
    """A declared unit price would be passed over in silence where the preset has an amount."""
    with pytest.raises(InputProblem, match="unit_price is declared, but the preset shopify-orders takes amounts from"):
        read_preset("shopify-orders", columns={"unit_price": "Lineitem price"})


def test_lines_whose_order_has_the_amount_elsewhere_are_pointed_out(file_of: Callable[..., str]) -> None:
    text = "customer,order,date,total,item\na,1,2026-01-01,5.00,Mug\n,1,,,Tee\nb,2,2026-01-02,6.00,Mug\n"
    path = file_of(text, "unknown.csv")
    found = load_customers(IngestSettings(transactions=Source(path=path)))
    assert (
        found.input_reports[0]
        .notes[0]
        .startswith("lines without an amount in orders with an amount on another line: 1;")
    )
    carried = load_customers(IngestSettings(transactions=Source(path=path, amount_per="order")))
    assert carried.table[["order_lines", "revenue"]].to_numpy().tolist() == [[2, 5.0], [1, 6.0]]


@pytest.mark.parametrize("name", ORDERS)
def test_two_halves_with_shared_lines_give_the_numbers_of_the_whole(name: str, tmp_path: Path) -> None:
    whole = read_preset(name)
    with (FIXTURES / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        dialect = csv.Sniffer().sniff(file.readline())
        file.seek(0)
        header, *records = [record for record in csv.reader(file, dialect) if record]
    shared = max(1, len(records) // 10)
    half = len(records) // 2
    for number, part in enumerate((records[: half + shared], records[half:])):
        with (tmp_path / f"part{number}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *part])
    found = load_customers(IngestSettings(transactions=Source(path=str(tmp_path), preset=name)))
    pd.testing.assert_frame_equal(found.table, whole.table, check_exact=True)
