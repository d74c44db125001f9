"""Comparisons: moves counted by hand, drift that was planted, and none where there is none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from segcli.config.compare import CompareSettings
from segcli.errors import InputProblem
from segcli.evaluation.compare import SegmentationComparison, compare_segmentations
from segcli.evaluation.drift import RunSummary, measure_drift, population_stability_index, summarise_runs
from segcli.model import Customers, Segmentation
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import READING


def table(ids: list[str], **columns: object) -> Customers:
    rows = pd.DataFrame({"customer_id": ids, **columns}).sort_values("customer_id", ignore_index=True)
    return Customers(rows, None, (READING,))


def made(ids: list[str], labels: list[str], **columns: object) -> list[Segmentation]:
    return [read_segmentation(table(ids, rfm_segment=labels, **columns), "rfm_segment")]


def compared(old: list[Segmentation], new: list[Segmentation]) -> SegmentationComparison:
    return compare_segmentations(old, new, CompareSettings())


def test_moves_counted_by_hand() -> None:
    old = made(["a", "b", "c", "d"], ["x", "x", "y", "y"], revenue=[30.0, 10.0, 5.0, 5.0])
    new = made(["b", "c", "d", "e"], ["x", "x", "z", "z"], revenue=[1.0, 1.0, 1.0, 1.0])
    found = compared(old, new)
    moves = {(one["from"], one["to"]): one for one in found.migration.to_dict("records")}
    assert {pair: one["customers"] for pair, one in moves.items()} == {
        ("x", "(left)"): 1,
        ("x", "x"): 1,
        ("y", "x"): 1,
        ("y", "z"): 1,
        ("(entered)", "z"): 1,
    }
    assert moves["x", "(left)"]["share"] == 0.5
    assert moves["x", "(left)"]["value_share"] == 0.75, "of what x had spent before"
    assert found.migration.groupby("from")["share"].sum().tolist() == pytest.approx([1, 1, 1])
    assert "rfm: 67% of 3 changed segment; 1 entered, 1 left" in found.notes
    assert "rfm: new segments: z" in found.notes
    assert "rfm: removed segments: y" in found.notes


def test_the_index_is_the_sum_by_hand_and_its_chance_that_of_resampling() -> None:
    expected, actual = np.array([50.0, 30.0, 20.0]), np.array([20.0, 30.0, 0.0])
    shares = [(0.5, 0.4), (0.3, 0.6), (0.2, 0.5 / 50)]
    assert population_stability_index(expected, actual) == pytest.approx(
        sum((a - e) * np.log(a / e) for e, a in shares)
    )
    chance = np.random.default_rng(1)
    found = [
        measure_drift("x", pd.Series(chance.normal(size=400)), pd.Series(chance.normal(size=300)), 1)
        for _ in range(300)
    ]
    assert np.mean([one.psi > one.by_chance for one in found]) < 0.04
    assert found[0].by_chance == pytest.approx(chi2.ppf(0.99, 9) * (1 / 400 + 1 / 300))


def shop(seed: int, size: int = 600, more: float = 1.0) -> Customers:
    chance = np.random.default_rng(seed)
    orders = chance.poisson(3, size) + 1
    return table(
        [f"c{n:04}" for n in range(size)],
        orders=orders,
        revenue=orders * chance.lognormal(3, 0.5, size) * more,
        recency_days=chance.integers(1, 300, size),
        channel=chance.choice(["web", "shop"], size, p=[0.7, 0.3]),
    )


def segmented(customers: Customers, edge: float = 60.0) -> list[Segmentation]:
    labels = np.where(customers.table["revenue"] > edge, "big", "small")
    return [
        read_segmentation(
            table(**customers.table.rename(columns={"customer_id": "ids"}).to_dict("list"), rfm_segment=labels),
            "rfm_segment",
        )
    ]


def test_planted_drift_is_found_and_named() -> None:
    found = compared(segmented(shop(1)), segmented(shop(2, more=2.0)))
    assert "revenue" in found.drifted_columns
    assert "rfm_segment" in found.drifted_columns
    assert "recency_days" not in found.drifted_columns
    assert found.notes[-1].startswith("rebuild the segments: ")
    assert found.feature_drifts[0].column == "revenue"


@pytest.mark.long
def test_a_re_sample_of_the_same_raises_an_alarm_in_fewer_than_one_of_twenty() -> None:
    settings = CompareSettings()
    trials = [
        compare_segmentations(segmented(shop(seed)), segmented(shop(seed + 1000, 400)), settings) for seed in range(200)
    ]
    noticed = [any(one.is_beyond(settings.noticeable) for one in (*t.feature_drifts, *t.share_drifts)) for t in trials]
    assert np.mean(noticed) < 0.05
    assert not any(trial.drifted_columns for trial in trials)
    small = [
        compare_segmentations(segmented(shop(seed, 60)), segmented(shop(seed + 1000, 60)), settings)
        for seed in range(200)
    ]
    assert np.mean([bool(one.drifted_columns) for one in small]) < 0.05, "nor among few customers"


def test_nothing_to_compare_is_told() -> None:
    old = made(["a"], ["x"])
    with pytest.raises(InputProblem, match="no common customer"):
        compared(old, made(["b"], ["x"]))
    with pytest.raises(InputProblem, match="no common segmentation: old rfm_segment, new none"):
        compared(old, [])


def test_runs_one_after_the_other(tmp_path: Path) -> None:
    assert tmp_path
    runs = [
        RunSummary("june", "2026-06-30", {"rfm_segment": {"x": 50, "y": 50}}),
        RunSummary("may", "2026-05-31", {"rfm_segment": {"x": 90, "y": 10}}),
    ]
    rows = summarise_runs(runs)
    assert rows["run"].tolist() == ["may", "june"]
    assert np.isnan(rows["psi"][0])
    assert rows["psi"][1] == pytest.approx(-0.4 * np.log(5 / 9) + 0.4 * np.log(5))
    assert rows["largest"].tolist() == ["x", "y"]
