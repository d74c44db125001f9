"""Event exports of known platforms: recognised by the header, with the columns and rows that a person would count.

Each preset has a fixture in event_presets/ with the platform's header and invented rows.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from segcli.config.events import KIND_ROLES, SHARED_ROLES
from segcli.config.ingest import IngestSettings
from segcli.customers import load_customers
from segcli.customers.event_features import list_feature_roles
from segcli.customers.event_files import open_event_files
from segcli.errors import ConfigProblems, InputProblem
from segcli.ingest import event_presets
from segcli.model import Customers

FIXTURES = Path(__file__).parent / "event_presets"
AS_OF = date(2026, 7, 1)
PEOPLE = {"ann@example.com": "A1", "bob@example.com": "B2"}
STRIPE_IDS = {"ann@example.com": "cus_A", "bob@example.com": "cus_B"}


@dataclass(frozen=True)
class Truth:
    """What a fixture holds, counted by hand: kept events, the key, and features of Ann (None if missing)."""

    kept: int
    key: str
    ann: dict[str, Any] = field(default_factory=dict)


TRUTHS = {
    "amplitude-events": Truth(3, "customer_id", {"sessions": 1, "count_30d": 2}),
    "freshdesk-tickets": Truth(2, "email", {"csat_mean": 7, "response_hours": 1, "resolution_hours": 24}),
    "ga4-events": Truth(2, "customer_id", {"pages": 1, "sessions": 1, "days_since_last": 30}),
    "hubspot-email-events": Truth(3, "email", {"open_share": 1, "click_share": 0}),
    "intercom-conversations": Truth(2, "email", {"response_hours": 1 / 3, "resolution_hours": 3}),
    "judgeme-reviews": Truth(2, "email", {"value_mean": 5, "value_last": 5}),
    "klaviyo-events": Truth(3, "email", {"open_share": 1, "count_30d": 2}),
    "mailchimp-activity": Truth(3, "email", {"open_share": None, "count_365d": 2}),
    "mixpanel-events": Truth(3, "customer_id", {"pages": 2, "sessions": 1}),
    "segment-tracks": Truth(3, "customer_id", {"pages": 1, "sessions": 1, "count_30d": 2}),
    "stripe-subscriptions": Truth(
        2, "customer_id", {"mrr": 20, "status": "active", "plan": "Gold", "tenure_days": 181}
    ),
    "talon-one-points": Truth(3, "customer_id", {"value_sum": 70, "count_30d": 2}),
    "zendesk-tickets": Truth(2, "email", {"csat_mean": 1, "csat_mean_mail": 1, "response_hours": 0.5}),
}


def read(name: str, tmp_path: Path, **event_settings: Any) -> Customers:
    """Read a fixture as a table named `log`, with orders of Ann and Bob by id and address."""
    ids = STRIPE_IDS if name.startswith("stripe") else PEOPLE
    orders = tmp_path / "orders.csv"
    rows = "".join(f"{id_},{email},2026-06-05,10\n" for email, id_ in ids.items())
    orders.write_text(f"customer_id,email,order_date,amount\n{rows}", encoding="utf-8")
    events = {"log": {"path": str(FIXTURES / f"{name}.csv"), **event_settings}}
    return load_customers(
        IngestSettings.model_validate({"transactions": {"path": str(orders)}, "events": events}), AS_OF
    )


def test_every_preset_has_a_fixture_that_is_counted() -> None:
    assert sorted(TRUTHS) == event_presets.list_event_presets()
    assert sorted(path.stem for path in FIXTURES.iterdir()) == event_presets.list_event_presets()


@pytest.mark.parametrize("name", event_presets.list_event_presets())
def test_contract_of_a_preset(name: str) -> None:
    """Its fixture is recognised as its own, and all columns that it names are of its kind."""
    preset = event_presets.load_event_preset(name)
    header = (FIXTURES / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert preset.find_missing_columns(header) == []
    chosen = event_presets.choose_event_preset(None, header, name)
    assert chosen
    assert chosen[0] == name
    assert {"time", "event_id"} | {*SHARED_ROLES, *KIND_ROLES[preset.kind]} >= set(preset.columns)
    assert preset.customer or preset.email or preset.phone
    assert set(preset.values) <= set(preset.columns)


@pytest.mark.parametrize(("name", "truth"), TRUTHS.items())
def test_events_and_features_are_as_counted_by_hand(name: str, truth: Truth, tmp_path: Path) -> None:
    customers = read(name, tmp_path)
    report = customers.input_reports[-1]
    assert f": {truth.kept} of " in report.notes[-1]
    assert f"by {truth.key}" in report.notes[-1]
    assert report.preset.endswith(f"(preset {name})")
    ann = customers.table.iloc[0]
    for feature, expected in truth.ann.items():
        value = ann[f"log_{feature}"]
        assert value != value if expected is None else value == pytest.approx(expected), feature  # noqa: PLR0124 - NaN


@pytest.mark.parametrize("name", event_presets.list_event_presets())
def test_default_features_of_a_preset_need_only_columns_of_its_kind(name: str) -> None:
    settings = IngestSettings.model_validate({"events": {"log": {"path": str(FIXTURES / f"{name}.csv")}}})
    (event_file,) = open_event_files(settings)
    assert event_file.kind == event_presets.load_event_preset(name).kind
    assert list_feature_roles(event_file.features) <= {*SHARED_ROLES, *KIND_ROLES[event_file.kind]}


def test_none_reads_the_file_as_any_other(tmp_path: Path) -> None:
    report = read("klaviyo-events", tmp_path, preset="none", customer="Person//Email").input_reports[-1]
    assert (report.preset, report.columns["time"]) == ("", "Timestamp")


def test_the_users_columns_take_precedence(tmp_path: Path) -> None:
    customers = read("segment-tracks", tmp_path, time="received_at", columns={"page": "event"})
    assert customers.input_reports[-1].columns["time"] == "received_at"
    assert customers.table["log_pages"].tolist() == [2, 1]


def test_a_preset_that_the_header_is_not_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="not an export of Zendesk tickets: the header lacks Requester id"):
        read("ga4-events", tmp_path, preset="zendesk-tickets")
    with pytest.raises(ConfigProblems, match=r"unknown preset 'klavio'; available: amplitude-events, .*, none"):
        read("ga4-events", tmp_path, preset="klavio")
