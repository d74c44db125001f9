"""Scores of experience by hand: for all, for segments, with too few answers, and codes that mean nothing."""

import numpy as np
import pandas as pd
import pytest

from segcli.segment import confidence_intervals, experience_metrics
from tests.segment.bases.conftest import customers, decided, labels, texts

TIERS = texts(*["gold"] * 40 + ["silver"] * 30 + ["tin"] * 3)
ANSWERS = pd.Series([10] * 20 + [8] * 10 + [0] * 10 + [9] * 12 + [None] * 18 + [10] * 3, dtype="Int64")


@pytest.mark.base("nps")
def test_nps_of_segments_with_intervals_and_response_rates() -> None:
    """Gold: 20 promoters, 10 detractors of 40: 25, variance (0.5 + 0.25 - 0.0625) / 40; silver answered too little."""
    made = decided("nps", customers(nps=ANSWERS, tier=TIERS), by=["tier"])
    rows = made.tables["NPS by tier"].set_index("segment")
    half = 196 * np.sqrt((0.75 - 0.0625) / 40)
    assert rows.loc["gold", ["score", "low", "high"]].tolist() == pytest.approx([25, 25 - half, 25 + half], abs=0.01)
    assert rows["response_rate"].tolist()[:3] == pytest.approx([55 / 73, 1.0, 12 / 30])
    assert rows.loc["silver", ["answers", "note"]].tolist() == [12, "fewer than 30 answers"]
    assert rows.loc["tin", "note"] == "fewer than 5 answers"
    assert rows.loc[["silver", "tin"], "score"].isna().all()
    assert np.isnan(rows.loc["tin", "answers"])
    assert made.column == "nps_segment"
    assert made.table["nps"].tolist()[:2] == [10, 10], "the answers are still there"


@pytest.mark.base("csat")
def test_csat_of_segments() -> None:
    """8 of 10: (0.8 + z2/20 +- z sqrt(0.016 + z2/400)) / (1 + z2/10) with z2 = 3.8415 is 49.02 to 94.33 per cent."""
    answers = pd.Series([5, 4, 4, 5, 5, 4, 5, 4, 3, 1], dtype="Int64")
    made = decided("csat", customers(csat=answers, tier=texts(*["a"] * 10)), by=["tier"], minimum=10)
    row = made.tables["CSAT by tier"].set_index("segment").loc["a"]
    assert [row["score"], row["low"], row["high"]] == pytest.approx([80, 49.02, 94.33], abs=0.01)


@pytest.mark.base("aht")
def test_handling_time_by_hand_and_its_interval_by_another_way() -> None:
    """(100 + 200 + 600) s in 1 + 2 + 3 contacts are 150 s; the jackknife agrees about the interval."""
    table = customers(
        talk_seconds=[80.0, 150, 500, 0, 9],
        hold_seconds=[10.0, 30, 60, 0, -1],
        wrap_seconds=[10.0, 20, 40, 0, 9],
        contacts=[1.0, 2, 3, 0, 1],
    )
    made = decided("aht", table, minimum=3)
    assert made.table["aht_seconds"].tolist()[:3] == [100.0, 100.0, 200.0]
    assert list(made.labels) == ["usual", "usual", "long", "unknown", "unknown"]
    assert made.notes[0].startswith("AHT 150 s (95% interval ")
    assert made.warnings == ("invalid answers for AHT: 1; counted as unknown",)
    chance = np.random.default_rng(5)
    contacts = chance.integers(1, 9, 400).astype(np.float64)
    seconds = contacts * 200 + chance.normal(0, 90, 400)
    low, high = confidence_intervals.ratio_interval(seconds, contacts)
    without = [(seconds.sum() - s) / (contacts.sum() - n) for s, n in zip(seconds, contacts, strict=True)]
    spread = np.sqrt(399 / 400 * np.sum((without - np.mean(without)) ** 2))
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.01)
    assert (low + high) / 2 == pytest.approx(seconds.sum() / contacts.sum())


@pytest.mark.base("sentiment")
def test_sentiment_is_counted_from_codes_and_never_invented() -> None:
    table = customers(sentiment=texts("positive", "Positive ", "neutral", "negative", "positive", "great stuff", None))
    made = decided("sentiment", table, minimum=5)
    assert list(made.labels) == ["positive"] * 2 + ["neutral", "negative", "positive", "unknown", "unknown"]
    assert made.notes[0].startswith("sentiment +40 (95% interval ")  # (3 - 1) / 5
    assert made.warnings == ("invalid answers for sentiment: 1; counted as unknown",)
    coded = customers(sentiment=texts("gut", "schlecht", "positive"))
    assert labels("sentiment", coded, codes={"gut": 1, "schlecht": -1}) == ["positive", "negative", "unknown"]
    assert labels("sentiment", customers(sentiment=[1, 0, -1, 5])) == ["positive", "neutral", "negative", "unknown"]


def test_all_measures_of_a_table_at_once() -> None:
    table = customers(nps=[9.0] * 40, ces=[5.0] * 20 + [7.0] * 20)
    rows = experience_metrics.score_by_segment(table, ["x"], texts(*["x"] * 40))
    assert rows[["measure", "segment", "score"]].to_numpy().tolist() == [
        ["NPS", "all", 100.0],
        ["NPS", "x", 100.0],
        ["CES", "all", 6.0],
        ["CES", "x", 6.0],
    ]
