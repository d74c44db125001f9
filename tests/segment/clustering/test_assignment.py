"""Saved cluster models: the training labels again, new customers, far ones, kept names, names by rule."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import methods, models
from segcli.segment.clustering import pipeline
from segcli.segment.clustering.assignment import assign_to_clusters
from tests.oracles.tables import table

CENTRES = ((10.0, 2.0, 50.0), (10.0, 12.0, 900.0), (300.0, 2.0, 60.0))


def customers(seed: int = 1, centres: tuple[tuple[float, ...], ...] = CENTRES, size: int = 40) -> Customers:
    chance = np.random.default_rng(seed)
    rows = np.vstack([chance.normal(centre, np.array(centre) * 0.08, (size, 3)) for centre in centres])
    return table(recency_days=rows[:, 0], orders=rows[:, 1], revenue=rows[:, 2])


def yes_or_no() -> Customers:
    chance = np.random.default_rng(3)
    likely = np.array([[0.9, 0.9, 0.1, 0.1, 0.5], [0.1, 0.1, 0.9, 0.9, 0.5], [0.9, 0.1, 0.1, 0.9, 0.9]])
    answers = chance.random((150, 5)) < likely[np.repeat([0, 1, 2], 50)]
    return table(**{f"q{place}": answers[:, place].astype(float) for place in range(5)})


def found(of: Customers, previous: Any = None, **wanted: Any) -> Segmentation:
    settings = ClusterSettings.model_validate({"k": 3, "pairs": 0, **wanted})
    return pipeline.cluster_customers(of, settings, 1, previous)


@pytest.fixture
def model_of(tmp_path: Path) -> Any:
    def through_a_file(made: Segmentation) -> Any:
        path = tmp_path / "model.json"
        path.write_text(models.dump_model(made), encoding="utf-8")
        return models.load_model(str(path), models.CLUSTER_SCHEMA)

    return through_a_file


@pytest.mark.parametrize("reduce", ["none", "pca", "factors"])
@pytest.mark.parametrize(
    "method", [one for one in methods.list_methods() if methods.can_predict(methods.load_method(one))]
)
def test_the_training_file_gets_its_training_labels(method: str, reduce: str, model_of: Any) -> None:
    of = yes_or_no() if method == "latent" else customers()
    if method == "latent" and reduce != "none":
        pytest.skip("latent classes are of plain answers")
    made = found(of, method=method, reduce=reduce, features=[n for n in of.table if n != "customer_id"])
    again = assign_to_clusters(of, model_of(made))
    assert again.labels.tolist() == made.labels.tolist()
    assert (again.scores["cluster_outside"] == "no").all()
    assert again.scores["cluster_margin"].to_numpy() == pytest.approx(
        made.scores["cluster_margin"].to_numpy(), abs=2e-4
    )
    assert again.scores["cluster_second"].tolist() == made.scores["cluster_second"].tolist()


def test_new_customers_and_far_ones(model_of: Any) -> None:
    made = found(customers())
    new = assign_to_clusters(
        table(recency_days=[10.0, 300.0, 5000.0], orders=[12.0, 2.0, 90.0], revenue=[900.0, 60.0, 9e6]), model_of(made)
    )
    assert new.labels.tolist()[:2] == [made.labels[40], made.labels[80]]
    assert new.scores["cluster_outside"].tolist() == ["no", "no", "yes"]
    assert "training customer: 1; they may belong to no segment" in new.warnings[-1]


def test_columns_the_model_needs_must_be_there(model_of: Any) -> None:
    model = model_of(found(customers()))
    with pytest.raises(InputProblem, match="columns missing for the model: recency_days, revenue"):
        assign_to_clusters(table(orders=[1.0]), model)
    missing = assign_to_clusters(table(orders=[12.0], recency_days=[10.0], revenue=[np.nan]), model)
    assert "revenue: 1 missing value filled as in the model" in missing.warnings


def test_a_model_that_was_changed_or_is_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    text = models.dump_model(found(customers()))
    path.write_text(text.replace('"k": 3', '"k": 4'), encoding="utf-8")
    with pytest.raises(InputProblem, match="checksum mismatch"):
        models.load_model(str(path), models.CLUSTER_SCHEMA)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputProblem, match="not a saved RFM model"):
        models.load_model(str(path), models.RFM_SCHEMA)
    assert "customer_id" not in text
    assert json.loads(text)["trained_on"]["customers"] == 120


def test_a_refit_keeps_the_names_of_segments_that_are_still_there(model_of: Any) -> None:
    """The next export: the same three kinds drawn anew, and a fourth; names follow the kinds, not their size."""
    before = found(customers())
    model = model_of(before)
    names = {name: f"Kind {number}" for number, name in enumerate(model["segments"])}
    renamed = {**model, "segments": list(names.values())}
    for part in ("centres", "reach"):
        renamed[part] = {names[name]: value for name, value in model[part].items()}
    after = found(customers(seed=2, centres=(*CENTRES, (300.0, 30.0, 5000.0))), previous=renamed, k=4)
    assert {"Kind 0", "Kind 1", "Kind 2"} < set(after.labels)
    assert after.notes[-2].startswith("3 of 3 segments of the previous model remain")
    assert after.notes[-1].startswith("new: ")
    fewer = found(customers(seed=3, centres=CENTRES[:2]), previous=renamed, k=2)
    assert fewer.notes[-1].startswith("vanished: Kind ")
    assert set(fewer.labels) < {"Kind 0", "Kind 1", "Kind 2"}


def test_names_by_rule_and_not_by_number() -> None:
    names = [{"segment": "Whales", "when": "revenue > 500"}, {"segment": "Sleepers", "when": "recency_days > 200"}]
    made = found(customers(), names=names)
    by_name = made.customers.table.groupby(made.labels.to_numpy())
    assert by_name["revenue"].mean().idxmax() == "Whales"
    assert by_name["recency_days"].mean().idxmax() == "Sleepers"
    with pytest.raises(ConfigProblems, match=r"cluster.names.0 \(Nobody\): .* matches it with 0% of its customers"):
        found(customers(), names=[{"segment": "Nobody", "when": "revenue > 1e9".replace("1e9", "1000000000")}])
    with pytest.raises(ConfigProblems, match="no column 'revenu'"):
        found(customers(), names=[{"segment": "x", "when": "revenu > 1"}])


def test_kinds_that_the_model_has_not_seen_are_told(model_of: Any) -> None:
    of = table(orders=[1.0, 2.0, 1.0, 9.0, 8.0, 9.0], country=["DE", "DE", "DE", "FR", "FR", "FR"])
    settings = ClusterSettings(features=["orders", "country"], k=2, pairs=0)
    model = model_of(pipeline.cluster_customers(of, settings, 1))
    again = assign_to_clusters(table(orders=[1.0, 9.0], country=["DE", "XX"]), model)
    assert again.warnings[0] == "country: unknown to the model: XX; no category assigned"
    assert again.labels[0] != again.labels[1]
