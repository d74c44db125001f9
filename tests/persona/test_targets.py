"""Targets: scores by hand, what is said of weights tried out, choices against trying every one."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.target import TargetSettings
from segcli.evaluation.sample_size import plan_holdout
from segcli.model import Segmentation
from segcli.persona.attractiveness import SegmentCriteria, rank_tolerance, weigh_criteria
from segcli.persona.target_selection import Candidate, SelectionLimits, choose_segments, explain_rejection
from segcli.persona.targets import SelectionTerms, matrix_cell, select_targets
from segcli.reports.activation_results import build_targets_result
from segcli.reports.formats.json import to_json_value
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

WORDS = ["yes"]


def shop(**more: Any) -> Segmentation:
    """Three segments: 40 who buy much, 40 who buy little, 20 who nearly do not; consent of 3/4, 1/2 and nobody."""
    sizes = {"Best": 40, "Middling": 40, "Few": 20}
    labels = [name for name, size in sizes.items() for _ in range(size)]
    consent = ["yes"] * 30 + ["no"] * 10 + ["yes"] * 20 + ["no"] * 20 + ["no"] * 20
    table = {
        "orders": [5] * 40 + [2] * 40 + [1] * 20,
        "revenue": [100.0] * 40 + [40.0] * 40 + [20.0] * 20,
        "recency_days": [10] * 40 + [60] * 40 + [300] * 20,
        "email_consent": consent,
        "x_segment": labels,
        **more,
    }
    return read_segmentation(from_columns(table), "x_segment")


def found(made: Segmentation | None = None, margin_rate: float = 0.5, **asked: Any) -> Any:
    return select_targets(
        made or shop(),
        TargetSettings.model_validate(asked),
        SelectionTerms(margin_rate, WORDS, 1000, 0.25),
    )


def test_scores_and_reasons_by_hand() -> None:
    """Revenue shares 4,000, 1,600 and 400 of 6,000; contactable 0.75, 0.5, 0; sizes 40, 40, 20.

    Weights 20, 50 and 30. Scaled sizes 1, 1, 0; revenue shares 1, 1/3, 0; contactable 1, 2/3, 0. So 20 + 50 + 30 = 100,
    20 + 50/3 + 20 = 56.67 and 0.
    """
    made = found(
        weights={"size": 20, "revenue_share": 50, "contactability": 30},
        choose=1,
        contact_cost={"email": 0.1},
        response={"email": 0.2},
    )
    rows = made.table.set_index("segment")
    assert rows["attractiveness"].tolist() == pytest.approx([100, 20 + 50 / 3 + 20, 0])
    assert rows.index.tolist() == ["Best", "Middling", "Few"]
    assert made.chosen_segments == ("Best",)
    # 30 contacts at 0.10; 30 x 0.2 x (4,000 / 200 = 20 an order) x 0.5
    assert (rows.loc["Best", "contacts"], rows.loc["Best", "cost"]) == (30, 3.0)
    assert rows.loc["Best", "expected_margin"] == pytest.approx(60.0)
    assert rows.loc["Best", "roi"] == pytest.approx(19.0)
    assert rows.loc["Middling", "reason"] == "not among the 1 with the highest total value"
    assert rows.loc["Few", "reason"] == "knocked out: size 20 is below 30"
    assert made.member_mask.sum() == 40


def test_what_adds_up_to_each_score_is_told() -> None:
    made = found(weights={"size": 20, "revenue_share": 50, "contactability": 30})
    sums = made.contributions.groupby("segment")["adds"].sum()
    scores = made.table.set_index("segment")["attractiveness"]
    assert sums.to_dict() == pytest.approx(scores.to_dict())


def test_our_strength_makes_the_second_axis_and_the_cell() -> None:
    made = found(
        ratings={"own_strengths": {"Best": 10, "Middling": 1, "Few": 4}}, competitiveness={"own_strengths": 100}
    )
    rows = made.table.set_index("segment")
    assert rows["strength"].to_dict() == pytest.approx({"Best": 100, "Middling": 0, "Few": 100 / 3})
    assert rows.loc["Best", "cell"] == "protect position"
    assert matrix_cell(70, 10) == "build selectively"
    assert matrix_cell(10, 70) == "protect and refocus"


def test_unknown_criteria_drop_out_and_are_named() -> None:
    made = found()
    assert any("unknown, excluded from the score: growth, margin, churn_risk, competition" in n for n in made.notes)


def unknown_reach() -> Segmentation:
    made = shop()
    customers = replace(made.customers, table=made.customers.table.drop(columns="email_consent"))
    return read_segmentation(customers, "x_segment")


def test_reach_is_unknown_where_nothing_is_known_of_consent_or_contacts() -> None:
    made = found(unknown_reach(), contact_cost={"email": 0.1}, response={"email": 0.2}, capacity=50, choose=1)
    assert "contactability" not in made.table
    assert made.table[["contacts", "cost", "expected_margin", "roi"]].isna().all().all()
    assert "reach by email is unknown; hint: pass a customers file with one of the columns email_consent, email" in (
        made.notes
    )
    assert "budget and capacity count every customer of these segments as a contact" in made.notes
    assert any("excluded from the score" in note and "contactability" in note for note in made.notes)
    rows = to_json_value(build_targets_result(made).envelope())["targets"]
    assert {row["contacts"] for row in rows} == {None}
    assert found(unknown_reach(), capacity=39, choose=1).chosen_segments == (), "40 customers may be 40 contacts"


def test_a_channel_of_known_reach_is_taken_before_one_of_unknown_reach() -> None:
    made = found(unknown_reach(), contact_cost={"email": 0.1, "site": 0.0}, response={"email": 0.2, "site": 0.01})
    assert set(made.table["way"]) == {"site"}
    assert made.table["contacts"].tolist() == [40, 40, 20]


KNOWN = {"contact_cost": {"email": 0.1}, "response": {"email": 0.2}}


def test_the_expected_incremental_margin_comes_first() -> None:
    """By score Middling leads; Best earns 30 x 0.2 x 20 x 0.5 - 3 = 57, Middling 20 x 0.2 x 20 x 0.5 - 2 = 38."""
    rated = {"ratings": {"competition": {"Best": 1, "Middling": 10}}, "weights": {"competition": 100}, "choose": 1}
    by_margin = found(**rated, **KNOWN)
    assert by_margin.chosen_segments == ("Best",)
    assert "chosen by expected incremental margin after contact cost" in by_margin.notes
    rows = by_margin.table.set_index("segment")
    assert (rows["expected_margin"] - rows["cost"])[["Best", "Middling"]].tolist() == pytest.approx([57, 38])
    by_score = found(**rated, **KNOWN, objective="score")
    assert by_score.chosen_segments == ("Middling",)
    assert "chosen by score" in by_score.notes


@pytest.mark.parametrize(
    ("lost", "figure"),
    [
        ("response", "response (target.response)"),
        ("contact_cost", "contact cost (target.contact_cost)"),
        ("margin", "margin (target.margin)"),
        ("revenue", "value of a response (target.response_value)"),
        ("email_consent", "reach"),
    ],
)
def test_a_missing_figure_is_named_and_the_score_decides(lost: str, figure: str) -> None:
    made = shop()
    table = made.customers.table.drop(columns=lost, errors="ignore")
    made = read_segmentation(replace(made.customers, table=table), "x_segment")
    known = {name: value for name, value in KNOWN.items() if name != lost}
    told = found(made, margin_rate=np.nan if lost == "margin" else 0.5, weights={"size": 100}, **known)
    assert f"expected incremental margin is unknown; missing: {figure}" in told.notes
    assert "chosen by score" in told.notes
    assert told.table["expected_margin"].isna().all() or lost == "contact_cost"
    assert told.table["roi"].isna().all()


def test_the_margin_of_a_segment_is_that_of_its_orders() -> None:
    """Margin 25 of 100 and 20 of 40: Best 30 x 0.2 x 20 x 0.25 = 30, Middling 20 x 0.2 x 20 x 0.5 = 40."""
    made = found(shop(margin=[25.0] * 40 + [20.0] * 40 + [1.0] * 20), margin_rate=np.nan, **KNOWN)
    assert made.table.set_index("segment")["expected_margin"][["Best", "Middling"]].tolist() == pytest.approx([30, 40])


def test_every_chosen_segment_has_a_planned_holdout(customers_of: Callable[..., Any]) -> None:
    """Of segment a half of 800 members bought in the last 30 days, and of 800 of b a tenth."""
    orders = ["customer_id,order_date,amount"] + [f"{n:04},2026-01-10,10" for n in range(1600)]
    orders += [f"{n:04},2026-02-15,10" for n in range(1600) if n % (2 if n < 800 else 10) == 0]
    of = customers_of("\n".join(orders) + "\n")
    of.table["x_segment"] = ["a"] * 800 + ["b"] * 800
    of.table["email_consent"] = "yes"
    today = read_segmentation(of, "x_segment")
    made = found(replace(today, segment_earlier=lambda _: today), period_days=30, choose=2)
    rows = made.table.set_index("segment")
    for name, rate in {"a": 0.5, "b": 0.1}.items():
        plan = plan_holdout(rate, 0.25 * rate, 800)
        assert (rows.loc[name, "planned_holdout"], rows.loc[name, "detectable_effect"]) == pytest.approx(plan[:2])
    assert rows.loc["a", "planned_holdout"] < 400, "enough contacts"
    assert "b: even half of the contacts as holdout are too few" in " ".join(made.notes)
    made = found(replace(today, segment_earlier=lambda _: today), period_days=30, choose=1, response={"email": 0.2})
    rows = made.table.set_index("segment")
    chosen = made.chosen_segments[0]
    assert rows.loc[chosen, "planned_holdout"] == plan_holdout({"a": 0.5, "b": 0.1}[chosen], 0.2, 800).holdout
    assert rows["planned_holdout"].isna().sum() == 1, "only chosen segments have one"
    made = found(today, period_days=30)
    assert made.table["planned_holdout"].isna().all()
    assert any("no planned holdout, because neither target.response" in note for note in made.notes)


def test_contacts_that_cost_more_than_they_earn_knock_a_segment_out() -> None:
    made = found(contact_cost={"email": 10}, response={"email": 0.01})
    assert made.chosen_segments == ()
    assert "its contacts cost 300.00, and are expected to earn 3.00" in made.table["reason"][0]


def test_the_way_of_contact_with_the_highest_margin_after_cost_is_taken() -> None:
    made = found(contact_cost={"email": 0.1, "site": 0.0}, response={"email": 0.2, "site": 0.01})
    assert made.table.set_index("segment")["way"].to_dict()["Best"] == "email"
    made = found(contact_cost={"email": 3, "site": 0.0}, response={"email": 0.2, "site": 0.01})
    assert made.table.set_index("segment")["way"].to_dict()["Best"] == "site"


def test_what_customers_are_expected_to_bring_and_whether_they_leave_are_means_of_those_known() -> None:
    """Margin is that of all revenue; who has no expectation has no say; a risk above its limit takes a segment out."""
    made = shop(
        margin=[25.0] * 40 + [20.0] * 40 + [0.0] * 20,
        p_alive=[0.75] * 20 + [None] * 20 + [0.5] * 40 + [0.25] * 20,
        clv=[80.0] * 20 + [40.0] * 20 + [10.0] * 40 + [None] * 20,
    )
    weights = {"margin": 50, "churn_risk": 30, "value": 20}
    told = found(made, weights=weights, knock_outs={"churn_risk": 0.7})
    values = told.contributions.set_index(["segment", "criterion"])["value"]
    assert values["Best"].to_dict() == {"margin": 0.25, "churn_risk": 0.25, "value": 60.0}
    assert values["Middling"].to_dict() == {"margin": 0.5, "churn_risk": 0.5, "value": 10.0}
    assert values["Few"][["margin", "churn_risk"]].to_dict() == {"margin": 0.0, "churn_risk": 0.75}
    assert np.isnan(values["Few", "value"])
    assert "value is unknown for Few: counted as the midpoint" in told.notes
    reasons = told.table.set_index("segment")["reason"]
    assert reasons["Few"] == "knocked out: churn_risk 0.75 is above 0.7"
    # Scaled from the worst, 0, to the best, 1, a low risk being best: 50 x 0.5 + 30 + 20, and 50 + 30 x 0.5.
    assert told.table.set_index("segment")["attractiveness"][["Best", "Middling"]].tolist() == [75.0, 65.0]


def test_where_no_criterion_is_known_what_to_do_is_told() -> None:
    made = read_segmentation(from_columns({"x_segment": ["a"] * 40 + ["b"] * 40}), "x_segment")
    told = found(made, weights={"loyalty": 100}, knock_outs={})
    assert "no criterion available: rate segments (target.ratings), or pass an order export" in told.notes
    assert told.contributions.empty


def test_weight_sets_are_ranked_side_by_side() -> None:
    made = found(
        weights={"size": 0, "revenue_share": 100},
        weight_sets={"reach": {"contactability": 100}},
        ratings={"competition": {"Few": 10}},
    )
    ranks = made.weight_set_scores.pivot_table("rank", "segment", "set")
    assert ranks.loc["Best"].to_dict() == {"reach": 1, "weights": 1}
    assert ranks.loc["Few"].to_dict() == {"reach": 3, "weights": 3}


def test_growth_and_churn_are_measured_on_the_last_two_periods(customers_of: Callable[..., Any]) -> None:
    """Of segment a one of two bought in the last 30 days, for 150 after 200; of b two of three, for 60 after 40."""
    orders = ["customer_id,order_id,order_date,amount"]
    before = {"1": 100, "2": 100, "3": 20, "4": 20}
    now = {"1": 150, "3": 30, "4": 30}
    orders += [f"{c},{c}0,2026-01-15,{m}" for c, m in before.items()]
    orders += [f"{c},{c}1,2026-02-15,{m}" for c, m in now.items()] + ["9,90,2025-11-01,5"]
    of = customers_of("\n".join(orders) + "\n")
    of.table["x_segment"] = ["a", "a", "b", "b", "b"]
    today = read_segmentation(of, "x_segment")
    assert not {"growth", "churn_risk"} & set(found(today, period_days=30, knock_outs={}).table), "members of today"
    days_asked = []

    def earlier(days: int) -> Segmentation:
        days_asked.append(days)
        return today

    made = found(replace(today, segment_earlier=earlier), period_days=30, knock_outs={})
    assert set(days_asked) == {30, 60}, "membership at the start of the periods"
    rows = made.table.set_index("segment")
    assert rows["growth"].to_dict() == pytest.approx({"a": 150 / 200 - 1, "b": 60 / 40 - 1})
    assert rows["churn_risk"].to_dict() == pytest.approx({"a": 0.5, "b": 1 / 3})


SCALED = st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=2, max_size=5)
WEIGHTS = st.lists(st.integers(1, 40), min_size=4, max_size=4)


def weighed(scaled: list[list[float]], weights: list[int]) -> Any:
    values = {f"c{at}": np.array([1 + 9 * row[at] for row in scaled]) for at in range(4)}
    rated = SegmentCriteria(values, frozenset(values))
    return weigh_criteria(rated, {name: 100 * w / sum(weights) for name, w in zip(values, weights, strict=True)})


@settings(max_examples=50, deadline=None)
@given(scaled=SCALED, weights=WEIGHTS, chance=st.randoms(use_true_random=False))
def test_rank_1_holds_for_changes_of_weights_up_to_what_is_said(
    scaled: list[list[float]], weights: list[int], chance: Any
) -> None:
    """No change up to it puts another first, whatever is drawn; a little more than it does, by its worst change."""
    made = weighed(scaled, weights)
    holds, first = rank_tolerance(made, made.ranking), made.ranking[0]
    reach = min(holds, 100.0)
    for _ in range(40):
        changed = np.maximum(made.weights + np.array([chance.uniform(-reach, reach) for _ in range(4)]), 0)
        scores = made.scaled_criteria @ changed
        assert scores[first] >= scores.max() - 1e-6
    if holds < 99:
        worst = []
        for rival in made.ranking[1:]:
            ahead = made.scaled_criteria[first] - made.scaled_criteria[rival]
            step = holds + 0.01 + 1e-6
            moved = np.where(ahead > 0, np.maximum(made.weights - step, 0), made.weights + step)
            worst.append(float(ahead @ moved))
        assert min(worst) <= 1e-9


CANDIDATES = st.lists(
    st.tuples(st.integers(1, 100), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=7
).map(lambda rows: [Candidate(f"s{n}", float(w), float(c), k) for n, (w, c, k) in enumerate(rows)])


@settings(max_examples=50, deadline=None)
@given(candidates=CANDIDATES, budget=st.none() | st.integers(0, 120), capacity=st.none() | st.integers(0, 120))
def test_the_choice_is_the_best_that_fits(
    candidates: list[Candidate], budget: int | None, capacity: int | None
) -> None:
    limits = SelectionLimits(2, 4, None if budget is None else float(budget), capacity)
    chosen, is_complete = choose_segments(candidates, limits, 10_000)
    assert is_complete
    picked = [one for one in candidates if one.name in chosen]

    def fits(some: Any) -> bool:
        cost, contacts = sum(one.cost for one in some), sum(one.contacts for one in some)
        return (budget is None or cost <= budget) and (capacity is None or contacts <= capacity)

    every = [some for size in range(2, 5) for some in combinations(candidates, size) if fits(some)]
    fewer = [(one,) for one in candidates if fits((one,))]
    assert fits(picked)
    best = max((sum(one.worth for one in some) for some in every or fewer), default=0)
    assert sum(one.worth for one in picked) == best
    for one in candidates:
        if one not in picked:
            assert explain_rejection(one, picked, limits)


def test_a_search_with_too_many_choices_ends_with_a_good_one_and_says_so() -> None:
    """Sixty candidates whose worth and cost are nearly proportional: nothing can be excluded early."""
    candidates = [Candidate(f"s{n}", 100 + n * 0.37 % 1, 50 + n * 0.61 % 1, 1) for n in range(60)]
    limits = SelectionLimits(1, 30, 1_003.3)
    chosen, is_complete = choose_segments(candidates, limits, 20_000)
    picked = [one for one in candidates if one.name in chosen]
    assert not is_complete
    assert sum(one.cost for one in picked) <= 1_003.3
    assert sum(one.worth for one in picked) > 0.99 * 100 * 19
    assert choose_segments(candidates, SelectionLimits(1, 30), 20_000).is_complete


def test_a_budget_is_respected_and_said() -> None:
    made = found(
        choose=2, budget=3.5, contact_cost={"email": 0.1}, response={"email": 0.5}, weights={"revenue_share": 100}
    )
    assert made.chosen_segments == ("Best",)
    assert made.table.set_index("segment").loc["Middling", "reason"] == (
        "its contacts cost 2.00; 0.50 of the budget is left"
    )
    assert any("only 1 segment (at least 2 expected) fit" in note for note in made.notes)


def test_what_is_knocked_out_has_no_rank_that_could_hold() -> None:
    """Few leads by its rating, 60 to 40 to 13.3, but is too small; Best leads Middling until revenue weighs nothing."""
    rated = {"competition": {"Few": 10, "Best": 1, "Middling": 1}}
    weights = {"competition": 60, "revenue_share": 40}
    made = found(weights=weights, ratings=rated)
    assert made.table["segment"].tolist() == ["Best", "Middling", "Few"]
    assert made.weight_tolerance == pytest.approx(40)
    assert found(weights=weights, ratings=rated, knock_outs={}).weight_tolerance == pytest.approx(10)
    assert found(knock_outs={"size": 41}).weight_tolerance == 0.0


def test_weights_must_sum_up_to_100() -> None:
    with pytest.raises(ValueError, match="sum to 100; got 90"):
        TargetSettings(weights={"size": 90.0})


@pytest.mark.parametrize(
    ("margins", "scaled"),
    [
        ([0.3, 0.3004, 0.2999], [0.5, 0.5, 0.5]),
        ([-0.3, -0.3001, -0.3], [0.5, 0.5, 0.5]),
        ([0.3, 0.31, 0.32], [0.0, 0.5, 1.0]),
        ([0.0, 0.0, 0.0], [0.5, 0.5, 0.5]),
    ],
)
def test_differences_of_rounding_do_not_rank_segments(margins: list[float], scaled: list[float]) -> None:
    criteria = SegmentCriteria({"margin": np.array(margins)}, frozenset())
    assert criteria.scale_criterion("margin").tolist() == pytest.approx(scaled)
