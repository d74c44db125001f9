"""From sources to the customer table, whatever kind of file they are."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem, UsageProblem

ORDERS = "customer_id,order_id,order_date,amount\nA,1,2024-01-01,10.00\nB,2,2024-01-05,20.00\nA,3,2024-01-09,5.00\n"
PEOPLE = "customer_id,age,city\nA,30,Bonn\nB,40,Ulm\nZ,50,Trier\n"
ANSWERS = "customer_id,nps\nB,9\n"


def test_orders_are_joined_with_who_people_are_and_what_they_answered(file_of: Callable[..., str]) -> None:
    found = load_customers(
        IngestSettings(
            transactions=Source(path=file_of(ORDERS, "o.csv")),
            customers=Source(path=file_of(PEOPLE, "p.csv")),
            responses=Source(path=file_of(ANSWERS, "a.csv")),
        )
    )
    assert found.table["customer_id"].tolist() == ["A", "B"]
    assert found.table["age"].tolist() == [30, 40]
    assert found.table["nps"].isna().tolist() == [True, False]
    assert [reading.row_kind for reading in found.input_reports] == ["orders", "customers", "customers"]
    assert found.as_of == date(2024, 1, 10)


def test_people_alone_are_customers(file_of: Callable[..., str]) -> None:
    found = load_customers(IngestSettings(customers=Source(path=file_of(PEOPLE, "p.csv"))))
    assert found.table["customer_id"].tolist() == ["A", "B", "Z"]
    assert found.as_of is None


def test_further_files_are_joined(file_of: Callable[..., str]) -> None:
    found = load_customers(
        IngestSettings(transactions=Source(path=file_of(ORDERS, "o.csv"))), extra_paths=[file_of(PEOPLE, "p.csv")]
    )
    assert found.table["city"].tolist() == ["Bonn", "Ulm"]


def test_a_customer_table_is_complete_and_joins_only_what_is_given_beside_it(file_of: Callable[..., str]) -> None:
    table = "customer_id,last_order,orders\nA,2024-01-01,1\n"
    settings_ = IngestSettings(
        transactions=Source(path=file_of(table, "t.csv")), customers=Source(path=file_of(PEOPLE, "p.csv"))
    )
    assert "city" not in load_customers(settings_).table
    assert "city" in load_customers(settings_, extra_paths=[file_of(PEOPLE, "p.csv")]).table


def test_without_an_input_it_says_how_to_give_one() -> None:
    with pytest.raises(UsageProblem, match="no input"):
        load_customers(IngestSettings())


def test_a_missing_file_is_refused_by_name() -> None:
    with pytest.raises(InputProblem, match=r"no-such\.csv: no such file"):
        load_customers(IngestSettings(transactions=Source(path="no-such.csv")))


@pytest.mark.parametrize(("as_of", "recency"), [(None, [1, 5]), (date(2024, 2, 1), [22, 26])])
def test_recency_of_a_customer_table_is_counted_from_its_last_orders(
    as_of: date | None, recency: list[int], customers_of: Callable[..., Any]
) -> None:
    table = "customer_id,last_order,orders\nA,2024-01-10,2\nB,2024-01-06,1\n"
    found = customers_of(table, as_of=as_of)
    assert found.table["recency_days"].tolist() == recency
    assert found.as_of == (as_of or date(2024, 1, 11))


def test_recency_that_a_table_states_is_kept_and_its_day_read_back(customers_of: Callable[..., Any]) -> None:
    table = "customer_id,last_order,recency_days,orders\nA,2024-01-10,22,2\nB,2024-01-06,26,1\n"
    found = customers_of(table)
    assert found.table["recency_days"].tolist() == [22, 26]
    assert found.as_of == date(2024, 2, 1)


def test_as_of_without_orders_is_the_day_ages_are_counted_to(customers_of: Callable[..., Any]) -> None:
    found = customers_of(PEOPLE, as_of=date(2024, 1, 1))
    assert (found.as_of, found.warnings) == (date(2024, 1, 1), ())


@settings(max_examples=30, deadline=None)
@given(
    lines=st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(1, 5), st.integers(1, 28), st.integers(0, 10**6)),
        min_size=1,
        max_size=12,
    )
)
def test_a_customer_table_written_and_read_back_is_the_same(
    customers_of: Callable[..., Any], lines: list[tuple[str, int, int, int]]
) -> None:
    text = "customer_id,order_id,order_date,amount\n" + "".join(
        f"{who},{order},2024-05-{day:02},{cents / 100:.2f}\n" for who, order, day, cents in lines
    )
    declared = {"columns": {n: n for n in text.partition("\n")[0].split(",")}, "date_format": "%Y-%m-%d"}
    reduced = customers_of(text, source=declared)
    back = customers_of(reduced.table.to_csv(index=False))
    assert back.as_of == reduced.as_of
    pd.testing.assert_frame_equal(back.table, reduced.table, check_exact=True, check_dtype=False)


def test_the_case_policy_holds_for_a_customer_table_too(file_of: Callable[..., str]) -> None:
    settings_ = IngestSettings(
        customers=Source(path=file_of("customer_id,age\na1,30\n", "p.csv")),
        responses=Source(path=file_of("customer_id,nps\nA1,9\n", "a.csv")),
        id_case="upper",
    )
    assert load_customers(settings_).table["nps"].tolist() == [9]


def test_recency_is_never_negative(customers_of: Callable[..., Any]) -> None:
    """What B had bought by February, a table of today cannot say."""
    table = "customer_id,last_order,orders\nA,2024-01-10,2\nB,2024-03-06,1\n"
    with pytest.raises(InputProblem, match="1 customer ordered after 2024-02-01"):
        customers_of(table, as_of=date(2024, 2, 1))


def test_an_escaped_formula_is_itself_again_and_in_a_foreign_table_that_is_said(file_of: Callable[..., str]) -> None:
    """A table without orders does not show who wrote it; either way the apostrophe is no part of the text."""
    path = file_of("customer_id,city,note\na,Bonn,'=1+1\n'-b,Ulm,'tis\n", "contacts.csv")
    found = load_customers(IngestSettings(transactions=Source(path=path)))
    assert found.table["customer_id"].tolist() == ["-b", "a"]
    assert found.table["note"].tolist() == ["'tis", "=1+1"]
    assert found.input_reports[0].notes == (
        "cells with an apostrophe before a spreadsheet formula: 2; apostrophes removed",
    )


def test_rows_with_one_address_are_said(file_of: Callable[..., str]) -> None:
    path = file_of("customer_id,email\na,Ann@x.io\nb,ann@X.io \nc,\nd,\n", "contacts.csv")
    found = load_customers(IngestSettings(transactions=Source(path=path)))
    note = "rows that share an e-mail address with another row: 2; they may be the same customer"
    assert found.input_reports[0].notes == (note,)


def test_columns_that_are_left_out_are_not_read(file_of: Callable[..., str]) -> None:
    path = file_of("customer_id,age,health_note\na,30,x\nb,40,y\n", "crm.csv")
    table = load_customers(IngestSettings(transactions=Source(path=path, leave_out=["health_note"]))).table
    assert list(table.columns) == ["customer_id", "age"]
    with pytest.raises(InputProblem, match=r"no column 'wealth' \(mapped to leave_out\)"):
        load_customers(IngestSettings(transactions=Source(path=path, leave_out=["wealth"])))
