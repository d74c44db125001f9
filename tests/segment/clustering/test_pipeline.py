"""Clusters as a whole: planted and published truth, laws, and what is refused."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.metrics import adjusted_rand_score

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import ConfigProblems, InputProblem, UsageProblem
from segcli.model import Customers, Segmentation
from segcli.segment import models
from segcli.segment.clustering import pipeline
from segcli.segment.clustering.assignment import assign_to_clusters
from segcli.segment.clustering.features import build_features
from tests.oracles.agreement import adjusted_rand
from tests.oracles.tables import from_columns, table

SPENDING = "Spending Score (1-100)"


def segment(customers: Customers, *features: str, seed: int = 1, **wanted: Any) -> Segmentation:
    wanted = {"pairs": 8, **wanted}  # enough for planted groups; a test that is about stability says how many
    return pipeline.cluster_customers(
        customers, ClusterSettings(features=list(features) or ["behaviour"], **wanted), seed
    )


def planted(k: int = 4, size: int = 50) -> tuple[Customers, list[int]]:
    """Customers of k kinds, mixed, and the kind of each."""
    chance = np.random.default_rng(11)
    truth = chance.permutation(np.repeat(np.arange(k), size))
    noise = chance.normal(size=(3, k * size))
    customers = table(
        recency_days=100 + 40 * (truth % 2) + noise[0],
        orders=20 + 10 * truth + noise[1],
        revenue=1000 + 100 * (truth // 2) + noise[2],
    )
    return customers, truth.tolist()


# Truth


@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_planted_kinds_are_found_by_count_and_by_member(k: int) -> None:
    customers, truth = planted(k)
    found = segment(customers)
    assert found.method["k"] == k
    assert adjusted_rand(found.labels.tolist(), truth) > 0.95


def test_the_hand_written_rand_index_is_scikit_learns() -> None:
    chance = np.random.default_rng(5)
    one, other = chance.integers(0, 4, 200), chance.integers(0, 3, 200)
    assert adjusted_rand(one.tolist(), other.tolist()) == pytest.approx(adjusted_rand_score(one, other))


def test_mall_customers_by_five_have_the_published_inertia_sizes_and_silhouette(mall: Any) -> None:
    found = segment(mall, "income", SPENDING, k=5, scale="none", transform="none")
    assert found.method["inertia"] == pytest.approx(44448.46, abs=0.005)
    assert found.method["silhouette"] == pytest.approx(0.5539, abs=5e-5)
    assert sorted(Counter(found.labels).values(), reverse=True) == [81, 39, 35, 23, 22]


def test_mall_customers_fall_into_five_when_nobody_says_how_many(mall: Any) -> None:
    found = segment(mall, "income", SPENDING, scale="none", transform="none", pairs=100)
    assert (found.method["k"], found.method["verdict"]) == (5, "natural")
    assert found.method["reason"] == "k = 5: the largest stable number that adds separation (median ARI 0.96)"
    assert (found.profile["jaccard"] > 0.85).all()
    assert set(found.profile["stability"]) == {"stable"}


def test_mall_customers_have_the_published_inertia_at_every_k(mall: Any) -> None:
    """Exactly up to six; for seven and eight Lloyd's algorithm ends in one of several optima a thousandth apart."""
    found = segment(mall, "income", SPENDING, seed=20240607, k="2-8", scale="none", transform="none")
    ours = [candidate["inertia"] for candidate in found.method["candidates"]]
    assert ours[:5] == pytest.approx([181363.60, 106348.37, 73679.79, 44448.46, 37233.81], abs=0.005)
    assert ours[5:] == pytest.approx([30259.66, 24986.53], rel=2e-3)


# Laws


def test_the_order_of_rows_changes_not_a_label(customers_of: Any) -> None:
    customers, _ = planted()
    lines = customers.table.round(6).to_csv(index=False).splitlines()
    shuffled = [lines[0], *reversed(lines[1:])]
    one, other = (segment(customers_of("\n".join(text) + "\n")) for text in (lines, shuffled))
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_the_order_of_columns_changes_not_a_label() -> None:
    customers, _ = planted()
    turned = Customers(customers.table.iloc[:, ::-1], customers.as_of, customers.input_reports)
    one, other = segment(customers), segment(turned)
    assert one.labels.equals(other.labels)
    assert one.scores.equals(other.scores)


def test_the_order_of_the_features_changes_no_segment() -> None:
    customers, _ = planted()
    one, other = segment(customers, "orders", "revenue", k=4), segment(customers, "revenue", "orders", k=4)
    assert one.labels.equals(other.labels)


def test_the_same_seed_gives_the_same_result_bit_for_bit() -> None:
    customers, _ = planted()
    one, other = segment(customers, k=5, seed=3), segment(customers, k=5, seed=3)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.method == other.method


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_any_seed_finds_planted_kinds_and_is_told(seed: int) -> None:
    customers, truth = planted()
    found = segment(customers, seed=seed)
    assert found.provenance.seed == seed
    assert adjusted_rand(found.labels.tolist(), truth) > 0.95


def test_numpys_own_random_state_is_untouched() -> None:
    np.random.seed(1)  # noqa: NPY002 - the global state is what is tested
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    segment(planted()[0], sample=100)
    assert np.random.random() == expected  # noqa: NPY002


@pytest.mark.parametrize("k", [2, 5, 9])
def test_margins_are_between_0_and_1(k: int) -> None:
    margin = segment(planted()[0], k=k).scores["cluster_margin"]
    assert margin.between(0, 1).all()


def test_the_margin_compares_the_two_nearest_centres() -> None:
    """Centres at 1 and at 11: who stands at 2 is 1 from the one and 9 from the other."""
    found = segment(from_columns({"x": [0.0, 1, 2, 10, 11, 12]}), "x", k=2, scale="none", transform="none")
    middle, edge = 1.0, round((9 - 1) / 9, 4)
    assert found.scores["cluster_margin"].tolist() == pytest.approx(
        [round((11 - 1) / 11, 4), middle, edge, edge, middle, 0.9091]
    )


@pytest.mark.parametrize("k", [2, 4, 10])
def test_names_are_unique_and_never_a_cluster_or_a_number(k: int) -> None:
    names = segment(planted()[0], k=k).segments
    assert len(set(names)) == k
    assert not [name for name in names if "cluster" in name.lower() or re.search(r"(?<!\w)\d+(?!\w)", name)]


def test_labels_partition_the_customers_and_the_profile_adds_up() -> None:
    customers, _ = planted()
    found = segment(customers, k=7)
    assert Counter(found.labels) == dict(zip(found.profile["segment"], found.profile["customers"], strict=True))
    assert found.profile["revenue"].sum() == pytest.approx(customers.table["revenue"].sum())
    assert sum(found.method["counts"]) == len(customers.table)


def test_segments_are_listed_by_revenue_highest_first() -> None:
    found = segment(planted()[0], k=4)
    assert found.profile["revenue"].is_monotonic_decreasing
    assert list(found.method["centres"]) == found.segments


# Features


@pytest.mark.bad_input(18)
def test_a_constant_feature_is_dropped_with_a_warning() -> None:
    customers = table(orders=[1, 2, 9, 10], children=[2, 2, 2, 2])
    found = segment(customers, "orders", "children", k=2)
    assert [feature["name"] for feature in found.method["features"]] == ["orders"]
    assert "children: dropped, the same for every customer" in found.warnings


@pytest.mark.bad_input(18)
def test_features_that_are_all_constant_are_refused() -> None:
    with pytest.raises(InputProblem, match="every feature is constant"):
        segment(table(orders=[1, 1], revenue=[2.0, 2.0]), "orders", "revenue")


GAPS = [1.0, 2.0, None, 9.0, 10.0, 11.0]


def test_a_missing_value_takes_the_median_and_it_is_said() -> None:
    found = segment(table(orders=[1, 2, 3, 9, 10, 11], income=GAPS), "orders", "income", k=2, transform="none")
    assert "income: 1 missing value filled with the median" in found.warnings
    assert found.method["features"][1]["fill"] == 9.0


def test_a_feature_with_missing_values_can_be_dropped() -> None:
    found = segment(table(orders=[1, 2, 3, 9, 10, 11], income=GAPS), "orders", "income", k=2, missing="drop")
    assert [feature["name"] for feature in found.method["features"]] == ["orders"]
    assert "income: dropped, 1 value is missing" in found.warnings


def test_missing_values_can_be_refused() -> None:
    with pytest.raises(InputProblem, match=r"income.*1 customer has no value"):
        segment(table(orders=[1, 2, 3, 9, 10, 11], income=GAPS), "orders", "income", k=2, missing="refuse")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_such", "is not a column or group of features"),
        ("satisfaction", "is a group without any available column"),
        ("customer_id", "identifies customers"),
        ("street", r"has 40 different texts \(at most 30\)"),
        ("born", "is a date"),
    ],
)
def test_what_is_no_feature_is_refused_with_those_that_are(name: str, why: str) -> None:
    of = table(orders=range(40), street=[f"s{n}" for n in range(40)], born=pd.to_datetime(["2000-01-01"] * 40))
    with pytest.raises(UsageProblem, match=rf"'{name}' {why}; available: orders$"):
        segment(of, name, k=2)


def test_a_kind_has_the_say_of_one_number_whatever_its_levels() -> None:
    """The features of a column of texts have together the variance of one that is scaled: 1."""
    kinds = ["a"] * 50 + ["b"] * 30 + ["c"] * 20
    prepared = build_features(table(orders=range(100), kind=kinds), ClusterSettings(features=["orders", "kind"]))
    assert prepared.feature_names == ["orders", "kind = a", "kind = b", "kind = c"]
    assert prepared.matrix.mean(axis=0) == pytest.approx([0] * 4, abs=1e-12)
    assert prepared.matrix.var(axis=0)[1:].sum() == pytest.approx(1)
    heavier = build_features(
        table(orders=range(100), kind=kinds), ClusterSettings(features=["kind"], weights={"kind": 3})
    )
    assert heavier.matrix.var(axis=0).sum() == pytest.approx(9)


def test_kinds_and_numbers_together_find_what_is_planted() -> None:
    chance = np.random.default_rng(4)
    truth = np.repeat([0, 1, 2, 3], 50)
    country = np.where(truth % 2, "DE", "FR")
    of = table(orders=10 + 20 * (truth // 2) + chance.normal(size=200), country=country)
    found = segment(of, "orders", "country", k=4)
    assert adjusted_rand(found.labels.tolist(), truth.tolist()) == 1
    assert "FR" in " ".join(found.segments)


def test_ordered_kinds_become_ranks_and_unknown_ones_are_refused() -> None:
    of = table(size=["small", "large", "medium", "small"], orders=[1, 2, 3, 4])
    settings = ClusterSettings(features=["size"], ordinal={"size": ["small", "medium", "large"]}, scale="none")
    assert build_features(of, settings).matrix[:, 0].tolist() == [0, 2, 1, 0]
    with pytest.raises(ConfigProblems, match="the column also contains: large"):
        build_features(of, ClusterSettings(features=["size"], ordinal={"size": ["small", "medium"]}))


def test_outliers_are_taken_in_where_asked_and_it_is_recorded() -> None:
    values = [*range(1, 100), 10_000]
    settings = ClusterSettings(features=["orders"], transform="none", scale="none", outliers="winsorise")
    prepared = build_features(table(orders=values), settings)
    low, high = np.quantile(values, [0.01, 0.99])
    assert (prepared.features[0].low, prepared.features[0].high) == (low, high)
    assert prepared.matrix.max() == high
    kept = build_features(table(orders=values), ClusterSettings(features=["orders"], transform="none", scale="none"))
    assert kept.matrix.max() == 10_000


def test_features_that_say_the_same_are_told() -> None:
    prepared = build_features(
        table(orders=range(50), items=[2 * n + (n % 2) for n in range(50)]),
        ClusterSettings(features=["orders", "items"]),
    )
    assert prepared.warnings == (
        "orders and items are nearly identical (correlation 1.00) and count twice; remove one",
    )


def test_special_categories_are_no_features_without_a_reason() -> None:
    of = table(orders=[1, 2, 3, 9], health_score=[1, 2, 3, 4])
    with pytest.raises(ConfigProblems, match="special categories of personal data: health_score"):
        segment(of, "orders", "health_score", k=2)
    segment(of, "orders", "health_score", k=2, special_reason="members asked for it in writing")


@pytest.mark.parametrize("share", [0.95, 0.999])
def test_a_kind_that_nearly_all_have_is_a_clear_answer(share: float) -> None:
    size = 1000
    kinds = ["a"] * round(share * size) + ["b"] * round((1 - share) * size)
    found = segment(table(kind=kinds), "kind", k=2)
    assert sorted(Counter(found.labels).values()) == sorted([kinds.count("a"), kinds.count("b")])


def test_one_customer_and_two_hundred_features() -> None:
    with pytest.raises(InputProblem, match="every feature is constant"):
        segment(table(orders=[1]), "orders", k=2)
    chance = np.random.default_rng(1)
    wide = {f"f{n:03}": chance.normal(size=60) for n in range(200)}
    found = segment(from_columns(wide), *wide, k="2-3")
    assert found.method["verdict"] == "constructive"


def test_more_segments_than_distinct_customers_are_refused() -> None:
    with pytest.raises(InputProblem, match="k=3 > 2 distinct customers"):
        segment(table(orders=[1, 1, 1, 2, 2]), "orders", k=3)


def test_as_many_segments_as_distinct_customers_are_found() -> None:
    found = segment(table(orders=[1, 1, 1, 5, 5, 90, 90, 90]), "orders", k=3)
    assert sorted(Counter(found.labels).values()) == [2, 3, 3]


def test_customers_that_differ_by_a_billionth_make_no_empty_segment() -> None:
    """Beside a billion, 0 and 1 are one place: two segments instead of three, and nobody is lost."""
    found = segment(from_columns({"x": [0.0, 1.0, 1e9] * 2}), "x", k=3, transform="none")
    assert found.method["counts"] == [2, 4]


def test_a_range_of_k_stops_at_the_distinct_customers() -> None:
    found = segment(table(orders=[1, 1, 5, 5, 90, 90]), "orders", k="2-9")
    assert [candidate["k"] for candidate in found.method["candidates"]] == [2, 3]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValidationError, match="'kmeans'"):
        segment(planted()[0], method="magic")


def test_skewed_features_are_taken_as_logarithms_and_it_is_recorded() -> None:
    found = segment(table(orders=[1, 2, 3, 4, 5, 6], revenue=[1.0, 1, 1, 1, 1, 5000]), "orders", "revenue", k=2)
    assert [feature["transform"] for feature in found.method["features"]] == ["none", "log1p"]
    assert "features: orders, revenue (log1p, clipped)" in found.notes


def test_standard_scaling_gives_each_feature_the_same_say() -> None:
    """In raw units a thousand times the money would drown the orders."""
    customers, truth = planted()
    dearer = Customers(
        customers.table.assign(revenue=customers.table["revenue"] * 1024), customers.as_of, customers.input_reports
    )
    assert adjusted_rand(segment(dearer, k=4).labels.tolist(), truth) > 0.95
    assert segment(dearer, k=4).scores.equals(segment(customers, k=4).scores)


def test_robust_scaling_is_by_median_and_quartiles() -> None:
    found = segment(table(orders=[1, 2, 3, 4, 5]), "orders", k=2, scale="robust", transform="none")
    feature = found.method["features"][0]
    assert (feature["centre"], feature["spread"]) == (3.0, 2.0)


def test_a_tiny_segment_is_passed_over_and_it_is_said() -> None:
    """Two of 122 customers stand apart; three groups separate best, and one of them is no segment."""
    spread = [place / 60 for place in range(60)]
    values = [*spread, *(10 + place for place in spread), 30.0, 30.1]
    found = segment(from_columns({"x": values}), "x", transform="none", k="2-3", minimum_share=0.05)
    assert found.method["k"] == 2
    assert found.method["reason"].endswith("; k = 3 would be better but has a segment under 5%")


def test_where_every_k_has_a_tiny_segment_it_is_said() -> None:
    found = segment(from_columns({"x": [0.0, 0.1, 0.2, 0.3, 50.0]}), "x", transform="none", k="2-3", minimum_share=0.4)
    assert "; all have segments under 40%" in found.method["reason"]


def test_hdbscan_finds_the_segments_and_counts_who_is_in_none() -> None:
    of, truth = planted(3)
    table_ = of.table
    far = {name: [5e3, -5e3, 9e3] for name in table_.columns if name != "customer_id"}
    with_far = from_columns({name: [*table_[name], *far[name]] for name in far})
    found = segment(with_far, *far, method="hdbscan", transform="none")
    assert found.method["k"] == 3
    assert found.method["noise"] == 3
    assert found.segments[-1] == "Of no segment"
    assert found.labels.tolist()[-3:] == ["Of no segment"] * 3
    assert adjusted_rand(found.labels.tolist()[:-3], truth) > 0.95
    assert any(note.startswith("of no segment: 3 customers") for note in found.notes)
    assert pd.isna(found.profile["jaccard"].iloc[-1])
    assert found.profile["jaccard"].iloc[:-1].min() > 0.9
    with pytest.raises(ConfigProblems, match="hdbscan finds the number of segments itself"):
        segment(of, *far, method="hdbscan", k=3)


def test_hdbscan_says_where_there_are_no_segments_and_where_it_cannot_label(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(1)
    with pytest.raises(InputProblem, match="no region is denser than the rest"):
        segment(table(x=chance.uniform(size=9), y=chance.uniform(size=9)), "x", "y", method="hdbscan")
    monkeypatch.setattr(pipeline, "SWEEP_ROWS", 100)
    many = table(x=chance.uniform(size=101), y=chance.uniform(size=101))
    with pytest.raises(InputProblem, match="at most 100"):
        segment(many, "x", "y", method="hdbscan")


def test_gowers_distance_is_that_of_medoids_by_default() -> None:
    """Numbers differ by their share of the range, kinds by 1 or nothing, weighted as told."""
    of = table(income=[10.0, 20.0, 50.0, 30.0], plan=["free", "pro", "pro", "free"])
    wanted = ClusterSettings(features=["income", "plan"], transform="none", weights={"plan": 3.0})
    made = build_features(of, wanted, "range").matrix
    apart = np.abs(made[:, None] - made).sum(axis=2)
    assert apart[0].tolist() == pytest.approx([0, 0.25 + 3, 1 + 3, 0.5])


def test_mixed_data_by_medoids() -> None:
    chance = np.random.default_rng(4)
    income = np.concatenate([chance.normal(20, 3, 60), chance.normal(21, 3, 60), chance.normal(80, 3, 60)])
    plan = ["free"] * 60 + ["pro"] * 60 + ["team"] * 60
    found = segment(table(income=income, plan=plan), "income", "plan", method="medoids", k=3)
    assert adjusted_rand(found.labels.tolist(), plan) == 1


def test_principal_components_keep_what_varies_and_tell_their_loadings() -> None:
    chance = np.random.default_rng(2)
    hidden = chance.normal(size=(300, 2)) + np.repeat([[0, 0], [6, 0], [0, 6]], 100, axis=0)
    answers = hidden @ [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, -1]] + chance.normal(0, 0.1, (300, 6))
    of = table(**{f"x{place}": answers[:, place] for place in range(6)})
    names = [f"x{place}" for place in range(6)]
    found = segment(of, *names, reduce="pca", transform="none", k=3)
    assert adjusted_rand(found.labels.tolist(), [0] * 100 + [1] * 100 + [2] * 100) > 0.95
    told = found.tables["Loadings"]
    parts = found.method["reduction"]["parts"]
    assert len(parts) == 2
    standard = (answers - answers.mean(axis=0)) / answers.std(axis=0)
    variances, vectors = np.linalg.eigh(np.corrcoef(standard, rowvar=False))
    slow = np.abs(vectors[:, ::-1][:, :2] * np.sqrt(variances[::-1][:2]))
    assert np.abs(told[parts].to_numpy()[:-1]) == pytest.approx(slow, abs=1e-6)
    assert told[parts].to_numpy()[-1] == pytest.approx(variances[::-1][:2] / 6)
    with pytest.raises(ConfigProblems, match="2 features are too few"):
        segment(of, "x0", "x1", reduce="pca")


def test_factors_stand_for_many_features_with_equal_say() -> None:
    chance = np.random.default_rng(3)
    hidden = chance.normal(size=(400, 2))
    answers = hidden @ [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]] + chance.normal(0, 0.6, (400, 6))
    of = table(**{f"x{place}": answers[:, place] for place in range(6)})
    wanted = ClusterSettings(features=[f"x{place}" for place in range(6)], reduce="factors", transform="none")
    made = build_features(of, wanted)
    assert made.matrix.shape == (400, 2)
    assert made.matrix.std(axis=0) == pytest.approx(1)
    assert abs(np.corrcoef(made.matrix[:, 0], hidden[:, 0])[0, 1]) > 0.9 or (
        abs(np.corrcoef(made.matrix[:, 0], hidden[:, 1])[0, 1]) > 0.9
    )
    with pytest.raises(ConfigProblems, match="factor reduction does not support weights"):
        build_features(of, wanted.model_copy(update={"weights": {"x0": 2.0}}))


def test_what_is_there_for_audits_only_is_no_feature() -> None:
    of = table(age=[20.0, 30, 40, 50], gender=["f", "m", "f", "m"])
    with pytest.raises(ConfigProblems, match="'gender' is reserved for audits"):
        pipeline.cluster_customers(of, ClusterSettings(features=["age", "gender"]), 1, audit_only=["gender"])
    grouped = build_features(of, ClusterSettings(features=["demographic"]), audit_only=["gender"])
    assert grouped.feature_names == ["age"]


def test_weights_by_group_and_for_what_is_no_feature() -> None:
    of = table(age=[20.0, 30, 40, 50], attitude_1=[1.0, 2, 3, 5], attitude_2=[4.0, 3, 2, 2])
    wanted = ClusterSettings(features=["psychographic", "age"], weights={"psychographic": 2.0, "attitude_2": 0.5})
    assert build_features(of, wanted).matrix.std(axis=0) == pytest.approx([2, 0.5, 1])
    with pytest.raises(ConfigProblems, match="'orders' is not a feature"):
        build_features(of, ClusterSettings(features=["age"], weights={"orders": 2.0}))


def test_ages_are_features_where_birthdays_are_known(tmp_path: Path) -> None:
    """Of as_of 2024-01-01; a model asks for them again."""
    born = pd.to_datetime(["1950-01-01", "1950-01-02", "1999-12-31", "2000-06-01", None])
    of = table(birth_date=born, income=[10.0, 12, 50, 55, 51])
    found = segment(of, "demographic", k=2, pairs=0)
    assert [feature["name"] for feature in found.method["features"]] == ["age", "income"]
    assert found.table["age"].tolist()[:4] == [74, 73, 24, 23]
    path = tmp_path / "model.json"
    path.write_text(models.dump_model(found), encoding="utf-8")
    again = assign_to_clusters(of, models.load_model(str(path), models.CLUSTER_SCHEMA))
    assert again.labels.tolist() == found.labels.tolist()


def test_the_bank_s_customers_are_the_kinds_that_were_planted() -> None:
    """Retired people bank like cautious savers; the four ways of banking are found in what customers hold and do."""
    folder = Path(__file__).parents[3] / "sample_data" / "bank"
    sources = IngestSettings(
        transactions=Source(path=str(folder / "payments.csv")), customers=Source(path=str(folder / "customers.csv"))
    )
    of = load_customers(sources)
    truth = pd.read_csv(folder / "truth.csv").set_index("customer_no")["archetype"]
    kinds = truth.replace("retired", "cautious saver").loc[of.table["customer_id"]]
    held = ("mortgage", "fund", "savings", "credit_card", "insurance")
    behaviour = ("income", "net_worth", "logins_per_month", "branch_visits_per_year")
    found = segment(of, *behaviour, *held, k=4)
    assert adjusted_rand(found.labels.tolist(), kinds.tolist()) > 0.9


@pytest.mark.parametrize(
    ("columns", "k", "answer"),
    [
        ({"orders": [3.0]}, "auto", "every feature is constant"),
        ({"orders": [3.0] * 9}, "auto", "the same for every customer"),
        ({"orders": [1.0, 2.0, 3.0]}, 4, "k=4 > 3 distinct customers"),
        ({"orders": [np.nan] * 3}, "auto", "3 values are missing"),
        ({"orders": [1.0, np.inf, 3.0]}, 2, "1 value is infinite"),
    ],
)
def test_every_table_that_cannot_be_clustered_is_told_why(columns: Any, k: Any, answer: str) -> None:
    with pytest.raises(InputProblem, match=re.escape(answer)):
        segment(table(**columns), "orders", k=k)


def test_one_feature_is_enough() -> None:
    found = segment(table(orders=[1.0, 2, 1, 2, 50, 51, 50, 52]), "orders", transform="none")
    assert found.method["k"] == 2
    assert found.method["verdict"] == "natural"
