"""The scorecard against hand counts and scipy, at its bounds; earlier days against an export cut off there."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segcli.config.ingest import IngestSettings, Source
from segcli.config.rules import RulesSettings
from segcli.config.scorecard import ScorecardSettings
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.evaluation.drift import segment_retention, segment_share_psi
from segcli.evaluation.scorecard import (
    SegmentActions,
    build_scorecard_notes,
    cliffs_delta,
    epsilon_squared,
    score_segments,
)
from segcli.model import Customers, Input, InputReport, Segmentation
from segcli.segment import rules

ROOT = Path(__file__).parents[2]
NOTHING = SegmentActions(frozenset(), frozenset())


def made(labels: list[str], **columns: Any) -> Segmentation:
    ids = pd.Series([f"{n:04}" for n in range(len(labels))], dtype="str")
    table = pd.DataFrame({"customer_id": ids, "given": pd.Series(labels, dtype="str"), **columns})
    reading = InputReport(Input("c.csv", 0, "", len(labels)), "customers", "", {})
    spec = [{"segment": name, "when": f'given == "{name}"'} for name in dict.fromkeys(labels)]
    wanted = rules.prepare_rule_sets([RulesSettings.model_validate({"name": "group", "segments": spec})])
    return rules.segment_by_rules(Customers(table, date(2026, 7, 1), (reading,)), wanted)[0]


def card(one: Segmentation, actions: SegmentActions = NOTHING, before: Segmentation | None = None) -> pd.DataFrame:
    rows = score_segments(one, ScorecardSettings(), actions, before)
    return rows.set_index(["segment", "principle"])[["value", "verdict", "why"]]


def test_each_principle_by_hand() -> None:
    """a: 150 customers, half of whose two descriptors are known, a third with consent; b: 30; d: 5."""
    labels = ["a"] * 150 + ["b"] * 30 + ["d"] * 5
    one = made(
        labels,
        gender=pd.Series(["f"] * 185, dtype="str"),
        age=pd.Series([None] * 150 + [40] * 35, dtype="Int64"),
        email_consent=pd.Series(["Yes", "no", None] * 50 + ["no"] * 35, dtype="str"),
        orders=[1.0] * 150 + [2.0] * 35,
    )
    rows = card(one, SegmentActions(frozenset({"a"}), frozenset({"b"})))
    assert rows.loc[("a", "measurable"), ["value", "verdict"]].tolist() == [0.5, "warn"]
    assert rows.loc[("b", "measurable"), ["value", "verdict"]].tolist() == [1.0, "pass"]
    assert rows.loc[("a", "accessible"), "value"] == pytest.approx(1 / 3)
    assert rows.loc[("b", "accessible"), ["value", "verdict"]].tolist() == [0.0, "fail"]
    assert rows.xs("substantial", level=1)["verdict"].tolist() == ["pass", "warn", "fail"]
    assert rows.loc[("a", "differentiable"), ["value", "verdict", "why"]].tolist() == [1.0, "pass", "less orders"]
    assert rows.xs("durable", level=1)["verdict"].tolist() == ["not known"] * 3
    assert rows.xs("actionable", level=1)["verdict"].tolist() == ["pass", "warn", "fail"]


def test_what_the_table_does_not_have_is_not_known() -> None:
    rows = card(made(["a", "b"]))
    assert rows.xs("measurable", level=1)["verdict"].tolist() == ["not known"] * 2
    assert rows.xs("differentiable", level=1)["verdict"].tolist() == ["not known"] * 2


def test_delta_and_epsilon_are_those_of_scipy() -> None:
    chance = np.random.default_rng(11)
    values = chance.integers(0, 30, 400).astype(np.float64)
    labels = pd.Series(chance.choice(["a", "b", "c"], 400), dtype="str")
    members = (labels == "a").to_numpy()
    statistic = stats.mannwhitneyu(values[members], values[~members]).statistic
    assert cliffs_delta(values, members) == pytest.approx(2 * statistic / (members.sum() * (~members).sum()) - 1)
    h = stats.kruskal(*(values[labels == name] for name in "abc")).statistic
    assert epsilon_squared(values, labels) == pytest.approx(h / 399)
    assert np.isnan(epsilon_squared(np.ones(3), labels[:3]))
    assert np.isnan(cliffs_delta(values, np.ones(400, dtype=bool)))


def test_delta_squared_is_epsilon_over_the_largest_it_can_be() -> None:
    """Without ties: 3 p (1 - p) n / (n + 1) is the largest epsilon squared of a group of share p."""
    chance = np.random.default_rng(2)
    values, members = chance.permutation(1000).astype(np.float64), np.arange(1000) < 100
    values[members] += 300
    values += chance.random(1000) / 10
    largest = 3 * 0.1 * 0.9 * 1000 / 1001 * 1001 / 999
    labels = pd.Series(np.where(members, "in", "out"))
    assert cliffs_delta(values, members) ** 2 == pytest.approx(epsilon_squared(values, labels) / largest, rel=0.01)


def test_who_stayed_and_how_far_shares_moved() -> None:
    before, now = made(["a"] * 4 + ["b"] * 6), made(["a"] * 3 + ["c"] + ["b"] * 4 + ["a"] * 2)
    rows = segment_retention(before, now).set_index("segment")
    assert rows["before"].to_dict() == {"a": 4, "b": 6, "c": 0}
    assert rows.loc[["a", "b"], "stayed"].tolist() == pytest.approx([3 / 4, 4 / 6])
    assert np.isnan(rows.loc["c", "stayed"])
    e, a = np.array([0.4, 0.6, 0.05]), np.array([0.5, 0.4, 0.1])
    assert segment_share_psi(before, now) == pytest.approx(((a - e) * np.log(a / e)).sum())
    assert segment_share_psi(now, now) == 0
    durable = card(now, before=before).xs("durable", level=1)
    assert durable["verdict"].to_dict() == {"a": "pass", "b": "pass", "c": "not known"}
    assert any("PSI" in note for note in build_scorecard_notes(now, before))


def test_an_earlier_day_is_the_export_cut_off_there(tmp_path: Path) -> None:
    """Measures of the past are those of a file that ends in the past; who customers are stays."""
    sample = ROOT / "sample_data"
    lines = pd.read_csv(sample / "orders.csv", dtype=str)
    lines[lines["Ordered at"] < "2026-01-15"].to_csv(tmp_path / "orders.csv", index=False)

    def customers(folder: Path, day: date) -> Customers:
        return load_customers(
            IngestSettings(
                transactions=Source(path=str(folder / "orders.csv"), date_format="%Y-%m-%d %H:%M:%S"),
                customers=Source(path=str(sample / "customers.csv")),
                id_case="upper",
            ),
            day,
        )

    then = customers_as_of(customers(sample, date(2026, 7, 1)), date(2026, 1, 15))
    cut = customers(tmp_path, date(2026, 1, 15))
    names = [name for name in cut.table.columns if name in then.table.columns]
    assert len(names) == len(cut.table.columns)
    pd.testing.assert_frame_equal(then.table[names], cut.table[names], check_dtype=False)
    assert then.as_of == date(2026, 1, 15)


def test_before_the_first_order_there_was_nobody(customers_of: Callable[..., Any]) -> None:
    found = customers_of("customer_id,order_date,amount\na,2026-01-01,1\na,2026-01-02,-1\nb,2026-01-03,2\n")
    assert customers_as_of(found, date(2026, 1, 2)).table["customer_id"].tolist() == ["a"]
    with pytest.raises(InputProblem, match="no purchases before 2026-01-01"):
        customers_as_of(found, date(2026, 1, 1))
