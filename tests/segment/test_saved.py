"""A saved model: JSON text, a checksum, and the same scores from it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from segcli.config.rfm import FixedEdges, RfmSettings
from segcli.errors import InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import maps, models, rfm
from tests.oracles.tables import rfm_table, table

EDGES = FixedEdges(recency=[5, 15], frequency=[2, 4], monetary=[10, 20])
TRAINING = rfm_table(range(30), [1 + i % 7 for i in range(30)], [0.1 * (i * 17 % 31) for i in range(30)])


def segment(customers: Customers, model: dict[str, Any] | None = None, **wanted: Any) -> Segmentation:
    return rfm.segment_by_rfm(customers, RfmSettings(edges=EDGES, **wanted), maps.load_map("default"), 1, model)


@pytest.mark.parametrize("method", ["quantile", "edges", "fixed", "jenks", "nested"])
def test_a_model_read_back_gives_the_training_scores_and_segments(method: str, file_of: Callable[..., str]) -> None:
    trained = segment(TRAINING, method=method)
    model = models.load_model(file_of(models.dump_model(trained), f"{method}.json"))
    again = segment(TRAINING, model)
    assert again.scores.equals(trained.scores)
    assert again.labels.equals(trained.labels)


def test_a_saved_model_names_no_customer() -> None:
    text = models.dump_model(segment(TRAINING))
    assert not [who for who in TRAINING.table["customer_id"] if who in text]


def test_a_saved_model_is_the_same_text_every_time() -> None:
    assert models.dump_model(segment(TRAINING)) == models.dump_model(segment(TRAINING))


def test_later_customers_are_scored_by_the_saved_edges_and_not_by_their_own() -> None:
    model = json.loads(models.dump_model(segment(TRAINING)))
    later = segment(rfm_table([0, 1000], [99, 0], [1e9, -1e9]), model)
    assert later.scores["rfm_score"].tolist() == [555, 111]
    assert segment(rfm_table([29], [7], [0.1]), model).scores["r_score"].tolist() == [1]


@pytest.mark.bad_input(107)
@pytest.mark.parametrize(
    "changed",
    [
        lambda model: model["cuts"]["r"]["edges"].__setitem__(0, 99.0),
        lambda model: model.__setitem__("bins", {"r": 4, "f": 5, "m": 5}),
        lambda model: model["trained_on"].__setitem__("customers", 31),
        lambda model: model.__setitem__("more", 1),
        lambda model: model.pop("sha256"),
        lambda model: model.pop("columns"),
    ],
)
def test_a_model_changed_by_hand_is_refused(changed: Callable[[Any], Any], file_of: Callable[..., str]) -> None:
    model = json.loads(models.dump_model(segment(TRAINING)))
    changed(model)
    with pytest.raises(InputProblem, match="changed after saving"):
        models.load_model(file_of(json.dumps(model), "tampered.json"))


def test_a_model_laid_out_anew_is_still_the_model(file_of: Callable[..., str]) -> None:
    model = json.loads(models.dump_model(segment(TRAINING)))
    assert models.load_model(file_of(json.dumps(model, indent=7), "pretty.json"))["cuts"] == model["cuts"]


@pytest.mark.bad_input(107)
@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "7", '{"schema": "segcli.rfm-model/2"}', "customer_id\nA\n"])
def test_what_is_no_model_is_refused(text: str, file_of: Callable[..., str]) -> None:
    with pytest.raises(InputProblem):
        models.load_model(file_of(text, "no-model.json"))


def test_a_missing_model_is_refused() -> None:
    with pytest.raises(InputProblem, match="no such file"):
        models.load_model("no-such-model.json")


def test_a_model_without_money_scores_customers_with_money_by_what_it_knows() -> None:
    model = json.loads(models.dump_model(segment(table(recency_days=[1, 2, 3], orders=[3, 2, 1]))))
    found = segment(TRAINING, model)
    assert list(found.scores) == ["r_score", "f_score", "rfm_score"]
    assert len(found.labels) == 30


def test_a_model_of_another_measure_of_money_is_not_applied_in_silence() -> None:
    model = json.loads(models.dump_model(segment(TRAINING)))
    other = table(recency_days=[1, 2], orders=[1, 2], revenue=[1.0, 2.0], average_order_value=[1.0, 1.0])
    with pytest.raises(InputProblem, match="scores m from revenue; here it would be average_order_value"):
        segment(other, model, monetary="mean")


def test_a_model_with_money_is_not_applied_to_customers_without() -> None:
    model = json.loads(models.dump_model(segment(TRAINING)))
    with pytest.raises(InputProblem, match="the model scores m from revenue; here it would be nothing"):
        segment(table(recency_days=[1, 2], orders=[1, 2]), model)


def test_a_result_scored_by_a_model_tells_how_the_model_was_cut() -> None:
    model = json.loads(models.dump_model(segment(TRAINING, method="jenks")))
    assert segment(TRAINING, model).method["scoring"] == "jenks"
