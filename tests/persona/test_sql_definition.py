"""Any segmentation as SQL: what DuckDB finds is what segcli found, and what cannot be said is refused."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.rfm import RfmSettings
from segcli.config.rules import RulesSettings
from segcli.customers import load_customers
from segcli.errors import UsageProblem
from segcli.model import Customers, Segmentation
from segcli.persona.explanations import explain_segments
from segcli.persona.sql_definition import define_segmentation
from segcli.segment import maps, rfm, rules
from segcli.segment.clustering import pipeline
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

duckdb = pytest.importorskip("duckdb")

FOLDER = Path(__file__).parents[2] / "sample_data"
HOSTILE = "'; DROP TABLE customers; --"
QUOTED = 'a "b" \\ c'
WRITTEN = RulesSettings.model_validate(
    {
        "name": "grade",
        "otherwise": "rest\n-- 'n' \\",
        "segments": [
            {"segment": "café", "when": "city == 'Café' or city starts with \"O'\""},
            {"segment": HOSTILE, "when": "revenue / orders >= 25.1", "priority": 1},
            {"segment": "back", "when": {"all": ["last_order >= as_of - 1 month"], "none": ["city is missing"]}},
            {"segment": "odd", "when": f"`{QUOTED}` > 0.3"},
        ],
    }
)


@pytest.fixture(scope="module")
def customers() -> Customers:
    chance = np.random.default_rng(3)
    size = 300
    columns: dict[str, Any] = {
        "recency_days": chance.integers(1, 400, size).astype(float),
        "orders": pd.array(chance.geometric(0.3, size), dtype="Int64"),
        "revenue": chance.lognormal(4, 1, size).round(2),
        "city": pd.array(chance.choice(["Café", "O'Hare", "Ulm\n2", "日本"], size), dtype="str"),
        "last_order": pd.Timestamp("2024-01-01") - pd.to_timedelta(chance.integers(1, 90, size), unit="D"),
        QUOTED: chance.choice([0.1 + 0.2, 0.3, 0.5], size),
    }
    of = from_columns(columns)
    of.table.loc[:9, "revenue"] = None
    of.table.loc[5:14, "city"] = None
    return of


def run(made: Segmentation, sql: str) -> list[Any]:
    base = duckdb.connect()
    base.register("customers", pa.Table.from_pandas(made.customers.table, preserve_index=False))
    found = base.execute(sql).fetchall()
    assert [row[0] for row in sorted(found)] == list(made.customers.table["customer_id"])
    return [row[-1] for row in sorted(found)]


def clusters(of: Customers, features: list[str]) -> Segmentation:
    return pipeline.cluster_customers(of, ClusterSettings(k=4, pairs=0, features=features), 1)


def test_written_rules_name_every_customer_alike(customers: Customers) -> None:
    asked = rules.prepare_rule_sets([WRITTEN])
    (made,) = rules.segment_by_rules(customers, asked)
    assert run(made, define_segmentation(made, "duckdb", asked).sql_text) == list(made.labels)
    assert set(made.labels) == {"café", HOSTILE, "back", "odd", WRITTEN.otherwise}


def test_rules_may_ask_for_segmentations_before_them(customers: Customers) -> None:
    later = RulesSettings.model_validate(
        {"name": "best", "segments": [{"segment": "yes", "when": f'grade == "{HOSTILE}"'}], "exclusive": False}
    )
    asked = rules.prepare_rule_sets([later, WRITTEN])
    made = rules.segment_by_rules(customers, asked)
    for one in made:
        found = define_segmentation(one, "duckdb", asked)
        assert run(one, found.sql_text) == list(one.labels)
    assert found.input_columns == ("grade",)
    assert "best_all is omitted" in found.notes


def test_rules_of_found_clusters_are_right_as_far_as_they_say(customers: Customers) -> None:
    features = ["recency_days", "orders", "revenue", "city", QUOTED]
    made = clusters(customers, features)
    found, told = define_segmentation(made, "duckdb"), explain_segments(made, features)
    right = np.mean([a == b for a, b in zip(run(made, found.sql_text), made.labels, strict=True)])
    assert right == pytest.approx(told.fidelity)
    assert f"-- rules of a shallow tree, correct for {told.fidelity:.1%} of the customers" in found.sql_text


def test_texts_beyond_ascii_tell_segments_apart() -> None:
    of = from_columns({"city": ["Café", "日本", 'Ulm "2"'] * 20, "orders": [1.0, 2.0, 3.0] * 20})
    made = pipeline.cluster_customers(of, ClusterSettings(k=3, pairs=0, features=["city"]), 1)
    assert explain_segments(made, ["city"]).fidelity == 1
    assert run(made, define_segmentation(made, "duckdb").sql_text) == list(made.labels)


@pytest.mark.parametrize("dialect", ["postgresql", "bigquery", "snowflake"])
def test_other_dialects_keep_hostile_names_in_their_quotes(customers: Customers, dialect: str) -> None:
    asked = rules.prepare_rule_sets([WRITTEN])
    (made,) = rules.segment_by_rules(customers, asked)
    found = define_segmentation(made, dialect, asked, "shop.people")
    shown = {"postgresql": "'''; DROP", "bigquery": "'\\'; DROP", "snowflake": "'''; DROP"}
    assert f"THEN {shown[dialect]} TABLE customers; --'" in found.select_statement
    rest = {
        "postgresql": "'rest\n-- ''n'' \\'",
        "bigquery": "'rest\\n-- \\'n\\' \\\\'",
        "snowflake": "'rest\n-- ''n'' \\\\'",
    }
    assert f"  ELSE {rest[dialect]}\n" in found.select_statement
    assert found.select_statement.endswith("FROM `shop`.`people`" if dialect == "bigquery" else 'FROM "shop"."people"')


def test_a_rule_reads_as_a_person_would_write_it() -> None:
    columns: dict[str, Any] = {"orders": [1, 2], "city": pd.array(["Ulm", None], dtype="str")}
    of = from_columns(columns)
    segments = [{"segment": "many", "when": "orders >= 2"}, {"segment": "Ulm", "when": "city matches 'U.*'"}]
    asked = rules.prepare_rule_sets([RulesSettings.model_validate({"name": "size", "segments": segments})])
    (made,) = rules.segment_by_rules(of, asked)
    assert (
        define_segmentation(made, "postgresql", asked).sql_text
        == """\
-- size as segcli computes it, as of 2024-01-01, for postgresql
-- input columns: orders (a number), city (a text)
-- measures such as recency_days must be computed as of the same day
-- missing values must be NULL: an empty text or NaN is a value
-- the database must use UTF-8
-- patterns run in postgresql, not in RE2: they may differ on multi-line texts
SELECT
  "customer_id",
  CASE
    WHEN "orders" >= 2 THEN 'many'
    WHEN "city" ~ '^(?:U.*)$' THEN 'Ulm'
    ELSE 'Others'
  END AS "size"
FROM "customers";
"""
    )


def test_a_base_is_refused(customers: Customers) -> None:
    asked = rules.prepare_rule_sets([RulesSettings(base="usage")])
    (made,) = rules.segment_by_rules(customers, asked)
    with pytest.raises(UsageProblem, match="usage has no SQL form: the base usage runs in Python"):
        define_segmentation(made, "duckdb", asked)


def test_what_was_only_read_is_refused(customers: Customers) -> None:
    with pytest.raises(UsageProblem, match="its rules are not known here"):
        define_segmentation(read_segmentation(customers_with_labels(customers), "rfm_segment"), "duckdb")


def customers_with_labels(customers: Customers) -> Customers:
    table = customers.table.assign(rfm_segment="Champions")
    return Customers(table, customers.as_of, customers.input_reports)


def test_an_unknown_dialect_is_refused(customers: Customers) -> None:
    made = rfm.segment_by_rfm(known(customers), RfmSettings(), maps.load_map("default"), 1)
    with pytest.raises(UsageProblem, match="no SQL dialect 'oracle'"):
        define_segmentation(made, "oracle")


def known(customers: Customers) -> Customers:
    return Customers(
        customers.table.assign(revenue=customers.table["revenue"].fillna(0)), date(2024, 1, 1), customers.input_reports
    )


@pytest.fixture(scope="module")
def shop() -> Customers:
    named = {"customer_id": "id", "income": "income_band", "email_consent": "newsletter"}
    settings = IngestSettings(
        transactions=Source(path=str(FOLDER / "orders.csv")),
        customers=Source(path=str(FOLDER / "customers.csv"), columns=named),
        id_case="upper",
        dedupe="lines",
    )
    return load_customers(settings, date(2026, 7, 1))


@pytest.mark.parametrize("segment_map", maps.list_maps())
def test_the_shop_of_the_sample_data_is_scored_alike(shop: Customers, segment_map: str) -> None:
    made = rfm.segment_by_rfm(shop, RfmSettings(segments=segment_map), maps.load_map(segment_map), 1)
    assert run(made, define_segmentation(made, "duckdb").sql_text) == list(made.labels)


def test_the_shop_of_the_sample_data_is_ruled_alike(shop: Customers) -> None:
    segments = [
        {"segment": "lately", "when": "last_order >= as_of - 2 months and country in ['Poland', 'France']"},
        {"segment": "costly", "when": "revenue / orders > 60 and not education is missing"},
        {"segment": "old", "when": "birth_date < as_of - 60 years or first_order + 90 days < last_order"},
    ]
    asked = rules.prepare_rule_sets([RulesSettings.model_validate({"name": "own", "segments": segments})])
    (made,) = rules.segment_by_rules(shop, asked)
    assert set(made.labels) == {"lately", "costly", "old", "Others"}
    assert run(made, define_segmentation(made, "duckdb", asked).sql_text) == list(made.labels)


def test_the_clusters_of_the_sample_data_are_told_as_far_as_they_say(shop: Customers) -> None:
    features = ["recency_days", "orders", "revenue", "country", "age"]
    made = clusters(shop, features)
    right = np.mean(
        [a == b for a, b in zip(run(made, define_segmentation(made, "duckdb").sql_text), made.labels, strict=True)]
    )
    assert right == pytest.approx(explain_segments(made, features).fidelity)
