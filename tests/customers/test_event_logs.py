"""A log of events is no order export: the refusal names what it looks like and the setting that reads it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.errors import InputProblem
from segcli.ingest import event_presets
from segcli.segment.rfm_dimensions import read_dimensions

LOGS = [
    ("customer_id,time,type\na,2026-06-01 10:00,Sent\na,2026-06-02 10:00,opened\n", "campaigns", "'type' with Sent"),
    ("User ID,Date,Event,Campaign\na,2026-06-01,Clicked Email,x\n", "campaigns", "'Event' with Clicked Email"),
    ("user_id,timestamp,page_location\na,2026-06-01 10:00,/x\na,2026-06-02 10:00,/y\n", "web", "'page_location'"),
    (
        "user_id,event_name,event_timestamp\na,page_view,2026-06-01 10:00\na,buy,2026-06-01 11:00\n",
        "web",
        "'event_name' with page_view",
    ),
    ("Ticket ID,Customer ID,Date,Solved at\n1,a,2026-06-01,2026-06-02\n2,a,2026-06-02,\n", "tickets", "'Solved at'"),
]


@pytest.mark.parametrize(("text", "table", "evidence"), LOGS)
def test_a_log_is_refused_with_the_setting_that_reads_it(
    customers_of: Callable[..., Any], file_of: Callable[..., str], text: str, table: str, evidence: str
) -> None:
    with pytest.raises(InputProblem, match="not like orders") as refused:
        customers_of(text)
    assert f"column {evidence}" in str(refused.value)
    assert f"--set ingest.events.{table}.path=" in str(refused.value)
    log_path = file_of(text, "log.csv")
    orders = "customer_id,order_date,amount\na,2026-06-03,1\nb,2026-06-03,1\n"
    customers = customers_of(orders, events={table: {"path": log_path}})
    assert len(customers.events[table]) > 0


def test_the_user_may_insist_that_rows_are_orders(customers_of: Callable[..., Any]) -> None:
    customers = customers_of(LOGS[0][0], source={"columns": {"order_date": "time"}})
    assert customers.table["orders"].tolist() == [2]


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,date,type,amount\na,2026-06-01,sent,5\n",  # money is evidence of orders
        "order_id,customer_id,date,status\n1,a,2026-06-01,delivered\n",  # as is an order id
        "customer_id,date\na,2026-06-01\n",
        "customer_id,date,type\na,2026-06-01,sale\n",
    ],
)
def test_orders_without_money_are_still_orders(customers_of: Callable[..., Any], text: str) -> None:
    assert customers_of(text).table["orders"].tolist() == [1]


LOGS_OF_SINGLE_ROWS = [  # as customers, they are tables of customers, until a command needs orders
    ("Email,Sent At,Event\na@x.com,2026-06-01 10:00,sent\nb@x.com,2026-06-02 10:00,opened\n", "campaigns", "Sent At"),
    ("customer_id,occurred_at,event_type\na,2026-06-01 10:00,sent\nb,2026-06-02 10:00,opened\n", "campaigns", ""),
    ("customer_id,rating,review_date,review_text\na,5,2026-06-01,good\nb,4,2026-06-02,bad\n", "reviews", ""),
    ("customer_id,plan,start_date,end_date,mrr\na,gold,2026-01-01,,20\nb,gold,2026-01-02,,20\n", "subscriptions", ""),
    ("id,opened at,solved at,requester_id\n1,2026-06-01,2026-06-02,a\n2,2026-06-03,2026-06-04,b\n", "tickets", ""),
]


@pytest.mark.parametrize(("text", "table", "time"), LOGS_OF_SINGLE_ROWS)
def test_a_log_with_one_row_per_customer_is_named_when_orders_are_needed(
    customers_of: Callable[..., Any], text: str, table: str, time: str
) -> None:
    customers = customers_of(text)
    with pytest.raises(InputProblem, match="not like orders") as refused:
        read_dimensions(customers, "sum")
    assert f"--set ingest.events.{table}.path=" in str(refused.value)
    assert f"--map order_date='{time}'" in str(refused.value) if time else "order_date=" in str(refused.value)


@pytest.mark.parametrize("name", event_presets.list_event_presets())
def test_an_export_of_a_known_platform_is_named(customers_of: Callable[..., Any], name: str) -> None:
    preset = event_presets.load_event_preset(name)
    fixture = Path(__file__).parents[1] / "ingest" / "event_presets" / f"{name}.csv"
    with pytest.raises(InputProblem, match="not like orders") as refused:
        customers_of(fixture.read_text(encoding="utf-8"))
    assert f"({preset.title}, by the header)" in str(refused.value)
    assert f"--set ingest.events.{preset.kind}.path=" in str(refused.value)


def test_a_table_of_customers_is_no_log(customers_of: Callable[..., Any]) -> None:
    customers = customers_of("customer_id,age,subscription_status\na,30,active\nb,40,ended\n")
    assert customers.input_reports[0].event_log is None


def test_purchases_in_an_export_of_visits_are_orders(customers_of: Callable[..., Any]) -> None:
    """The table of completed orders has the header of other events, and money."""
    text = "anonymous_id,user_id,received_at,order_id,total\nx,a,2026-06-01,1,5\nx,a,2026-06-02,2,5\n"
    assert customers_of(text).table["orders"].tolist() == [2]
