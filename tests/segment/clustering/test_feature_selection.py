"""What customers are clustered by where nobody says and no orders are there: amounts and counts, or else answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import UsageProblem
from segcli.model import Customers
from segcli.segment.clustering import pipeline
from segcli.segment.clustering.features import build_features
from tests.oracles.agreement import adjusted_rand
from tests.oracles.tables import from_columns, table

SIZE = 80
HALVES = np.arange(SIZE) % 2
INSTEAD = "no behaviour columns: segments are based on {} survey columns instead"


def used(customers: Customers, **asked: Any) -> tuple[list[str], str]:
    """The features by default, and what is said."""
    found = build_features(customers, ClusterSettings(**asked), audit_only=asked.pop("audit_only", ()))
    return found.feature_names, "\n".join(found.warnings)


def amounts(**more: Any) -> Customers:
    """Two kinds of customers who differ in what they spend, under names of the file's own."""
    spent = np.arange(SIZE) % 7 + 200 * HALVES
    return from_columns({"MntWines": spent, "NumWebPurchases": spent // 3, "Kidhome": np.arange(SIZE) % 3, **more})


def answers(names: str, scale: int) -> dict[str, Any]:
    """Answers that two kinds of people give the other way round."""
    return {name: np.where(n % 2 == HALVES, scale, int(scale > 1)) for n, name in enumerate(names)}


def test_amounts_and_counts_are_behaviour_where_no_orders_are_there() -> None:
    names, told = used(amounts(recency_days=np.arange(SIZE)))
    assert names == ["recency_days", "MntWines", "NumWebPurchases"]
    assert (
        "treated as behaviour because of their names: MntWines, NumWebPurchases; cluster.features selects others"
        in told
    )
    made = pipeline.cluster_customers(amounts(), ClusterSettings(pairs=8), 1)
    assert adjusted_rand(made.labels.tolist(), HALVES.tolist()) == 1.0


@pytest.mark.parametrize("measure", ["orders", "revenue"])
def test_they_are_not_where_orders_were_measured(measure: str) -> None:
    assert used(amounts(**{measure: np.arange(SIZE)}))[0] == [measure]


@pytest.mark.parametrize("values", [np.full(SIZE, 3), HALVES, ["many"] * SIZE], ids=["constant", "yes or no", "text"])
def test_a_column_that_counts_nothing_is_no_behaviour(values: Any) -> None:
    assert used(amounts(Z_Revenue=values))[0] == ["MntWines", "NumWebPurchases"]


def test_a_column_of_a_special_category_or_for_audits_is_left_out() -> None:
    assert "health_spending" not in used(amounts(health_spending=np.arange(SIZE)))[0]
    kept = build_features(amounts(), ClusterSettings(), audit_only=["MntWines"])
    assert kept.feature_names == ["NumWebPurchases"]


def test_one_feature_alone_is_said() -> None:
    names, told = used(table(recency_days=np.arange(SIZE), income=np.arange(SIZE)))
    assert (names, told) == (["recency_days"], "segments are based on recency_days alone; cluster.features adds more")


@pytest.mark.parametrize("scale", [1, 5, 10])
def test_answers_on_one_scale_stand_in_for_behaviour(scale: int) -> None:
    customers = from_columns({**answers("abcd", scale), "age": np.arange(SIZE), "wave": np.arange(SIZE) % 3})
    names, told = used(customers)
    assert names == ["a", "b", "c", "d"]
    assert INSTEAD.format(4) in told
    made = pipeline.cluster_customers(customers, ClusterSettings(pairs=8), 1)
    assert adjusted_rand(made.labels.tolist(), HALVES.tolist()) == 1.0


def test_of_several_scales_the_one_of_most_questions() -> None:
    assert used(from_columns({**answers("abc", 1), **answers("defg", 5)}))[0] == ["d", "e", "f", "g"]


def test_answers_of_a_special_category_are_left_out_unless_there_is_a_reason() -> None:
    customers = from_columns({**answers("abc", 1), "health": HALVES})
    names, told = used(customers)
    assert names == ["a", "b", "c"]
    assert "health (the word 'health'): excluded, a special category of personal data (privacy.special_reason)" in told
    assert used(customers, special_reason="a motive, no state of health")[0] == ["a", "b", "c", "health"]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (answers("ab", 1), ["a", "b"]),
        ({"x": np.linspace(0, 1, SIZE), "plan": ["a", "b"] * (SIZE // 2)}, ["x", "plan = b"]),
        ({name: np.arange(SIZE) % 7 * 50 for name in "abc"} | {"flag": HALVES}, ["a", "b", "c"]),
    ],
    ids=["too few", "no whole numbers", "no scale"],
)
def test_usable_columns_stand_in_where_neither_behaviour_nor_a_battery_is_there(
    columns: dict[str, Any], names: list[str]
) -> None:
    found, told = used(from_columns(columns))
    assert found == names
    assert "no behaviour columns: segments are based on " in told


def test_where_nothing_can_stand_in_the_choice_is_the_users() -> None:
    with pytest.raises(UsageProblem, match="'behaviour' is a group without any available column; available: "):
        used(from_columns({"income": np.arange(SIZE), "first_order": ["2026-01-01"] * SIZE}))


def test_what_is_asked_for_is_never_replaced() -> None:
    customers = from_columns({**answers("abc", 1), "income": np.arange(SIZE)})
    assert used(customers, features=["income"]) == (["income"], "")
    with pytest.raises(UsageProblem, match="'behaviour' is a group"):
        used(customers, features=["behaviour", "income"])


def test_a_real_customer_file(shared_data: Path) -> None:
    """Its ten amounts and counts of purchases and its visits, of 29 columns, beside recency; the campaigns are not."""
    path = shared_data / "customer_personality" / "marketing_campaign_semicolon_bom_crlf.csv"
    customers = load_customers(IngestSettings(transactions=Source(path=str(path))))
    bought = [
        f"Mnt{what}" for what in ("Wines", "Fruits", "MeatProducts", "FishProducts", "SweetProducts", "GoldProds")
    ]
    counted = [f"Num{what}" for what in ("DealsPurchases", "WebPurchases", "CatalogPurchases", "StorePurchases")]
    assert used(customers)[0] == ["recency_days", *bought, *counted, "NumWebVisitsMonth"]


def test_a_real_survey(shared_data: Path) -> None:
    """Twenty motives, of which health and beauty is none of a person's health; not the segment somebody published."""
    path = shared_data / "vacmot" / "vacmot_joined.csv"
    travellers = load_customers(IngestSettings(transactions=Source(path=str(path), row_ids=True)))
    motives = path.read_text(encoding="utf-8").splitlines()[0]
    names, told = used(travellers)
    assert len(names) == 20
    assert all(name in motives.partition(",Gender")[0] for name in names)
    assert "left out" not in told
