"""What is known of customers, joined to what they bought."""

from collections.abc import Callable
from datetime import date

import pandas as pd

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import read
from segcli.customers.join import join
from segcli.model import Customers, Input, Reading


def customers(name: str, ids: list[str], **columns: list[object]) -> Customers:
    table = pd.DataFrame({"customer_id": pd.Series(ids, dtype="str"), **columns})
    return Customers(table, date(2024, 1, 1), (Reading(Input(name, 0, "", len(ids)), "customers", "", {}),))


BOUGHT = customers("orders", ["A", "B", "C"], orders=[1, 2, 3])


def test_columns_are_added_to_whom_they_belong_and_nobody_is_lost_or_doubled() -> None:
    found = join(BOUGHT, customers("crm", ["B", "C", "D"], city=["Bonn", "Köln", "Ulm"]))
    assert found.table["customer_id"].tolist() == ["A", "B", "C"]
    assert found.table["orders"].tolist() == [1, 2, 3]
    assert found.table["city"].isna().tolist() == [True, False, False]
    assert found.table["city"].tolist()[1:] == ["Bonn", "Köln"]


def test_the_match_rate_is_noted() -> None:
    found = join(BOUGHT, customers("crm", ["B", "C", "D"], city=["Bonn", "Köln", "Ulm"]))
    assert found.readings[1].notes == ("2 of 3 customers found in it; 1 of its rows belong to nobody who bought",)


def test_a_measure_of_the_orders_is_not_overwritten() -> None:
    found = join(BOUGHT, customers("crm", ["A", "B", "C"], orders=[9, 9, 9], age=[1, 2, 3]))
    assert found.table["orders"].tolist() == [1, 2, 3]
    assert found.table["age"].tolist() == [1, 2, 3]


def test_ids_meet_as_they_are_written() -> None:
    found = join(BOUGHT, customers("crm", ["A", "b"], age=[1, 2])).table["age"]
    assert found.notna().tolist() == [True, False, False]


def test_a_customer_file_with_a_date_of_its_own_is_still_joined(file_of: Callable[..., str]) -> None:
    """`Created at` is an order's date in an order export, and a customer's in a contact list."""
    orders = file_of("customer_id,order_date,amount\nA,2024-01-01,5\n", "orders.csv")
    contacts = file_of("customer_id,Created at,city\nA,2020-05-06,Bonn\nB,2021-05-06,Ulm\n", "contacts.csv")
    found = read(IngestSettings(transactions=Source(path=orders)), extra=[contacts])
    assert found.table["city"].tolist() == ["Bonn"]
