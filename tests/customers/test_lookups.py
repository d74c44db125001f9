"""Lookup tables: each customer and order line gets the row of its key, as a loop over the rows finds it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from segcli.config.ingest import IngestSettings
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import evaluate_rule
from segcli.segment.expressions.parser import parse_rule

FileOf = Callable[..., str]
AS_OF = date(2026, 7, 1)
ORDERS = """order_id,customer_id,order_date,product,postcode,amount
1,a,2026-05-01 10:00,Mug,04109,10
2,a,2026-06-01 10:00,Pan,04109,20
3,b,2026-05-01 23:00,mug ,10115,30
4,c,2026-06-02 10:00,Doll,,40
"""
PRODUCTS = "product;Brand;margin\nMUG;Acme;0,5\nPan;Bolt;0,25\nPan;Bolt;0,25\nUnused;;1\n"
AREAS = "plz,area,postcode_type,income\n04109,Leipzig,city,30000\n10115,Berlin,city,\n99999,Nowhere,,1\n"
HOLIDAYS = "day,holiday\n2026-05-01,Labour Day\n2026-12-24,Christmas Eve\n"
CONTACTS = "customer_id,email\na,Ann@x.org\nb,bob@x.org\n"
PANEL = "email,score,phone\nann@X.org,7,+4930\nzoe@x.org,9,\n"


@pytest.fixture
def load(file_of: FileOf) -> Callable[..., Customers]:
    def load_shop(**lookups: Any) -> Customers:
        settings = {
            "transactions": {"path": file_of(ORDERS)},
            "contacts": {"path": file_of(CONTACTS, "contacts.csv")},
            "lookups": {
                name: {**lookup, "path": file_of(lookup["path"], f"{name}.csv")} for name, lookup in lookups.items()
            },
        }
        return load_customers(IngestSettings.model_validate(settings), AS_OF)

    return load_shop


def who(customers: Customers, rule: str) -> str:
    table, tree = build_rule_table(customers), parse_rule(rule)
    check_rule(tree, table.column_kinds, table.sources)
    return "".join(customers.table["customer_id"][evaluate_rule(tree, table).is_true])


def test_customers_get_the_row_of_their_postcode(load: Callable[..., Customers]) -> None:
    customers = load(areas={"path": AREAS, "by": "postcode", "key": "plz"})
    assert customers.table["area"].tolist()[:2] == ["Leipzig", "Berlin"]
    assert customers.table["area"].isna().tolist() == [False, False, True]
    incomes = customers.table["income"].to_numpy(dtype=float, na_value=np.nan)
    np.testing.assert_array_equal(incomes, [30000, np.nan, np.nan])
    assert "areas: 2 of 3 customers matched by postcode" in customers.input_reports[-1].notes
    assert who(customers, 'area == "Berlin"') == "b"


def test_addresses_reach_the_ids_through_the_contacts(load: Callable[..., Customers]) -> None:
    customers = load(panel={"path": PANEL, "by": "email"})
    assert who(customers, "score == 7") == "a"
    assert "phone" not in customers.table, "contact details stay out of the customer table"


def test_order_lines_get_the_rows_of_their_product_and_day(load: Callable[..., Customers]) -> None:
    customers = load(
        products={"path": PRODUCTS, "by": "product"}, days={"path": HOLIDAYS, "by": "order_date", "key": "day"}
    )
    brands, margins = {"mug": "Acme", "pan": "Bolt"}, {"mug": 0.5, "pan": 0.25}
    lines = [line.split(",") for line in ORDERS.splitlines()[1:]]

    def slow(test: Callable[[list[str]], bool]) -> str:
        return "".join(sorted({line[1] for line in lines if test(line)}))

    assert who(customers, 'any(orders where Brand == "Acme")') == slow(
        lambda line: brands.get(line[3].strip().casefold()) == "Acme"
    )
    assert who(customers, "any(orders where holiday is not missing)") == slow(lambda line: "2026-05-01" in line[2])
    assert who(customers, "sum(orders.margin) == 0.75") == "a"
    assert sum(margins.get(line[3].casefold(), 0) for line in lines if line[1] == "a") == 0.75
    assert who(customers, "any(orders where Brand is missing)") == "c"


def test_order_lines_are_described_on_an_earlier_day_too(load: Callable[..., Customers]) -> None:
    customers = load(products={"path": PRODUCTS, "by": "product"})
    rule = 'any(orders where Brand == "Bolt")'
    assert who(customers, rule) == "a"
    assert who(customers_as_of(customers, date(2026, 5, 15)), rule) == ""  # the pan was bought in June


def test_a_later_table_may_use_a_column_of_an_earlier_one_and_names_stay_apart(load: Callable[..., Customers]) -> None:
    customers = load(
        areas={"path": AREAS, "by": "postcode", "key": "plz", "columns": ["area"]},
        towns={"path": "area,area_size,revenue\nLeipzig,big,1\n", "by": "area"},
    )
    assert who(customers, 'area_size == "big" and towns_revenue == 1') == "a"
    assert "income" not in customers.table


@pytest.mark.parametrize(
    ("lookup", "problem"),
    [
        ({"path": AREAS, "by": "postcode", "key": "zip"}, "no column zip; the header has: plz, area"),
        ({"path": AREAS, "by": "postcode", "key": "plz", "columns": ["rent"]}, "no column rent; the header has"),
        ({"path": AREAS, "by": "shoe_size"}, "no column shoe_size; the header has"),
        ({"path": "shoe_size,x\n4,1\n", "by": "shoe_size"}, "neither the customers nor the order lines have a column"),
        ({"path": "postcode,x\n04109,1\n04109,2\n", "by": "postcode"}, "'04109' has several rows that differ"),
        ({"path": "product,x\nMug,1\nMUG,2\n", "by": "product"}, "'mug' has several rows that differ"),
        ({"path": "phone,x\n+4930,1\n", "by": "phone"}, "the customers have none"),
        (
            {"path": "day,x\n2026-05-01,1\n24.12.2026,2\n", "by": "order_date", "key": "day"},
            "'24.12.2026' is not a day",
        ),
        (
            {"path": 'day,x\n2026-05-01,"a\nb"\n24.12.2026,2\n', "by": "order_date", "key": "day"},
            r":4: column 'day': '24.12.2026' is not a day",
        ),
    ],
)
def test_a_table_that_cannot_be_joined_is_refused(
    load: Callable[..., Customers], lookup: dict[str, Any], problem: str
) -> None:
    with pytest.raises((InputProblem, ConfigProblems), match=problem):
        load(table=lookup)
