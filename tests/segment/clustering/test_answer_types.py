"""Answers are read by what they mean, however a survey tool writes them."""

import json
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.model import Customers, Segmentation
from segcli.persona.explanations import explain_segments, format_rules_yaml
from segcli.persona.sql_definition import define_segmentation
from segcli.segment import models
from segcli.segment.clustering import pipeline
from segcli.segment.clustering.answer_types import order_pair, read_answer_types
from segcli.segment.clustering.assignment import assign_to_clusters
from segcli.segment.clustering.features import build_features
from tests.oracles.agreement import adjusted_rand
from tests.oracles.tables import from_columns

CODINGS = {
    "0/1": ("0", "1"),
    "Yes/No": ("No", "Yes"),
    "TRUE/FALSE": ("FALSE", "TRUE"),
    "J/N": ("N", "J"),
    "checked/blank": ("", "checked"),
    "x/blank": ("", "x"),
    "1/blank": ("", "1"),
    "1/2": ("2", "1"),
    "Ja/Nein": ("Nein", "Ja"),
    "oui/non": ("non", "oui"),
    "sí/no": ("no", "sí"),
    "да/нет": ("нет", "да"),
    "có/không": ("không", "có"),
    "是/否": ("否", "是"),
}
ITEMS = [f"motive {number}" for number in range(1, 10)]


def planted_answers(size: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Three classes, each with three motives of its own, and their answers; a yes is less frequent than a no."""
    chance = np.random.default_rng(7)
    truth = np.arange(size) % 3
    likely = np.full((3, len(ITEMS)), 0.12)
    for group in range(3):
        likely[group, 3 * group : 3 * group + 3] = 0.88
    return truth, (chance.random((size, len(ITEMS))) < likely[truth]).astype(int)


def write_survey(file_of: Callable[..., str], answers: np.ndarray, no: str, yes: str) -> str:
    rows = [",".join([f"R{row:04}", *(yes if answer else no for answer in line)]) for row, line in enumerate(answers)]
    return file_of("\n".join([",".join(["customer_id", *ITEMS]), *rows, ""]))


def read_survey(path: str) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path)))


@pytest.mark.parametrize(("method", "k"), [("kmeans", 3), ("latent", 3)])
def test_the_coding_of_answers_changes_neither_segments_nor_likelihoods(
    file_of: Callable[..., str], method: str, k: int
) -> None:
    truth, answers = planted_answers()
    results: dict[str, tuple[list[str], float, float | None]] = {}
    for coding, (no, yes) in CODINGS.items():
        settings = ClusterSettings(method=method, k=k, features=ITEMS, pairs=0, starts=2)
        found = pipeline.cluster_customers(read_survey(write_survey(file_of, answers, no, yes)), settings, 1)
        results[coding] = (found.labels.tolist(), found.method["inertia"], found.method["candidates"][0]["bic"])
    labels, inertia, bic = results["0/1"]
    assert adjusted_rand(labels, truth.tolist()) > 0.85
    for coding, (other_labels, other_inertia, other_bic) in results.items():
        assert (other_labels, other_inertia, other_bic) == (labels, inertia, bic), coding


@pytest.mark.parametrize(
    ("answers", "pair"),
    [
        (("yes", "no"), ("no", "yes")),
        (("是", "否"), ("否", "是")),
        (("disagree", "agree"), ("disagree", "agree")),
        (("female", "female", "male"), ("female", "male")),
        (("1", "2", "2"), ("2", "1")),
        (("1", "1", "2"), ("1", "2")),
        (("1", "2"), ("2", "1")),
        (("0", "1", "1"), ("0", "1")),
        (("red", "nein"), ("nein", "red")),
    ],
)
def test_a_known_word_else_the_more_frequent_answer_is_no(answers: tuple[str, ...], pair: tuple[str, str]) -> None:
    assert order_pair(pd.Series(answers).value_counts().to_dict()) == pair


def test_blank_is_no_only_beside_other_check_boxes() -> None:
    boxes = pd.DataFrame({"ski": ["x", None, None], "swim": [None, "x", None], "text": ["a", "b", "c"]})
    assert {name: found.levels for name, found in read_answer_types(boxes, ["ski", "swim", "text"]).items()} == {
        "ski": ("", "x"),
        "swim": ("", "x"),
    }
    alone = boxes.drop(columns="swim")
    assert read_answer_types(alone, ["ski"]) == {}
    nobody = boxes.assign(swim=None).assign(run=["x", None, "x"])[["ski", "swim", "run", "text"]]
    assert sorted(read_answer_types(nobody, list(nobody.columns))) == ["run", "ski"]


def test_a_missing_yes_or_no_is_missing_and_gets_the_more_frequent_answer() -> None:
    customers = of_columns(q=["Yes", "No", "No", None, "Don't know"] * 4, p=[1, 2, 3, 4, 5] * 4)
    found = build_features(customers, ClusterSettings(features=["q", "p"]))
    feature = found.features[0]
    assert (feature.missing, feature.fill) == (8, 0.0)
    assert "q: 8 missing values filled with the more frequent answer" in found.warnings


@pytest.mark.parametrize(
    "levels",
    [
        ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"),
        ("stimme gar nicht zu", "stimme eher nicht zu", "teils/teils", "stimme eher zu", "stimme voll zu"),
        ("pas du tout d’accord", "plutôt pas d’accord", "plutôt d’accord", "tout à fait d’accord"),
        ("Totalmente en desacuerdo", "En desacuerdo", "De acuerdo", "Totalmente de acuerdo"),
        ("Полностью не согласен", "Не согласен", "Согласен", "Полностью согласен"),
        ("Hoàn toàn không đồng ý", "Không đồng ý", "Trung lập", "Đồng ý", "Hoàn toàn đồng ý"),
        ("非常不同意", "不同意", "一般", "同意", "非常同意"),
        ("Never", "Rarely", "Sometimes", "Often", "Always"),
        ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
    ],
)
def test_labels_of_a_scale_become_its_ranks(levels: tuple[str, ...]) -> None:
    ranks = np.arange(60) % len(levels)
    customers = of_columns(q1=[levels[rank] for rank in ranks], q2=[levels[-1 - rank] for rank in ranks])
    found = build_features(customers, ClusterSettings(features=["q1", "q2"], scale="none"))
    assert [feature.transform for feature in found.features] == ["ordinal", "ordinal"]
    assert found.matrix[:, 0].tolist() == ranks.tolist()
    assert found.matrix[:, 1].tolist() == (len(levels) - 1 - ranks).tolist()


def test_items_alone_keep_zero_and_one_and_beside_numbers_all_are_standardised() -> None:
    customers = of_columns(rare=[1] + [0] * 39, often=["Yes", "No"] * 20, age=list(range(40)))
    alone = build_features(customers, ClusterSettings(features=["rare", "often"]))
    assert set(np.unique(alone.matrix)) == {0.0, 1.0}
    assert np.allclose(build_features(customers, ClusterSettings(features=["rare", "age"])).matrix.std(axis=0), 1)
    asked = build_features(customers, ClusterSettings(features=["rare", "often"], scale="standard"))
    assert np.allclose(asked.matrix.std(axis=0), 1)


def test_the_reading_of_each_column_is_reported(file_of: Callable[..., str]) -> None:
    _, answers = planted_answers()
    found = cluster(read_survey(write_survey(file_of, answers, "No", "Yes")))
    assert "read as 0/1 items: all features (No = 0; Yes = 1)" in found.notes
    assert [feature["levels"] for feature in found.method["features"]] == [["No", "Yes"]] * len(ITEMS)
    assert {feature["transform"] for feature in json.loads(models.dump_model(found))["features"]} == {"item"}


@pytest.mark.parametrize("coding", ["Yes/No", "checked/blank", "1/blank", "0/1", "1/2"])
def test_emitted_rules_and_sql_use_the_answers_of_the_file(file_of: Callable[..., str], coding: str) -> None:
    """Rules are as right as they are said to be, where they are evaluated and where a database does it."""
    _, answers = planted_answers()
    customers = read_survey(write_survey(file_of, answers, *CODINGS[coding]))
    found = cluster(customers)
    explanation = explain_segments(found, ITEMS)
    assert explanation.fidelity > 0.8
    text = format_rules_yaml(explanation, "copy")
    assert ("is missing" in text) == (coding in {"checked/blank", "1/blank"})
    assert ('"Yes"' in text) == (coding == "Yes/No")
    sql = define_segmentation(found, "duckdb").sql_text
    database = duckdb.connect()
    database.register("customers", customers.table)
    rows = database.execute(sql).fetchdf().set_index("customer_id")["cluster_segment"]
    same = rows.loc[customers.table["customer_id"]].to_numpy() == found.labels.to_numpy()
    assert same.mean() == pytest.approx(explanation.fidelity)


def test_ordinal_rules_list_answers() -> None:
    levels = ("Disagree", "Neutral", "Agree")
    customers = of_columns(q=[levels[row % 3] for row in range(90)], n=[float(row % 3) for row in range(90)])
    found = pipeline.cluster_customers(customers, ClusterSettings(features=["q", "n"], k=2, pairs=0), 1)
    explanation = explain_segments(found, ["q"])
    assert explanation.fidelity == 1.0
    conditions = {rule.condition_text for rule in explanation.segment_rules}
    assert any(' in ["' in condition for condition in conditions), conditions


def test_a_saved_model_reads_other_spellings_and_files_alike(file_of: Callable[..., str]) -> None:
    _, answers = planted_answers()
    found = cluster(read_survey(write_survey(file_of, answers, "No", "Yes")))
    model = models.model_fields(found)
    again = assign_to_clusters(read_survey(write_survey(file_of, answers, "NO", " yes")), model)
    assert again.labels.tolist() == found.labels.tolist()
    other = assign_to_clusters(read_survey(write_survey(file_of, answers, "No", "perhaps")), model)
    assert any("unknown to the model: perhaps" in warning for warning in other.warnings)


def cluster(customers: Customers) -> Segmentation:
    return pipeline.cluster_customers(customers, ClusterSettings(k=3, features=ITEMS, pairs=0), 1)


def of_columns(**values: Any) -> Customers:
    """Customers with these columns."""
    return from_columns(values)
