"""Event tables: every row is accounted for, keys find their customers, and features agree with rules."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from segcli.config import load_settings, parse_yaml_layer
from segcli.config.events import COUNT_FEATURES
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.config.rules import RulesSettings
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.errors import InputProblem, UsageProblem
from segcli.io.secret_key import PseudonymKey
from segcli.model import Customers
from segcli.segment import rules
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import evaluate_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem

AS_OF = date(2026, 7, 1)
ORDERS = """customer_id,email,order_date,amount
a,ann@x.com,2026-05-01,10
b,Bob@x.com,2026-06-01,20
c,cy@x.com,2026-06-25,30
d,cy@x.com,2026-06-25,40
"""
SENDS = """Event Id,Customer ID,Sent at,Event type,Campaign,Score
1,a,2026-06-01 10:00,sent,spring,1
2,a,2026-06-01 11:00,clicked,spring,2.5
3,b,2026-04-02 10:00,sent,spring,
3,b,2026-04-02 10:00,sent,spring,
4,b,2026-04-01 10:00,clicked,spring,4
5,zoe,2026-06-01 10:00,sent,spring,1
6,,2026-06-01 10:00,sent,spring,1
7,a,2026-07-02 10:00,clicked,summer,1
8,a,never,sent,spring,1
9,a,,sent,spring,1
"""
WriteFile = Callable[..., str]


@pytest.fixture
def load(file_of: WriteFile) -> Callable[..., Customers]:
    """Read orders with one event table, both given as text."""

    def load_shop(
        events: str = SENDS,
        orders: str = ORDERS,
        *,
        as_of: date | None = AS_OF,
        privacy: PrivacyOptions | None = None,
        sources: dict[str, Any] | None = None,
        **event_settings: Any,
    ) -> Customers:
        event_path = event_settings.pop("path", None) or file_of(events, "events.csv")
        tables = {"campaigns": {"path": event_path, **event_settings}}
        values = {"transactions": {"path": file_of(orders, "orders.csv")}, "events": tables, **(sources or {})}
        return load_customers(IngestSettings.model_validate(values), as_of, privacy=privacy)

    return load_shop


LoadShop = Callable[..., Customers]


def who(customers: Customers, rule: str) -> str:
    table, tree = build_rule_table(customers), parse_rule(rule)
    check_rule(tree, table.column_kinds, table.sources)
    return "".join(customers.table["customer_id"][evaluate_rule(tree, table).is_true])


def note(customers: Customers) -> str:
    return next(line for line in customers.input_reports[-1].notes if "events kept" in line)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ('any(campaigns where type == "clicked")', "ab"),
        ('any(campaigns where type == "clicked" within 30 days)', "a"),
        ("any(campaigns within 90 days)", "ab"),  # 2026-04-02 is 90 days before the as-of day
        ("any(campaigns within 89 days)", "a"),
        ('not any(campaigns where type == "clicked" within 30 days) and any(orders within 30 days)', "bcd"),
        ("count(campaigns) == 2", "ab"),  # the repeated event id counts once
        ("sum(campaigns.value) == 3.5", "a"),
        ("last(campaigns.Score) == 4", "b"),  # b's later row has no score
        ('last(campaigns.type) == "clicked" and first(campaigns.Campaign) == "spring"', "a"),
        ("days_since(campaigns) == 30", "a"),
        ("days_since(campaigns) is missing", "cd"),
        ("distinct(campaigns.type) == 2", "ab"),
    ],
)
def test_rules_read_events_by_hand(load: LoadShop, rule: str, matches: str) -> None:
    assert who(load(), rule) == matches


def test_every_row_is_accounted_for(load: LoadShop) -> None:
    customers = load(SENDS + "broken,row\n")
    assert note(customers) == (
        "campaigns: 4 of 11 events kept, of 2 customers; match rate 85.7% by customer_id; left out: "
        "1 without a customer, 1 without a time, 1 with an unreadable time, 1 of unknown customers, "
        "1 after the as-of day, 1 with the id of another event, 1 malformed"
    )
    report = customers.input_reports[-1]
    assert (report.row_kind, report.input.rows) == ("events", 11)
    assert dict(report.columns) == {
        "customer_id": "Customer ID",
        "time": "Sent at",
        "type": "Event type",
        "value": "Score",
        "event_id": "Event Id",
        "message": "Campaign",
    }


@pytest.mark.parametrize(
    ("header", "named", "time"),
    [
        ("Kundennummer,Datum,Event", {}, "Datum"),
        ("user_id,ts,event_name", {}, "ts"),
        ("who,when,what", {"customer": "who", "type": "what"}, "when"),  # the time by its values
        ("who,when,what", {"customer": "who", "time": "when", "type": "what"}, "when"),
    ],
)
def test_columns_are_found_by_name_by_content_or_as_named(
    load: LoadShop, header: str, named: dict[str, str], time: str
) -> None:
    customers = load(f"{header}\na,2026-06-01 10:00,opened\nb,2026-06-02 09:00,sent\n", **named)
    assert customers.input_reports[-1].columns["time"] == time
    assert who(customers, 'any(campaigns where type == "opened")') == "a"


def test_events_by_address_find_their_customers(load: LoadShop, file_of: WriteFile) -> None:
    """Letter case does not matter; an address of two customers identifies neither."""
    events = "E-mail,time,type\nANN@x.com ,2026-06-01,sent\nbob@X.com,2026-06-01,sent\ncy@x.com,2026-06-01,sent\n"
    customers = load(events)
    assert who(customers, "any(campaigns)") == "ab"
    assert "2 of 3 events kept, of 2 customers; match rate 66.7% by email" in note(customers)
    assert "email" not in customers.table
    plain_orders = ORDERS.replace(",email,", ",note,")
    contacts = file_of("customer_id,email\nc,ANN@x.com\n", "contacts.csv")
    bridged = load(events, plain_orders, sources={"contacts": {"path": contacts}})
    assert who(bridged, "any(campaigns)") == "c"
    with pytest.raises(InputProblem, match="events are keyed by email, and the customers have none; hint: name a file"):
        load(events, "customer_id,order_date,amount\na,2026-05-01,10\n")


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ("time,type\n2026-06-01,sent\n", "no column recognised as the customer of an event; available: time, type"),
        ("customer_id,type\na,sent\n", "no column recognised as the time of an event; available: customer_id, type"),
    ],
)
def test_a_missing_column_is_named_with_its_setting(load: LoadShop, events: str, problem: str) -> None:
    with pytest.raises(InputProblem, match=problem) as refused:
        load(events)
    assert "ingest.events.campaigns." in str(refused.value)


def test_a_named_column_must_exist(load: LoadShop) -> None:
    with pytest.raises(InputProblem, match=r"no column 'clicks' \(mapped to type\)"):
        load(type="clicks")


def test_a_folder_is_one_table_and_an_event_id_counts_once(load: LoadShop, tmp_path: Any) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(
            f"event_id,customer_id,time,type\n7,a,2026-06-01,sent\n{number},b,2026-06-0{number},opened\n"
        )
    customers = load(path=str(tmp_path))
    assert who(customers, "count(campaigns) == 1") == "a"
    assert who(customers, 'count(campaigns where type == "opened") == 2') == "b"
    assert sum("events kept" in line for report in customers.input_reports for line in report.notes) == 2


def test_features_are_columns_and_agree_with_rules(load: LoadShop) -> None:
    features = [*COUNT_FEATURES, "days_since_last"]
    customers = load(features=features)
    assert list(customers.table.columns[-5:]) == [f"campaigns_{name}" for name in features]
    assert customers.table["campaigns_count_90d"].tolist() == [2, 1, 0, 0]
    assert customers.table["campaigns_days_since_last"].tolist() == [30, 90, pd.NA, pd.NA]
    for name, days in COUNT_FEATURES.items():
        assert who(customers, f"count(campaigns within {days} days) == campaigns_{name}") == "abcd"
    assert who(customers, "days_since(campaigns) == campaigns_days_since_last") == "ab"


def test_features_need_an_as_of_day(file_of: WriteFile) -> None:
    events = {"campaigns": {"path": file_of(SENDS, "events.csv"), "features": ["count_30d"]}}
    table = {"path": file_of("customer_id,gender\na,f\nb,m\n", "people.csv")}
    sources = IngestSettings.model_validate({"transactions": table, "events": events})
    with pytest.raises(UsageProblem, match="need an as-of day"):
        load_customers(sources)
    assert load_customers(sources, AS_OF).table["campaigns_count_30d"].tolist() == [2, 0]


def test_an_earlier_day_knows_no_later_events(load: LoadShop) -> None:
    """Nor do the features: they are computed again from the events before that day."""
    customers = load(features=["days_since_last", "count_90d"])
    earlier = customers_as_of(customers, date(2026, 6, 2))
    assert (list(earlier.table["customer_id"]), who(earlier, "any(campaigns within 1 day)")) == (["a", "b"], "a")
    assert earlier.events["campaigns"]["time"].max() < pd.Timestamp("2026-06-02")
    assert earlier.table["campaigns_days_since_last"].tolist() == [1, 61]
    assert earlier.table["campaigns_count_90d"].tolist() == [2, 2]
    earliest = customers_as_of(customers, date(2026, 5, 2))
    assert (list(earliest.table["customer_id"]), who(earliest, "any(campaigns)")) == (["a"], "")
    assert earliest.table["campaigns_days_since_last"].isna().all()


def test_pseudonyms_and_retention_apply_to_events(load: LoadShop) -> None:
    key = PseudonymKey(bytes(range(32)))
    privacy = PrivacyOptions(PrivacySettings(pseudonymise=["customer_id"], key_file="key", retention="80 days"), key)
    customers = load(privacy=privacy)
    assert set(customers.events["campaigns"]["customer_id"].cat.categories).isdisjoint("abcd")
    assert len(who(customers, "count(campaigns) == 2")) > 1
    assert "3 older than privacy.retention" in note(customers)


def test_paths_are_relative_to_the_config_and_mistakes_have_their_place() -> None:
    text = "ingest:\n  events:\n    campaigns: {path: sends.csv}\n"
    loaded = load_settings([parse_yaml_layer(text, "c.yaml", "/data/shop")])
    assert loaded.settings.ingest.events["campaigns"].path == "/data/shop/sends.csv"
    with pytest.raises(Exception, match=r"c.yaml:3:\d+: .*unknown key; did you mean 'customer'\?"):
        load_settings([parse_yaml_layer(text.replace("path:", "custmer: x, path:"), "c.yaml", ".")])
    with pytest.raises(ValidationError, match="'orders' is the table of the order lines"):
        IngestSettings.model_validate({"events": {"orders": {"path": "x.csv"}}})


def test_an_unknown_table_is_refused_before_data_are_read() -> None:
    section = RulesSettings.model_validate({"name": "x", "segments": [{"segment": "s", "when": "any(campains)"}]})
    with pytest.raises(Exception, match="column 1: no table 'campains'; did you mean 'campaigns'"):
        rules.prepare_rule_sets([section], event_tables=["campaigns"])


def test_an_empty_table_has_no_events(load: LoadShop) -> None:
    customers = load("customer_id,time,type\n", features=["count_30d", "days_since_last"])
    assert who(customers, "any(campaigns)") == ""
    assert who(customers, "campaigns_count_30d == 0 and campaigns_days_since_last is missing") == "abcd"
    assert "0 of 0 events kept" in note(customers)


def test_an_unknown_column_of_events_is_named(load: LoadShop) -> None:
    with pytest.raises(RuleProblem, match="no column 'tipe'; did you mean 'type'"):
        who(load(), "any(campaigns where tipe == 'sent')")


Event = tuple[int, str, int, str]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from("abz"), st.integers(-3, 95), st.sampled_from(["sent", "opened"])),
        max_size=12,
    ),
    chance=st.randoms(use_true_random=False),
)
def test_neither_row_order_nor_repeated_delivery_changes_a_count(
    load: LoadShop, events: list[Event], chance: Any
) -> None:
    by_id = {event[0]: event for event in sorted(events, reverse=True)}  # the same id always means the same event
    expected = Counter(
        customer
        for _, customer, days, kind in by_id.values()
        if kind == "opened" and 0 <= days <= 90 and customer != "z"
    )
    rows = [*by_id.values(), *(by_id[event[0]] for event in events)]
    chance.shuffle(rows)
    text = "".join(f"{number},{who_},{AS_OF - timedelta(days=days)},{kind}\n" for number, who_, days, kind in rows)
    customers = load(f"event_id,customer_id,time,type\n{text}")
    for count in range(4):
        found = who(customers, f'count(campaigns where type == "opened" within 90 days) == {count}')
        assert set(found) == {customer for customer in "abcd" if expected[customer] == count}
