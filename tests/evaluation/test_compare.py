"""Comparisons: moves counted by hand, drift that was planted, and none where there is none."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from segcli.config.compare import CompareSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.evaluation.compare import SegmentationComparison, compare_segmentations
from segcli.evaluation.drift import (
    Drift,
    RunSummary,
    drift_from_counts,
    make_earlier_segmentations,
    measure_drift,
    population_stability_index,
    summarise_runs,
)
from segcli.model import Customers, Segmentation
from segcli.segment.segmentation import read_segmentation, segmentation_from_labels
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


@pytest.mark.parametrize(
    ("psi", "by_chance", "is_beyond"),
    [(0.1, 0.05, True), (0.099, 0.05, False), (0.2, 0.2, True), (0.19, 0.2, False)],
)
def test_drift_reaches_the_threshold_and_is_more_than_chance(psi: float, by_chance: float, *, is_beyond: bool) -> None:
    assert Drift("x", psi, by_chance, 3).is_beyond(0.1) == is_beyond


@pytest.mark.parametrize(
    ("earlier", "later", "shares"),
    [
        # An absent level counts as half a customer.
        (list("aab"), list("acc"), [(2 / 3, 1 / 3), (1 / 3, 0.5 / 3), (0.5 / 3, 2 / 3)]),
        (["a", None, None, None], ["a", "a", None, None], [(1 / 4, 2 / 4), (3 / 4, 2 / 4)]),
        # A column of numbers that became texts is compared by levels: 1.0, 2.0, low, high.
        ([1.0, 2.0], ["low", "high"], [(1 / 2, 0.5 / 2), (1 / 2, 0.5 / 2), (0.5 / 2, 1 / 2), (0.5 / 2, 1 / 2)]),
        (pd.array([5, None, None], dtype="Int64"), [5.0, 5.0, np.nan], [(1 / 3, 2 / 3), (2 / 3, 1 / 3)]),
    ],
)
def test_drift_of_levels_and_missing_values_by_hand(
    earlier: list[object], later: list[object], shares: list[tuple[float, float]]
) -> None:
    drift = measure_drift("x", pd.Series(earlier), pd.Series(later), 4)
    assert drift.psi == pytest.approx(
        sum((actual - expected) * np.log(actual / expected) for expected, actual in shares)
    )
    assert drift.bins == len(shares)
    noise = 1 / len(earlier) + 1 / len(later)
    assert drift.by_chance == pytest.approx(chi2.ppf(1 - 0.01 / 4, len(shares) - 1) * noise)


def test_the_drift_of_one_column_has_its_own_rate_of_false_alarms() -> None:
    drift = drift_from_counts("x", np.array([1.0, 49.0, 0.0]), np.array([0.0, 24.0, 1.0]))
    assert drift.bins == 3
    assert drift.by_chance == pytest.approx(chi2.ppf(0.99, 2) * (1 / 50 + 1 / 25))


def test_earlier_segmentations_use_the_orders_before_that_day(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("customer_id,order_date,amount\na,2026-01-01,1\nb,2026-01-20,1\nc,2026-01-31,1\n", encoding="utf-8")
    customers = load_customers(IngestSettings(transactions=Source(path=str(path))))

    def segment(earlier: Customers, names: Collection[str] | None) -> list[Segmentation]:
        assert names == ["x_segment"]
        labels = pd.Series(["all"] * len(earlier.table))
        return [segmentation_from_labels(earlier, "x_segment", labels, {"name": "x"})]

    for days_back, ids in ((11, ["a", "b"]), (12, ["a"]), (31, None)):  # as of 2026-02-01
        made_earlier = make_earlier_segmentations(customers, days_back, segment, ["x_segment"])
        known = {name: made.customers.table["customer_id"].tolist() for name, made in made_earlier.items()}
        assert known == ({} if ids is None else {"x_segment": ids})
    assert make_earlier_segmentations(table(["a"]), 11, segment, ["x_segment"]) == {}


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
