"""Features of events: each equals a slow computation in plain Python, on the sample shop with activity.

The slow computation reads the files with the csv module, and shares no code with segcli.
"""

import csv
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli.config.events import FEATURES, KIND_FEATURES, SHARED_FEATURES
from segcli.config.ingest import IngestSettings
from segcli.customers import event_rows, load_customers
from segcli.customers.order_history import customers_as_of
from segcli.errors import UsageProblem
from segcli.model import Customers

SHOP = Path(__file__).parents[2] / "sample_data" / "activity"
AS_OF = date(2026, 7, 1)
FILES = {
    "campaigns": "sends.csv",
    "web": "visits.csv",
    "tickets": "tickets.csv",
    "reviews": "reviews.csv",
    "subscriptions": "subscriptions.csv",
}
TIME_COLUMNS = {"campaigns": "Timestamp", "web": "time", "tickets": "Opened at", "reviews": "review_date"}
ROW = dict[str, str]


def load_shop(as_of: date = AS_OF, **events: Any) -> Customers:
    tables = events or {name: {"path": str(SHOP / file)} for name, file in FILES.items()}
    values = {
        "transactions": {"path": str(SHOP / "orders.csv")},
        "contacts": {"path": str(SHOP / "contacts.csv")},
        "events": tables,
    }
    return load_customers(IngestSettings.model_validate(values), as_of)


# The slow computation
def read_rows(name: str) -> list[ROW]:
    with (SHOP / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parse_time(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - wall-clock times
        except ValueError:
            continue
    return None


def list_events(table: str, horizon: datetime) -> dict[str, list[tuple[datetime, ROW]]]:
    """List the events of each customer before the horizon; those with the same id once."""
    ids_by_address = {row["email"]: row["customer_id"] for row in read_rows("contacts.csv")}
    events, seen = defaultdict(list), set()
    for row in read_rows(FILES[table]):
        address = row.get("Email") or row.get("Requester email") or ""
        customer = ids_by_address.get(address.lower()) or row.get("user_id") or row.get("customer_id") or ""
        time = parse_time(row[TIME_COLUMNS.get(table, "start_date")])
        if time is None or time >= horizon or (row.get("Event ID") or id(row)) in seen:
            continue
        if customer:
            seen.add(row.get("Event ID") or id(row))
            events[customer].append((time, row))
    return events


def mean(values: Iterable[float]) -> float | None:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else None


def last(pairs: Iterable[tuple[datetime, float]]) -> float | None:
    ordered = sorted(pairs)
    return ordered[-1][1] if ordered else None


def compute_shared(events: list[tuple[datetime, ROW]], day: date) -> dict[str, Any]:
    ages = [(day - time.date()).days for time, _ in events]
    counts = {f"count_{days}d": sum(age <= days for age in ages) for days in (7, 30, 90, 365)}
    return {**counts, "days_since_last": min(ages, default=None), "days_since_first": max(ages, default=None)}


def compute_campaigns(events: list[tuple[datetime, ROW]], _day: date, _horizon: datetime) -> dict[str, Any]:
    by_type = defaultdict(set)
    for _, row in events:
        by_type[row["Event"]].add(row["Campaign"])
    sent = by_type["sent"]
    return {
        "open_share": len(sent & by_type["opened"]) / len(sent) if sent else None,
        "click_share": len(sent & by_type["clicked"]) / len(sent) if sent else None,
    }


def compute_web(events: list[tuple[datetime, ROW]], _day: date, _horizon: datetime) -> dict[str, Any]:
    sessions, previous = 0, None
    for time in sorted(time for time, _ in events):
        sessions += previous is None or time - previous > timedelta(minutes=30)
        previous = time
    return {"pages": len({row["page_path"] for _, row in events}), "sessions": sessions}


def compute_tickets(events: list[tuple[datetime, ROW]], _day: date, horizon: datetime) -> dict[str, Any]:
    replies, solutions, rated = [], [], []
    for time, row in events:
        replied, solved = parse_time(row["First reply at"]), parse_time(row["Solved at"])
        if replied and replied < horizon:
            replies.append((replied - time).total_seconds() / 3600)
        if solved and solved < horizon:
            solutions.append((solved - time).total_seconds() / 3600)
        if solved is None or solved < horizon:
            rated.append((time, row))
    values: dict[str, Any] = {
        "handle_time": mean(float(row["Handle time"]) for _, row in rated),
        "response_hours": mean(replies),
        "resolution_hours": mean(solutions),
    }
    for score in ("CSAT", "CES"):
        scored = [(time, float(row[score]), row["Channel"]) for time, row in rated if row[score]]
        values[f"{score.lower()}_mean"] = mean(number for _, number, _ in scored)
        values[f"{score.lower()}_last"] = last((time, number) for time, number, _ in scored)
        for channel in ("chat", "e-mail", "phone"):
            column = f"{score.lower()}_mean_{channel.replace('-', '_')}"
            values[column] = mean(number for _, number, where in scored if where == channel)
    return values


def compute_reviews(events: list[tuple[datetime, ROW]], _day: date, _horizon: datetime) -> dict[str, Any]:
    stars = [(time, float(row["stars"])) for time, row in events]
    return {"value_mean": mean(number for _, number in stars), "value_last": last(stars)}


def compute_subscriptions(events: list[tuple[datetime, ROW]], day: date, horizon: datetime) -> dict[str, Any]:
    active, ends = [], []
    for time, row in events:
        end = parse_time(row["end_date"])
        if end is None or end >= horizon:
            active.append((time, row))
            ends.append(day)
        else:
            ends.append(min(end.date(), day))
    monthly = [float(row["mrr"]) / (12 if row["interval"] == "year" else 1) for _, row in active]
    return {
        "mrr": sum(monthly),
        "status": None if not events else "active" if active else "ended",
        "plan": max(((time, row["plan"]) for time, row in active), default=(None, None))[1],
        "tenure_days": (max(ends) - min(time.date() for time, _ in events)).days if events else None,
    }


COMPUTE: dict[str, Callable[..., dict[str, Any]]] = {
    "campaigns": compute_campaigns,
    "web": compute_web,
    "tickets": compute_tickets,
    "reviews": compute_reviews,
    "subscriptions": compute_subscriptions,
}


def compute_slowly(table: str, customers: Iterable[str], day: date, horizon: datetime) -> dict[str, dict[str, Any]]:
    events = list_events(table, horizon)
    return {
        customer: {
            f"{table}_{feature}": value
            for feature, value in {
                **compute_shared(events[customer], day),
                **COMPUTE[table](events[customer], day, horizon),
            }.items()
        }
        for customer in customers
    }


def require_equal(table: pd.DataFrame, expected: dict[str, dict[str, Any]], name: str) -> None:
    """Each column of the table of events is expected, and each expected value is there."""
    expected_table = pd.DataFrame.from_dict(expected, orient="index")
    found = {column for column in table.columns if column.startswith(f"{name}_")}
    empty = {column for column in expected_table if expected_table[column].isna().all()}
    assert found - empty == set(expected_table.columns) - empty
    for column in sorted(found):
        for customer, value in zip(table["customer_id"], table[column], strict=True):
            wanted = expected[customer][column]
            if wanted is None or wanted != wanted:  # noqa: PLR0124 - NaN
                assert pd.isna(value), (customer, column, value)
            else:
                close = wanted if isinstance(wanted, str) else pytest.approx(wanted, rel=1e-12)
                assert value == close, (customer, column)


@pytest.mark.parametrize("day", [AS_OF, date(2026, 6, 30), date(2026, 2, 1), date(2025, 9, 1)])
@pytest.mark.parametrize("name", FILES)
def test_every_feature_equals_a_slow_computation(name: str, day: date) -> None:
    table = load_shop(day, **{name: {"path": str(SHOP / FILES[name])}}).table
    horizon = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
    require_equal(table, compute_slowly(name, table["customer_id"], day, horizon), name)


@pytest.mark.parametrize("day", [date(2026, 2, 1), date(2025, 12, 24)])
def test_features_as_of_an_earlier_day_know_nothing_of_that_day(day: date) -> None:
    table = customers_as_of(load_shop(), day).table
    for name in FILES:
        horizon = datetime.combine(day, datetime.min.time())
        require_equal(table, compute_slowly(name, table["customer_id"], day, horizon), name)


def test_blocks_of_customers_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_shop().table
    monkeypatch.setattr(event_rows, "BLOCK_ROWS", 20)
    pd.testing.assert_frame_equal(load_shop().table, whole)


def test_planted_behaviour_is_found() -> None:
    truth = pd.read_csv(SHOP / "truth.csv")
    means = load_shop().table.merge(truth, on="customer_id").groupby("archetype").mean(numeric_only=True)
    assert means["campaigns_open_share"].idxmax() == "reader"
    assert means["campaigns_open_share"].idxmin() == "quiet buyer"
    assert means["web_sessions"].idxmax() == "browser"
    assert means["tickets_csat_mean"].idxmin() == means["tickets_count_365d"].idxmax() == "complainer"
    assert means["subscriptions_mrr"].idxmax() == "quiet buyer"


def test_every_row_of_the_shop_is_accounted_for() -> None:
    for report in load_shop().input_reports:
        for note in report.notes:
            if match := re.fullmatch(r"\w+: ([\d,]+) of ([\d,]+) events kept.*?(?:; left out: (.*))?", note):
                kept, total = (int(text.replace(",", "")) for text in match.groups()[:2])
                left_out = sum(int(text.replace(",", "")) for text in re.findall(r"([\d,]*\d) [a-z]", match[3] or ""))
                assert kept + left_out == total == report.input.rows


def test_the_generator_writes_the_same_files_again(tmp_path: Path) -> None:
    script = SHOP / "generate_activity.py"
    subprocess.run([sys.executable, "-B", str(script), str(tmp_path)], capture_output=True, check=True)
    names = {path.name for path in SHOP.glob("*.csv")}
    assert {path.name for path in tmp_path.iterdir()} == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (SHOP / name).read_bytes(), name


@pytest.mark.parametrize(
    ("types", "opened", "clicked"),
    [
        (["sent", "delivered", "open"], 1, 0),  # one message, of which the log lists two steps
        (["Received Email", "Received Email", "Opened Email", "Clicked Email"], 0.5, 0.5),
        (["SENT", "OPEN", "OPEN", "OPEN"], 1, 0),  # at most every message
        (["open"], None, None),
    ],
)
def test_shares_of_sends_without_names_of_messages(
    types: list[str], opened: float | None, clicked: float | None, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    rows = "".join(f"K-001,2026-06-01,{kind}\n" for kind in types)
    path.write_text(f"customer_id,time,type\n{rows}", encoding="utf-8")
    found = load_shop(campaigns={"path": str(path)}).table[["campaigns_open_share", "campaigns_click_share"]].iloc[0]
    assert [None if value != value else value for value in found] == [opened, clicked]  # noqa: PLR0124 - NaN


def test_features_are_chosen_or_those_of_the_kind() -> None:
    path = str(SHOP / "visits.csv")
    default = load_shop(web={"path": path}).table
    assert [name for name in default if name.startswith("web_")] == [
        f"web_{feature}" for feature in (*SHARED_FEATURES, *KIND_FEATURES["web"])
    ]
    chosen = load_shop(web={"path": path, "features": ["sessions", "count_7d"]}).table
    assert [name for name in chosen if name.startswith("web_")] == ["web_sessions", "web_count_7d"]
    assert not [name for name in load_shop(web={"path": path, "features": []}).table if name.startswith("web_")]
    by_kind = load_shop(clicks={"path": path, "kind": "web"}).table
    assert by_kind["clicks_sessions"].equals(default["web_sessions"])


@pytest.mark.parametrize("feature", [name for name in FEATURES if name not in SHARED_FEATURES])
def test_a_feature_without_its_column_is_refused(feature: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("customer_id,time\nK-001,2026-06-01\n", encoding="utf-8")
    if feature in {"sessions", "response_hours", "tenure_days"}:  # the time is enough, or all values are missing
        assert f"log_{feature}" in load_shop(log={"path": str(path), "features": [feature]}).table
        return
    with pytest.raises(UsageProblem, match=rf"log.features: {feature} needs a column (\w+), which is not recognised"):
        load_shop(log={"path": str(path), "features": [feature]})


def test_redeemed_points_lower_the_sum_with_either_sign(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    rows = ["earned,50", "redeemed,20", "Redeemed,-5", "expired,1"]
    path.write_text("customer_id,time,type,points\n" + "".join(f"K-001,2026-06-01,{row}\n" for row in rows))
    found = load_shop(points={"path": str(path)}).table["points_value_sum"]
    assert found.iloc[:2].tolist() == [24, 0]
