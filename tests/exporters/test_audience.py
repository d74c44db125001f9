"""Handing people over: who goes, who stays and why, adding up to the segments; holdouts by key; nobody who refused."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.export import ExportSettings
from segcli.errors import ConfigProblems, ExportProblem, UsageProblem
from segcli.exporters.audience import ExportResult, ExportTerms, build_audience
from segcli.io.secret_key import PseudonymKey
from segcli.model import Segmentation
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

KEY, OTHER = PseudonymKey(bytes(range(32))), PseudonymKey(bytes(32))
WORDS = ["yes"]


def people(count: int, **more: Any) -> Segmentation:
    table = {
        "email": [f"p{n}@example.com" if n % 5 else "" for n in range(count)],
        "email_consent": ["yes" if n % 3 else "no" for n in range(count)],
        "revenue": [float(n) for n in range(count)],
        "x_segment": ["Gold" if n % 2 else "Silver" for n in range(count)],
        **more,
    }
    return read_segmentation(from_columns(table), "x_segment")


def handed(made: Segmentation | None = None, *, terms: Any = None, only: Any = None, **asked: Any) -> ExportResult:
    one = ExportSettings.model_validate({"to": "klaviyo", **asked})
    return build_audience(made or people(60), one, ExportTerms(WORDS, KEY, **(terms or {})), only)


def row(made: ExportResult, segment: str = "all") -> dict[str, Any]:
    (found,) = made.status_counts[made.status_counts["segment"] == segment].to_dict("records")
    return dict(found)


def test_every_customer_of_a_segment_has_one_fate() -> None:
    made = handed()
    assert row(made) == {
        "segment": "all",
        "customers": 60,
        "exported": 32,  # 40 agreed, of them every fifth has no address
        "no consent": 20,
        "not reachable": 8,
    }
    fates = made.status_counts.drop(columns=["segment", "customers"]).sum(axis=1)
    assert (fates == made.status_counts["customers"]).all()
    assert len(made.destination_file.table) == row(made)["exported"]


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 40),
    holdout=st.sampled_from([0.0, 0.3, "50%"]),
    only=st.sampled_from([None, ["Gold"]]),
    to=st.sampled_from(["klaviyo", "google-ads", "plain"]),
)
def test_the_account_adds_up_whatever_is_asked(count: int, holdout: Any, only: Any, to: str) -> None:
    of = people(count + 1)
    made = handed(of, holdout=holdout, only=only, to=to)
    counts = made.status_counts.set_index("segment")
    assert (counts.drop(columns="customers").sum(axis=1) == counts["customers"]).all()
    sizes = of.profile.set_index("segment")["customers"]
    for name in counts.index.drop("all"):
        assert counts.loc[name, "customers"] == sizes[name]
    in_file = counts.loc["all", "exported"] + (0 if to == "google-ads" else counts.loc["all"].get("holdout", 0))
    assert len(made.destination_file.table) == in_file


def test_nobody_who_refused_is_in_the_file() -> None:
    made = handed(to="plain")
    refused = {f"c{n:04d}" for n in range(60) if n % 3 == 0}
    assert not refused & set(made.destination_file.table["customer_id"])


def test_consent_to_calls_is_asked_apart_where_it_is_known() -> None:
    of = people(
        4,
        email=["a@b.de", "b@b.de", "c@b.de", "d@b.de"],
        phone=["+493023125001", "+493023125002", "+493023125003", "+493023125004"],
        email_consent=["yes", "yes", "no", "no"],
        phone_consent=["yes", "no", "yes", "no"],
    )
    made = handed(of)
    assert made.destination_file.table[["Email", "Phone Number"]].to_numpy().tolist() == [
        ["a@b.de", "+493023125001"],
        ["b@b.de", ""],
        ["", "+493023125003"],
    ]
    assert row(made)["no consent"] == 1


def test_without_a_column_of_consent_that_is_said() -> None:
    of = people(10)
    table = of.customers.table.drop(columns="email_consent")
    bare = read_segmentation(from_columns(dict(table.drop(columns="customer_id").items())), "x_segment")
    assert any("no column email_consent" in note for note in handed(bare).notes)


def test_an_export_is_refused_if_only_the_orders_say_who_agreed() -> None:
    of = people(10)
    table = of.customers.table.drop(columns="email_consent")
    customers = from_columns(dict(table.drop(columns="customer_id").items()))
    report = replace(customers.input_reports[0], consent_column="Accepts Marketing")
    bare = read_segmentation(replace(customers, input_reports=(report,)), "x_segment")
    with pytest.raises(ExportProblem, match="'Accepts Marketing' says who agreed to e-mail, but by order"):
        handed(bare)
    assert handed(bare, to="plain").status_counts["exported"].iloc[-1] == 10, "contacts nobody"


def test_the_holdout_is_the_same_each_time_and_by_another_key_another() -> None:
    of = people(3_000, email_consent=["yes"] * 3_000, email=[f"p{n}@example.com" for n in range(3_000)])
    one, again = (handed(of, holdout="10%", to="plain") for _ in range(2))
    assert one.holdout_groups is not None
    assert again.holdout_groups is not None
    pd.testing.assert_frame_equal(one.holdout_groups, again.holdout_groups)
    held = set(one.holdout_groups.loc[one.holdout_groups["group"] == "holdout", "customer_id"])
    assert len(held) == pytest.approx(300, abs=50)
    asked = ExportSettings.model_validate({"to": "plain", "holdout": 0.1})
    other = build_audience(of, asked, ExportTerms(WORDS, OTHER)).holdout_groups
    assert other is not None
    theirs = set(other.loc[other["group"] == "holdout", "customer_id"])
    assert len(held & theirs) == pytest.approx(30, abs=20)


def test_a_holdout_stays_the_same_when_customers_come_and_go() -> None:
    few, many = (handed(people(n), holdout="20%", to="plain").holdout_groups for n in (30, 60))
    assert few is not None
    assert many is not None
    both = few.merge(many, on="customer_id", suffixes=("", "_later"))
    assert (both["group"] == both["group_later"]).all()
    assert len(both) == len(few)


def test_who_is_held_out_is_not_in_an_ad_audience_and_marked_in_a_crm_file() -> None:
    ads, crm = (handed(holdout="30%", to=to) for to in ("google-ads", "klaviyo"))
    assert ads.holdout_groups is not None
    assert len(ads.destination_file.table) == (ads.holdout_groups["group"] == "treated").sum()
    assert row(ads)["holdout"] == (ads.holdout_groups["group"] == "holdout").sum() > 0
    assert (
        crm.destination_file.table["group"].value_counts().to_dict()
        == ads.holdout_groups["group"].value_counts().to_dict()
    )


def test_only_who_moved_since() -> None:
    before = {f"c{n:04d}": "Gold" for n in range(50)}  # the last ten are new, every second was Gold already
    made = handed(to="plain", terms={"earlier_segments": before})
    moved = {f"c{n:04d}" for n in range(60) if n >= 50 or n % 2 == 0}
    assert set(made.destination_file.table["customer_id"]) == {i for i in moved if int(i[1:]) % 3}
    assert row(made)["unchanged"] == 25


def test_nothing_that_people_may_not_be_addressed_by_is_handed_over() -> None:
    of = people(10, health_note=["x"] * 10, gender=["f"] * 10)
    with pytest.raises(ConfigProblems, match="'health_note' is a special category"):
        handed(of, properties=["health_note"])
    with pytest.raises(ConfigProblems, match="'gender' is a special category of personal data, or reserved for audits"):
        handed(of, properties=["gender"], terms={"audit_only": ["gender"]})
    with pytest.raises(UsageProblem, match="no column 'shoe'"):
        handed(of, properties=["shoe"])


def test_segments_that_there_are_not_are_refused_and_none_chosen_export_nobody() -> None:
    with pytest.raises(UsageProblem, match="has no segment 'Bronze'; available: Gold, Silver"):
        handed(only=["Bronze"])
    assert len(handed(only=[]).destination_file.table) == 0


def test_properties_and_values_come_from_the_table() -> None:
    made = handed(properties=["revenue"])
    assert made.destination_file.table["revenue"].iloc[0] == "1"
    assert handed(to="meta", value="revenue").destination_file.table["value"].iloc[0] == "1"
    assert "value" not in handed(to="meta").destination_file.table
