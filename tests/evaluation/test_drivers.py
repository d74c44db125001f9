"""Drivers: planted associations, other computations, intervals that cover, columns that stand for each other."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from segcli.config.drivers import DriversSettings
from segcli.errors import UsageProblem
from segcli.evaluation.drivers import analyse_drivers
from segcli.model import Customers
from tests.oracles.tables import table


def people(seed: int, size: int = 400, income: float = 0.5, pro: float = 0.8) -> Customers:
    chance = np.random.default_rng(seed)
    wealth, plan = chance.normal(50, 10, size), chance.choice(["free", "pro"], size, p=[0.6, 0.4])
    score = income * (wealth - 50) / 10 + pro * (plan == "pro") + chance.normal(size=size)
    return table(
        nps=score + 5,
        shoe=chance.normal(42, 2, size),
        wealth=wealth,
        plan=plan,
        orders=1.0 + (chance.random(size) < 1 / (1 + np.exp(-score + 0.3))),
    )


AMONG = DriversSettings(of="nps", among=["wealth", "plan", "shoe"])


def test_least_squares_are_those_of_another_library() -> None:
    of = people(1)
    found = analyse_drivers(of, AMONG)
    x = np.column_stack([of.table["wealth"], of.table["plan"] == "pro", of.table["shoe"]]).astype(float)
    x[:, [0, 2]] = (x[:, [0, 2]] - x[:, [0, 2]].mean(axis=0)) / x[:, [0, 2]].std(axis=0)
    y = of.table["nps"].to_numpy()
    other = LinearRegression().fit(x, (y - y.mean()) / y.std())
    effects = found.table.set_index("driver")["effect"]
    assert effects[["wealth", "plan", "shoe"]].tolist() == pytest.approx(other.coef_.tolist())
    assert found.explained == pytest.approx(other.score(x, (y - y.mean()) / y.std()))
    assert found.transform == "plain"


def test_logistic_regression_is_that_of_another_library() -> None:
    of = people(2)
    found = analyse_drivers(of, DriversSettings(of="repeat", among=["wealth", "plan"]))
    x = np.column_stack([of.table["wealth"], of.table["plan"] == "pro"]).astype(float)
    x[:, 0] = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()
    other = LogisticRegression(C=1e9, tol=1e-10, max_iter=5000).fit(x, of.table["orders"] > 1)
    effects = found.table.set_index("driver")["effect"]
    assert effects[["wealth", "plan"]].tolist() == pytest.approx(other.coef_[0].tolist(), rel=1e-3)
    assert found.transform == "odds"
    rows = found.table.set_index("driver")
    assert rows["odds_ratio"].tolist() == pytest.approx(np.exp(rows["effect"]).tolist())
    either = [other.predict_proba(np.column_stack([x[:, 0], np.full(400, plan)]))[:, 1].mean() for plan in (0, 1)]
    assert rows.loc["plan", "average_effect"] == pytest.approx(either[1] - either[0], rel=1e-3)
    step = [other.predict_proba(x + np.array([by, 0.0]))[:, 1].mean() for by in (-1e-4, 1e-4)]
    assert rows.loc["wealth", "average_effect"] == pytest.approx((step[1] - step[0]) / 2e-4, rel=1e-3)


def test_intervals_cover_what_was_planted_and_say_nothing_of_shoes() -> None:
    """Of 100 tables; the effect of wealth in standard deviations of the score."""
    spread = np.sqrt(0.5**2 + 0.8**2 * 0.24 + 1)
    covered, shoes = [], []
    for seed in range(100):
        rows = analyse_drivers(people(seed, 200), AMONG).table.set_index("driver")
        covered.append(rows.loc["wealth", "low"] < 0.5 / spread < rows.loc["wealth", "high"])
        shoes.append(rows.loc["shoe", "low"] > 0 or rows.loc["shoe", "high"] < 0)
    assert np.mean(covered) > 0.88
    assert np.mean(shoes) < 0.12


def test_it_is_told_in_words_of_association() -> None:
    notes = analyse_drivers(people(3), AMONG).notes
    assert "associations, not causes" in notes[0]
    assert any(note.startswith("plan = pro is associated with higher nps: 0.") for note in notes)
    assert not any("shoe is associated" in note for note in notes)


def test_columns_that_stand_for_each_other_are_told() -> None:
    of = people(4)
    noise = np.random.default_rng(5).normal(0, 4, len(of.table))
    columns = {name: of.table[name] for name in of.table if name != "customer_id"}
    twin = table(**columns, worth=of.table["wealth"] * 2 + noise)
    found = analyse_drivers(twin, DriversSettings(of="nps", among=["wealth", "worth", "shoe"]))
    assert "collinear with other drivers (VIF above 5): " in found.notes[-1]
    vif = found.table.set_index("driver")["vif"]
    x = np.column_stack([twin.table["worth"], twin.table["shoe"]])
    explained = LinearRegression().fit(x, twin.table["wealth"]).score(x, twin.table["wealth"])
    assert vif["wealth"] == pytest.approx(1 / (1 - explained), rel=1e-3)
    assert analyse_drivers(of, AMONG).table["vif"].max() < 1.1


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (DriversSettings(of="mood"), "no column 'mood'; available: repeat, nps"),
        (DriversSettings(of="nps", among=["mood"]), "no column mood"),
        (DriversSettings(of="shoe", among=["plan"]), ", too few for"),
    ],
)
def test_what_cannot_be_explained(settings: DriversSettings, what: str) -> None:
    size = 12 if settings.of == "shoe" else 100
    with pytest.raises(UsageProblem, match=what):
        analyse_drivers(people(1, size), settings)


def with_outcome(values: object) -> Customers:
    of = people(2)
    return table(wealth=of.table["wealth"], plan=of.table["plan"], left=values)


LEFT = (people(2).table["orders"] > 1).to_numpy()


@pytest.mark.parametrize(
    ("yes", "no"), [("Yes", "No"), ("sim", "não"), ("ДА", "нет"), ("はい", "いいえ"), ("TRUE", "false"), ("oui", "non")]
)
def test_yes_and_no_are_read_in_any_language(yes: str, no: str) -> None:
    found = analyse_drivers(with_outcome(np.where(LEFT, yes, no)), DriversSettings(of="left"))
    plain = analyse_drivers(people(2), DriversSettings(of="repeat", among=["wealth", "plan"]))
    assert found.table["effect"].tolist() == pytest.approx(plain.table["effect"].tolist())
    assert found.notes[0].startswith(f"the odds of left = {yes}, 400 customers")


def test_the_positive_value_of_a_pair_can_be_named() -> None:
    of = with_outcome(np.where(LEFT, "gone", "here"))
    gone = analyse_drivers(of, DriversSettings(of="left", positive="gone"))
    here = analyse_drivers(of, DriversSettings(of="left", positive="Here"))
    assert gone.table["effect"].tolist() == pytest.approx((-here.table["effect"]).tolist())
    with pytest.raises(UsageProblem, match=r"drivers.positive: 'left' has no value 'lost'; values: gone, here"):
        analyse_drivers(of, DriversSettings(of="left", positive="lost"))
    ones = analyse_drivers(with_outcome(np.where(LEFT, 2, 1)), DriversSettings(of="left", positive="2"))
    assert ones.table["effect"].tolist() == pytest.approx(gone.table["effect"].tolist())


def test_each_value_of_a_category_is_compared_with_all_others() -> None:
    """The effects are those of a regression of each value."""
    chance = np.random.default_rng(7)
    of = people(2)
    tier = np.where(LEFT, chance.choice(["gold", "silver"], 400), "none")
    whole = with_outcome(tier)
    found = analyse_drivers(whole, DriversSettings(of="left"))
    assert set(found.table["outcome"]) == {"left = gold", "left = silver", "left = none"}
    x = np.column_stack([of.table["wealth"], of.table["plan"] == "pro"]).astype(float)
    x[:, 0] = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()
    for name in ("gold", "silver", "none"):
        other = LogisticRegression(C=1e9, tol=1e-10, max_iter=5000).fit(x, tier == name)
        rows = found.table[found.table["outcome"] == f"left = {name}"].set_index("driver")
        assert rows.loc[["wealth", "plan"], "effect"].tolist() == pytest.approx(other.coef_[0].tolist(), rel=1e-3)
    with pytest.raises(
        UsageProblem, match="'left' has 400 values; an outcome is a number, yes or no, or one of 2 to 8"
    ):
        analyse_drivers(with_outcome([f"t{n}" for n in range(400)]), DriversSettings(of="left"))


def test_nested_and_repeated_factors_are_left_out_with_a_note() -> None:
    """Cities within regions, a plan in other words, a level that two columns share, and a multiple of a number."""
    of, chance = people(6), np.random.default_rng(1)
    columns = {name: of.table[name] for name in of.table if name != "customer_id"}
    city = chance.choice(["a1", "a2", "b1", "b2"], 400)
    inside = chance.choice(["yes", "no"], 400)
    more = table(
        **columns,
        city=city,
        region=[name[0] for name in city],
        tariff=columns["plan"].map({"free": "F", "pro": "P"}),
        line=np.where(of.table["shoe"] > 44, "none", inside),
        box=np.where(of.table["shoe"] > 44, "none", inside[::-1]),
        double=columns["wealth"] * 2,
    )
    among = ["wealth", "plan", "tariff", "city", "region", "line", "box", "double"]
    found = analyse_drivers(more, DriversSettings(of="nps", among=among))
    assert {
        "city is left out: each of its values belongs to one value of region",
        "tariff is left out: each of its values belongs to one value of plan",
        "box = none is left out: it repeats line = none",
        "double is left out: it repeats wealth",
    } <= set(found.notes)
    assert set(found.table["driver"]) == {"wealth", "plan", "region", "line", "box"}
    alone = analyse_drivers(more, DriversSettings(of="nps", among=["wealth", "plan", "region", "line", "box"]))
    assert found.table["effect"].tolist() == pytest.approx(alone.table["effect"].tolist())
    assert found.table["vif"].max() < 10


def test_no_text_names_a_level_that_is_none() -> None:
    """Numbers have no level, also beside categories, and a missing category is unknown."""
    of = people(8)
    plan = of.table["plan"].where(np.arange(400) % 3 > 0, None)
    mixed = table(nps=of.table["nps"], wealth=of.table["wealth"], plan=plan)
    found = analyse_drivers(mixed, DriversSettings(of="nps"))
    assert not any("nan" in note or "None" in note for note in found.notes)
    assert any(note.startswith("wealth + ") and " on average (" in note for note in found.notes), found.notes
    assert {"unknown"} < set(found.table["level"].dropna())
