"""Bases of events on the sample shop, each beside a computation in plain Python that reads the files by itself."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem, UsageProblem
from segcli.model import Customers, Segmentation
from segcli.segment import bases
from tests.customers.test_event_features import SHOP, load_shop
from tests.segment.bases.conftest import customers, decided, labels, texts

DAY = date(2026, 7, 1)
EARLIER_DAY = date(2026, 2, 1)


def days_before(day: date, text: str) -> int:
    return (day - datetime.fromisoformat(text).date()).days


def read_events(table: str, day: date) -> Iterator[tuple[str, dict[str, str], int]]:
    """Yield customer, row and days before a day of each event until that day; of rows with one id, the first."""
    with (SHOP / "contacts.csv").open(encoding="utf-8", newline="") as file:
        ids = {row["email"].lower(): row["customer_id"] for row in csv.DictReader(file)}
    files = {
        "campaigns": ("sends.csv", "Email", "Timestamp"),
        "tickets": ("tickets.csv", "Requester email", "Opened at"),
        "web": ("visits.csv", "user_id", "time"),
        "reviews": ("reviews.csv", "customer_id", "review_date"),
        "subscriptions": ("subscriptions.csv", "customer_id", "start_date"),
    }
    name, key, time = files[table]
    seen = set()
    with (SHOP / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            customer = ids.get(row[key].lower(), row[key])
            try:
                ago = days_before(day, row[time])
            except ValueError:
                continue
            event_id = row.get("Event ID")
            if ago < 0 or not customer.startswith("K-") or (event_id and event_id in seen):
                continue
            seen.add(event_id)
            yield customer, row, ago


def by_customer(made: Segmentation, *names: str) -> dict[str, tuple[Any, ...]]:
    table = made.table
    return {row[0]: tuple(row[1:]) for row in table[["customer_id", made.column, *names]].itertuples(index=False)}


def is_close(found: float, wanted: float | None) -> bool:
    return math.isnan(found) if wanted is None else math.isclose(found, wanted, rel_tol=1e-9)


@pytest.mark.base("campaign_response")
@pytest.mark.parametrize(("day", "days"), [(DAY, 180), (DAY, 45), (EARLIER_DAY, 180)])
def test_campaign_response_message_by_message(day: date, days: int) -> None:
    sent, answered = defaultdict(set), defaultdict(set)
    for customer, row, ago in read_events("campaigns", day):
        if ago <= days:
            (sent if row["Event"] in {"sent", "delivered"} else answered)[customer, row["Event"]].add(row["Campaign"])
    made = decided("campaign_response", load_shop(day), days=days)
    names = ("messages", "open_share", "click_share")
    for customer, (label, messages, opens, clicks) in by_customer(
        made, *(f"campaign_response_{name}" for name in names)
    ).items():
        got = sent[customer, "sent"] | sent[customer, "delivered"]
        shares = [len(got & answered[customer, kind]) / len(got) if got else 0 for kind in ("opened", "clicked")]
        assert messages == len(got)
        assert all(is_close(*pair) for pair in zip((opens, clicks), shares if got else (None, None), strict=True))
        expected = (
            "unknown" if len(got) < 3 else "clicks" if shares[1] >= 0.05 else "opens" if shares[0] >= 0.2 else None
        )
        assert label == (expected or ("seldom opens" if sum(shares) else "never responds"))


@pytest.mark.base("campaign_response")
def test_response_rates_by_hand() -> None:
    """Of 10 customers with 4 messages each, the first 5 open 2 and the others none: 25 %, s^2 of the residuals 10/9."""
    table = pd.DataFrame({"customer_id": texts(*(f"{n:03}" for n in range(10))), "half": texts(*"aaaaabbbbb")})
    log = [(f"{n:03}", kind, name) for n in range(10) for name in "wxyz" for kind in ("sent", "opened")]
    log = [entry for entry in log if entry[1] == "sent" or (entry[0] < "005" and entry[2] in "wx")]
    rows = pd.DataFrame(log, columns=["customer_id", "type", "message"]).astype("category")
    rows["time"] = pd.Timestamp("2026-06-01").as_unit("us")
    made = decided(
        "campaign_response",
        replace(customers(half=table["half"]), table=table, events={"campaigns": rows}),
        by=["half"],
    )
    assert list(made.labels) == ["opens"] * 5 + ["never responds"] * 5
    half_width = 1.959963984540054 * math.sqrt(10 / 9) / math.sqrt(10) / 4
    interval = f"{0.25 - half_width:.1%} to {0.25 + half_width:.1%}"
    rest = "clicked: 0.0% (0.0% to 0.0%)"
    assert made.notes == (f"messages sent: 40; opened: 25.0% (95% interval {interval}); {rest}",)
    rates = made.tables["Response rates by half"].set_index("segment")
    assert rates["open_rate"].to_dict() == {"all": 0.25, "a": 0.5, "b": 0}
    assert rates["messages"].to_dict() == {"all": 40, "a": 20, "b": 20}


@pytest.mark.base("engagement")
@pytest.mark.parametrize("day", [DAY, EARLIER_DAY])
def test_engagement_event_by_event(day: date) -> None:
    active, last = defaultdict(set), dict[str, int]()
    for table in ("campaigns", "web", "tickets", "reviews", "subscriptions"):
        for customer, row, ago in read_events(table, day):
            if table == "campaigns" and row["Event"] not in {"opened", "clicked"}:
                continue
            last[customer] = min(last.get(customer, ago), ago)
            if ago <= 60:
                active[customer].add(ago)
    made = decided("engagement", load_shop(day), days=60, recent_days=20, frequent_days=4)
    found = by_customer(made, "engagement_days_since_last", "engagement_active_days")
    for customer, (label, since, count) in found.items():
        assert count == len(active[customer])
        assert (None if pd.isna(since) else since) == last.get(customer)
        ago = last.get(customer, 10**6)
        recent = "very active" if count >= 4 else "active"
        assert label == (
            recent if ago <= 20 else "less active" if ago <= 60 else "inactive" if customer in last else "none"
        )
    assert len(set(made.labels)) > 3


@pytest.mark.base("engagement")
def test_engagement_on_an_earlier_day_knows_no_later_event() -> None:
    past = customers_as_of(load_shop(), EARLIER_DAY)
    cut = replace(past, events={name: rows[rows["time"] < "2026-02-01"] for name, rows in load_shop().events.items()})
    assert labels("engagement", past) == labels("engagement", cut)


@pytest.mark.base("support_burden")
@pytest.mark.parametrize("day", [DAY, EARLIER_DAY])
def test_support_burden_ticket_by_ticket(day: date) -> None:
    is_past = day == EARLIER_DAY  # then nothing of the day itself is known
    last_solved = day - timedelta(days=1) if is_past else day
    recent, times, scores = defaultdict(int), defaultdict(list), defaultdict(list)
    for customer, row, ago in read_events("tickets", day):
        if is_past and ago == 0:
            continue
        recent[customer] += ago <= 365
        if not row["Solved at"] or datetime.fromisoformat(row["Solved at"]).date() <= last_solved:
            times[customer] += [float(text) for text in [row["Handle time"]] if text]
            scores[customer] += [float(text) for text in [row["CSAT"]] if text]
    shop = customers_as_of(load_shop(), day) if is_past else load_shop(day)
    made = decided("support_burden", shop, heavy=2.5)
    ids = [who for who in made.table["customer_id"] if times[who] and recent[who]]
    means = {who: sum(times[who]) / len(times[who]) for who in ids}
    mean_time = sum(recent[who] * mean for who, mean in means.items()) / sum(recent[who] for who in means)
    for customer, (label, tickets, burden) in by_customer(
        made, "support_burden_tickets", "support_burden_score"
    ).items():
        wanted = recent[customer] * (means[customer] / mean_time if customer in means else 1)
        assert tickets == recent[customer]
        assert burden == pytest.approx(wanted, abs=1e-6)
        heavy, unhappy = wanted >= 2.5, sum(scores[customer]) / len(scores[customer]) < 3 if scores[customer] else False
        words = {(True, True): "heavy and dissatisfied", (False, True): "dissatisfied", (True, False): "heavy"}
        assert label == (words.get((heavy, unhappy), "light") if tickets else "none")
    table = made.tables["Tickets by segment"].set_index("segment")
    assert table.loc["all", "tickets"] == sum(recent[who] for who in made.table["customer_id"])
    assert len(set(made.labels)) > 3


@pytest.mark.base("support_burden")
def test_low_satisfaction_depends_on_the_scale() -> None:
    columns = {"tickets_count_365d": [1, 1, 1, 0], "tickets_csat_mean": [0.4, 0.5, 1.0, 0.0]}
    assert labels("support_burden", customers(**columns)) == ["dissatisfied", "light", "light", "none"]
    stars = {**columns, "tickets_csat_mean": [2.9, 3.0, 5.0, 1.0]}
    assert labels("support_burden", customers(**stars)) == ["dissatisfied", "light", "light", "none"]
    with pytest.raises(
        InputProblem, match="no column 'tickets_count_365d'; hint: declare the tickets with --set inges"
    ):
        labels("support_burden", customers(orders=[1]))


def cancellations(*rows: tuple[int, str, str | None, str | None], day: date = DAY) -> Customers:
    """Customers a to d; rows of customer, start, end and reason."""
    times = pd.DataFrame([row[1:3] for row in rows], columns=["time", "end"])
    events = pd.DataFrame(
        {
            "customer_id": pd.Categorical([f"{row[0]:03}" for row in rows], [f"{n:03}" for n in range(5)]),
            **{name: pd.to_datetime(times[name]).astype("datetime64[us]") for name in times},
            "reason": pd.Series([row[3] for row in rows], dtype="str").astype("category"),
        }
    )
    return replace(customers(orders=[1] * 4, as_of=day), events={"subscriptions": events})


@pytest.mark.base("churn_reason")
def test_the_last_cancellation_counts_until_the_day() -> None:
    rows = [
        (0, "2026-01-01", "2026-03-01", "too_expensive"),
        (0, "2026-03-02", "2026-05-01", "Switched_Service"),
        (1, "2026-01-01", None, "too_expensive"),  # has not ended
        (2, "2026-01-01", "2026-07-02", "unused"),  # ends later
        (3, "2026-01-01", "2026-07-01", None),
    ]
    assert labels("churn_reason", cancellations(*rows)) == ["competitor", "none", "none", "unknown"]
    assert labels("churn_reason", cancellations(*rows, day=date(2026, 4, 1))) == ["price", "none", "none", "none"]
    with pytest.raises(UsageProblem, match="churn_reason counts days up to the as-of day"):
        labels("churn_reason", replace(cancellations(*rows), as_of=None))


@pytest.mark.base("churn_reason")
@pytest.mark.parametrize(
    ("reason", "name"),
    [
        # the feedback codes of Stripe
        *[("too_expensive", "price"), ("switched_service", "competitor"), ("low_quality", "product")],
        *[("customer_service", "service"), ("unused", "no need"), ("other", "other"), ("payment_failed", "payment")],
        # reasons of the IBM telco data
        *[("Competitor made better offer", "competitor"), ("Attitude of support person", "service")],
        *[("Price too high", "price"), ("Moved", "circumstances"), ("Don't know", "other")],
        # other languages
        *[("Zu teuer", "price"), ("Qualitätsmängel", "product"), ("Umgezogen", "circumstances")],
        *[("motivos económicos", "circumstances"), ("слишком дорого", "price"), ("価格が高い", "price")],
        *[("客服态度差", "service"), ("không còn nhu cầu", "no need"), ("échec de paiement", "payment")],
    ],
)
def test_reasons_and_their_classes(reason: str, name: str) -> None:
    table = customers(**{"Churn Reason": texts(reason, None)})
    made = decided("churn_reason", table)
    assert list(made.labels) == [name, "unknown"]
    assert not made.notes
    assert labels("churn_reason", table, codes={"mine": [reason.upper()]}) == ["mine", "unknown"]


@pytest.mark.base("churn_reason")
def test_reasons_without_a_class_are_reported() -> None:
    made = decided("churn_reason", customers(churn_reason=texts("Zorp", "price", "XC")))
    assert list(made.labels) == ["other", "price", "other"]
    assert made.notes == ("reasons without a class: XC, Zorp; add them to the option codes",)


def test_a_table_without_reasons_is_refused() -> None:
    with pytest.raises(InputProblem, match="no column of reasons; available: customer_id, orders"):
        labels("churn_reason", customers(orders=[1]))
    with pytest.raises(InputProblem, match="no tables of events"):
        labels("engagement", customers(orders=[1]))
    for base in ("campaign_response", "engagement"):
        assert bases.load_base(base).NEEDS.count("ingest.events") == 1


def test_facts_of_later_days_are_hidden_on_an_earlier_day() -> None:
    shop, day = load_shop(), pd.Timestamp(EARLIER_DAY)
    past = customers_as_of(shop, EARLIER_DAY).events["tickets"]
    known = shop.events["tickets"][shop.events["tickets"]["time"] < day].reset_index(drop=True)
    is_later = known["solved"] >= day
    assert is_later.any()
    assert past["solved"].equals(known["solved"].mask(is_later))
    assert past.loc[is_later, ["csat", "ces", "duration"]].isna().all(axis=None)
    assert past.loc[~is_later, "csat"].equals(known.loc[~is_later, "csat"])
