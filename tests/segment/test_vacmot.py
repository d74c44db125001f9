"""Twenty yes-no motives of 1,000 anonymous travellers: attitudes, and the six segments that were published."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.rules import RulesSettings
from segcli.customers import load_customers
from segcli.model import Customers
from segcli.segment import rules
from segcli.segment.clustering import pipeline
from segcli.segment.factor_analysis import fit_factors, kaiser_factor_count, parallel_factor_count
from tests.oracles.factors import maximum_likelihood, varimax

MOTIVES = 20


@pytest.fixture(scope="module")
def path(shared_data: Path) -> Path:
    return shared_data / "vacmot" / "vacmot_joined.csv"


@pytest.fixture(scope="module")
def motives(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))[:MOTIVES]


@pytest.fixture(scope="module")
def travellers(path: Path) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(path), row_ids=True)))


def test_rows_without_ids_are_numbered_in_their_order(travellers: Customers, path: Path) -> None:
    table = travellers.table
    assert table["customer_id"].tolist()[:2] == ["0001", "0002"]
    assert len(table) == 1000
    raw = pd.read_csv(path, converters={"NEP": float})
    assert table["NEP"].tolist() == raw["NEP"].tolist()


@pytest.mark.base("psychographic")
def test_attitudes_behind_the_motives(travellers: Customers, motives: list[str]) -> None:
    """Four more eigenvalues than chance gives; loadings are those of another computation; each has its own theme."""
    spec = RulesSettings(
        base="psychographic",
        options={"items": motives, "scale": [0, 1]},
        special_reason="health and beauty is a motive for holidays here, no state of health",
    )
    (made,) = rules.segment_by_rules(travellers, rules.prepare_rule_sets([spec]))
    items = travellers.table[motives].to_numpy(dtype=np.float64)
    assert (kaiser_factor_count(items), parallel_factor_count(items)) == (7, 4)
    own = fit_factors(items, 4).loadings
    other = varimax(maximum_likelihood(np.corrcoef(items, rowvar=False), 4))
    other = other[:, np.argsort(-(other**2).sum(axis=0))]
    other *= np.sign(other[np.abs(other).argmax(axis=0), np.arange(4)])
    assert np.abs(own - other).max() < 0.01
    loadings = made.tables["Loadings"].set_index("item")
    assert loadings.to_numpy()[:, :4] == pytest.approx(own, abs=1e-6)
    leading = [set(loadings.iloc[:, place].nlargest(2).index) for place in range(4)]
    assert leading[0] == {"maintain unspoilt surroundings", "unspoilt nature/natural landscape"}
    assert leading[1] == {"fun and entertainment", "entertainment facilities"}
    assert leading[2] == {"life style of the local people", "cultural offers"}
    assert len(made.segments) == 5


def test_six_clusters_of_the_motives_are_much_like_the_published_ones(
    travellers: Customers, motives: list[str], path: Path
) -> None:
    reason = "a motive for holidays, no state of health"
    settings = ClusterSettings(features=motives, k=6, transform="none", scale="none", pairs=8, special_reason=reason)
    made = pipeline.cluster_customers(travellers, settings, 20240607)
    published = pd.read_csv(path)["published_segment_1to6"]
    assert adjusted_rand_score(published, made.labels) > 0.8
    assert min(made.profile["customers"]) == pytest.approx(95, abs=15)


def test_after_two_six_segments_return_best(travellers: Customers, motives: list[str]) -> None:
    """After two, six segments return best: the number that was published; but none is natural."""
    reason = "a motive for holidays, no state of health"
    settings = ClusterSettings(
        features=motives, k="2-8", transform="none", scale="none", pairs=24, special_reason=reason
    )
    made = pipeline.cluster_customers(travellers, settings, 20240607)
    curve = {int(k): told["ari_median"] for k, told in made.method["stability"].items()}
    assert made.method["verdict"] != "natural"
    assert curve[2] > 0.7
    assert max(curve, key=lambda k: curve[k]) == 2
    assert min(curve[5], curve[6]) > max(curve[4], curve[7])
