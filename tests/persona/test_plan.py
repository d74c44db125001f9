"""Plans: stages by name and by most customers, reach by consent, gaps, dates."""

from typing import Any

import pytest

from segcli.config.persona import PersonaSettings
from segcli.config.plan import PlanSettings
from segcli.errors import ConfigProblems
from segcli.model import Segmentation
from segcli.persona import build_personas, playbook, touchpoints
from segcli.persona.plan import TouchpointPlan, build_plan
from segcli.persona.touchpoints import LIFECYCLE_STAGES, assign_stages
from segcli.reports.activation_results import build_plan_result
from segcli.reports.formats.json import to_json_value
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

WORDS = ["yes"]


def made_of(labels: list[str], **more: Any) -> Segmentation:
    table = {"orders": [2] * len(labels), "revenue": [10.0] * len(labels), **more, "x_segment": labels}
    return read_segmentation(from_columns(table), "x_segment")


def planned(made: Segmentation, **asked: Any) -> TouchpointPlan:
    settings = PlanSettings.model_validate(asked)
    found = touchpoints.load_touchpoints(settings.matrix, settings.stages)
    told = {one.segment: one for one in build_personas(made, PersonaSettings(), playbook.load_playbook(None))}
    return build_plan(made, told, found, settings, WORDS)


def test_known_names_tell_the_stage_and_more_can_be_said() -> None:
    known = touchpoints.load_touchpoints(None, {"retain": ["Club"], "win_back": ["Asleep"]})
    made = made_of(["Champions", "at RISK", "Club", "Asleep", "New"])
    assert {name: one.name for name, one in assign_stages(made, known).items()} == {
        "Champions": "retain",
        "at RISK": "win back",
        "Club": "retain",
        "Asleep": "win back",
        "New": "activate",
    }


def test_other_segments_are_in_the_stage_of_most_of_their_customers() -> None:
    made = made_of(["a"] * 5 + ["b"] * 5, lifecycle=["new"] * 3 + ["lost"] * 2 + ["active"] * 5)
    found = assign_stages(made, touchpoints.load_touchpoints(None, {}))
    assert (found["a"].name, found["a"].share, found["a"].source) == ("activate", 0.6, "by lifecycle")
    assert found["b"].name == "retain"


def test_reach_counts_who_agreed_and_can_be_written_to() -> None:
    made = made_of(
        ["New"] * 10,
        email_consent=["yes"] * 6 + ["no"] * 4,
        email=["a@b.de"] * 4 + [""] * 4 + ["c@d.de"] * 2,
    )
    rows = planned(made).table.set_index("touchpoint")
    assert (rows.loc["e-mail", "reach"], rows.loc["e-mail", "reach_share"]) == (4, 0.4)
    assert rows.loc["site", "reach"] == 10


def test_reach_is_unknown_where_nothing_is_known_of_consent_or_contacts() -> None:
    made = planned(made_of(["New"] * 10))
    rows = made.table.set_index("touchpoint")
    assert rows.loc["e-mail", ["reach", "reach_share"]].isna().all()
    assert rows.loc["site", "reach"] == 10
    assert (
        "reach by email is unknown; hint: pass a customers file with one of the columns email_consent, email"
        in made.gaps
    )
    assert not any("reaches" in gap for gap in made.gaps), "an unknown reach is not a small one"
    assert made.calendar["Description"].str.contains("Reach unknown").any()
    mails = [row for row in to_json_value(build_plan_result(made).envelope())["plan"] if row["by"] == "email"]
    assert {row["reach"] for row in mails} == {row["reach_share"] for row in mails} == {None}


def test_gaps_are_flagged() -> None:
    made = made_of(["New"] * 10 + ["Zebra"] * 10, email_consent=["no"] * 20)
    gaps = planned(made).gaps
    assert "Zebra: stage unknown; set it in plan.stages" in gaps
    assert "New: e-mail reaches 0 of 10 (consent or address)" in gaps
    assert "retain: no segment is in this stage" in gaps


def test_too_many_contacts_a_week_are_flagged(tmp_path: Any) -> None:
    text = """stages: {retain: [Champions]}
touchpoints:
  - {stage: retain, touchpoint: e-mail, by: email, message: m, offer: none, kpi: k, every_days: 2, first_day: 0}
"""
    (tmp_path / "m.yaml").write_text(text)
    made = planned(made_of(["Champions"] * 3, email_consent=["yes"] * 3), matrix=str(tmp_path / "m.yaml"))
    assert "Champions: 3.5 contacts per week; at most 2 (plan.most_per_week)" in made.gaps


def test_the_calendar_begins_after_as_of_and_repeats_within_its_weeks() -> None:
    made = planned(made_of(["New"] * 3), weeks=4)
    mails = made.calendar[made.calendar["Subject"] == "e-mail: New (activate)"]
    # first_day 1, every 14 days, four weeks from the first
    assert mails["Start Date"].tolist() == ["01/02/2024", "01/16/2024"]
    assert list(made.calendar.columns) == ["Subject", "Start Date", "End Date", "All Day Event", "Description"]
    calls = made.calendar[made.calendar["Subject"] == "service: New (activate)"]
    assert len(calls) == 1


def test_offers_say_whether_the_segment_buys_at_a_discount() -> None:
    made = planned(made_of(["New"] * 4, discount_share=[0.0, 0.0, 0.1, 0.1]))
    assert made.table["offer"].str.endswith("5% of their lines were discounted: no discount.").all()
    made = planned(made_of(["New"] * 4, discount_share=[0.5] * 4))
    assert made.table["offer"].str.contains("they wait for discounts").all()


def test_the_shipped_matrix_has_touchpoints_for_every_stage() -> None:
    found = touchpoints.load_touchpoints(None, {})
    assert all(found.select_touchpoints(stage) for stage in LIFECYCLE_STAGES)
    assert set(found.stage_by_segment.values()) == set(LIFECYCLE_STAGES)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("stage: {}\n", "stage: unknown key; known: stages, touchpoints"),
        ("stages: {holiday: [A]}\n", "stages: known are acquire"),
        ("touchpoints: [{stage: retain}]\n", "each has stage, touchpoint, by, message"),
        ("touchpoints: 3\n", "each has stage, touchpoint, by, message"),
    ],
)
def test_a_broken_matrix_is_refused_with_its_place(tmp_path: Any, text: str, what: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text)
    with pytest.raises(ConfigProblems, match=rf"m\.yaml:1:\d+: .*{what}|m\.yaml:1:\d+: {what}"):
        touchpoints.load_touchpoints(str(path), {})


def test_a_stage_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigProblems, match=r"plan\.stages: no stage 'holiday'; known: acquire"):
        touchpoints.load_touchpoints(None, {"holiday": ["A"]})
