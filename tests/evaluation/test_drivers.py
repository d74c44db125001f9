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
    assert any(note.startswith("plan = pro is associated with higher nps (+") for note in notes)
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
        (DriversSettings(of="mood"), "'mood' is not a numeric column"),
        (DriversSettings(of="nps", among=["mood"]), "no column mood"),
        (DriversSettings(of="shoe", among=["plan"]), ", too few for"),
    ],
)
def test_what_cannot_be_explained(settings: DriversSettings, what: str) -> None:
    size = 12 if settings.of == "shoe" else 100
    with pytest.raises(UsageProblem, match=what):
        analyse_drivers(people(1, size), settings)
