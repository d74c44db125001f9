"""What is known of customers, joined to what they bought."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from segcli.config.ingest import IdentitySettings, IngestSettings, Source
from segcli.customers import load_customers
from segcli.customers.attributes import join_attributes
from segcli.errors import InputProblem
from segcli.model import Customers, Input, InputReport


def customers(name: str, ids: list[str], **columns: list[object]) -> Customers:
    table = pd.DataFrame({"customer_id": pd.Series(ids, dtype="str"), **columns})
    return Customers(table, date(2024, 1, 1), (InputReport(Input(name, 0, "", len(ids)), "customers", "", {}),))


BOUGHT = customers("orders", ["A", "B", "C"], orders=[1, 2, 3])


def test_columns_are_added_to_whom_they_belong_and_nobody_is_lost_or_doubled() -> None:
    found = join_attributes(BOUGHT, customers("crm", ["B", "C", "D"], city=["Bonn", "Köln", "Ulm"]))
    assert found.table["customer_id"].tolist() == ["A", "B", "C"]
    assert found.table["orders"].tolist() == [1, 2, 3]
    assert found.table["city"].isna().tolist() == [True, False, False]
    assert found.table["city"].tolist()[1:] == ["Bonn", "Köln"]


def test_the_match_rate_is_noted() -> None:
    found = join_attributes(BOUGHT, customers("crm", ["B", "C", "D"], city=["Bonn", "Köln", "Ulm"]))
    assert found.input_reports[1].notes == ("2 of 3 customers matched; 1 row without a matching buyer",)


def test_a_measure_of_the_orders_is_not_overwritten() -> None:
    found = join_attributes(BOUGHT, customers("crm", ["A", "B", "C"], orders=[9, 9, 9], age=[1, 2, 3]))
    assert found.table["orders"].tolist() == [1, 2, 3]
    assert found.table["age"].tolist() == [1, 2, 3]


def test_ids_meet_as_they_are_written() -> None:
    found = join_attributes(BOUGHT, customers("crm", ["A", "b"], age=[1, 2])).table["age"]
    assert found.notna().tolist() == [True, False, False]


def test_a_customer_file_with_a_date_of_its_own_is_still_joined(file_of: Callable[..., str]) -> None:
    """`Created at` is an order's date in an order export, and a customer's in a contact list."""
    orders = file_of("customer_id,order_date,amount\nA,2024-01-01,5\n", "orders.csv")
    contacts = file_of("customer_id,Created at,city\nA,2020-05-06,Bonn\nB,2021-05-06,Ulm\n", "contacts.csv")
    found = load_customers(IngestSettings(transactions=Source(path=orders)), extra_paths=[contacts])
    assert found.table["city"].tolist() == ["Bonn"]


CRM = "Record ID,First Name,Last Name,Email,Phone Number,City\n"
CRM += "7,Ann,A,ANN@x.io,0664 123456,Graz\n8,Bob,B,,+43 1 5551234,Wien\n"


def test_contacts_are_found_by_the_address_of_an_order_whatever_its_case(file_of: Callable[..., str]) -> None:
    orders = file_of("customer_id,order_date,amount,email\nA,2026-01-01,5,ann@X.io\nB,2026-01-02,5,\n", "orders.csv")
    found = load_customers(IngestSettings(transactions=Source(path=orders)), extra_paths=[file_of(CRM, "crm.csv")])
    assert found.table["city"].fillna("").tolist() == ["Graz", ""]
    assert "email" not in found.table
    assert "1 of 2 customers matched by email; 0 rows without a matching buyer" in found.input_reports[1].notes


def test_contacts_are_found_by_phone_in_one_form(file_of: Callable[..., str]) -> None:
    orders = file_of("customer_id,order_date,amount,phone\nA,2026-01-01,5,+43664123456\nB,2026-01-02,5,01 555 12 34\n")
    crm = Source(path=file_of(CRM, "crm.csv"), match="phone")
    found = load_customers(IngestSettings(transactions=Source(path=orders), customers=crm, phone_region="AT"))
    assert found.table["city"].tolist() == ["Graz", "Wien"]
    abroad = load_customers(IngestSettings(transactions=Source(path=orders), customers=crm))
    assert abroad.table["city"].fillna("").tolist() == ["", ""]


def test_customers_who_share_an_address_are_kept_apart_and_counted(file_of: Callable[..., str]) -> None:
    orders = file_of("customer_id,order_date,amount,email\nA,2026-01-01,5,ann@x.io\nB,2026-01-02,5,Ann@x.io\n", "o.csv")
    found = load_customers(IngestSettings(transactions=Source(path=orders)), extra_paths=[file_of(CRM, "crm.csv")])
    assert found.table["city"].tolist() == ["Graz", "Graz"]
    remedy = f"--set ingest.identity.path={orders} --set 'ingest.identity.by=[email]' merges them"
    assert found.input_reports[1].notes[-1] == f"customers who share their email with another: 2; hint: {remedy}"
    identity = IdentitySettings(path=orders, by=["email"])
    merged = load_customers(
        IngestSettings(transactions=Source(path=orders), identity=identity), extra_paths=[file_of(CRM, "crm.csv")]
    )
    assert merged.table["customer_id"].tolist() == ["A"]


def test_one_row_per_address(file_of: Callable[..., str]) -> None:
    orders = file_of("customer_id,order_date,amount,email\nA,2026-01-01,5,ann@x.io\n", "o.csv")
    twice = file_of("email,city\nann@x.io,Graz\nANN@x.io ,Ulm\n", "twice.csv")
    with pytest.raises(InputProblem, match=r"twice\.csv:3: another row of this customer has different values"):
        load_customers(IngestSettings(transactions=Source(path=orders)), extra_paths=[twice])


def test_a_declared_match_needs_its_column(file_of: Callable[..., str]) -> None:
    orders = file_of("customer_id,order_date,amount\nA,2026-01-01,5\n", "o.csv")
    crm = Source(path=file_of("customer_id,city\nA,Graz\n", "crm.csv"), match="email")
    with pytest.raises(InputProblem, match=r"crm\.csv:1: no column recognised as email"):
        load_customers(IngestSettings(transactions=Source(path=orders), customers=crm))
