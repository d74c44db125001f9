"""RFM as SQL: DuckDB gives every customer the scores and the segment that segcli gives."""

from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.rfm import Bins, FixedEdges, RfmSettings
from segcli.errors import UsageProblem
from segcli.model import Customers, Segmentation
from segcli.segment import maps, rfm
from segcli.segment.maps import MapRule, SegmentMap
from segcli.segment.sql.rfm import define_rfm
from tests.oracles.tables import rfm_table, table

duckdb = pytest.importorskip("duckdb")

load = cache(maps.load_map)
EDGES = FixedEdges(recency=[0.1, 30, 90.5, 180], frequency=[2, 3, 4.35, 5], monetary=[-0.3, 0.3, 40, 1234.56])
METHODS = ["quantile", "edges", "fixed", "jenks"]
OWN = SegmentMap("own", 2, (MapRule("Can't lose", {"r": (2, 2), "fm": (1.5, 2)}),), "Others")
people = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9), st.integers(-9999, 10**6)), min_size=1, max_size=40)


def customers(size: int = 400, seed: int = 5) -> Customers:
    """Many ties, values at edges, money back and money in cents."""
    chance = np.random.default_rng(seed)
    revenue = np.round(chance.lognormal(3, 2, size), 2)
    revenue[:8] = [-12.5, -0.3, 0.0, 0.1 + 0.2, 0.3, 40, 1234.56, 1e9]
    recency = chance.integers(0, 300, size)
    recency[:4] = [30, 90, 91, 180]
    return rfm_table(recency.tolist(), chance.geometric(0.4, size).tolist(), revenue.tolist())


def run(made: Segmentation, segment_map: SegmentMap) -> list[tuple[Any, ...]]:
    base = duckdb.connect()
    base.register("customers", pa.Table.from_pandas(made.customers.table, preserve_index=False))
    return sorted(base.execute(define_rfm(made, segment_map, "duckdb").sql_text).fetchall())


def ours(made: Segmentation) -> list[tuple[Any, ...]]:
    names = ["customer_id", *(name for name in made.scores if name != "rfm_score"), "rfm_segment"]
    return [tuple(row) for row in made.table[names].itertuples(index=False)]


def segment(of: Customers, segment_map: str = "default", **wanted: Any) -> Segmentation:
    return rfm.segment_by_rfm(of, RfmSettings(edges=EDGES, **wanted), load(segment_map), 1)


@pytest.mark.parametrize("bins", [5, 3, 10, 2, Bins(r=4, f=3, m=7)], ids=str)
@pytest.mark.parametrize("segment_map", maps.list_maps())
@pytest.mark.parametrize("method", METHODS)
def test_every_customer_gets_the_same_scores_and_segment(method: str, segment_map: str, bins: Any) -> None:
    made = segment(customers(), segment_map, method=method, bins=bins)
    assert run(made, load(segment_map)) == ours(made)


@settings(max_examples=20, deadline=None)
@given(
    known=people,
    method=st.sampled_from(METHODS),
    ties=st.sampled_from(["mid", "same-bin", "next"]),
    segment_map=st.sampled_from(maps.list_maps()),
    bins=st.integers(2, 10),
)
def test_any_customers_get_the_same(
    known: list[tuple[int, int, int]], method: str, ties: str, segment_map: str, bins: int
) -> None:
    recency, orders, cents = zip(*known, strict=True)
    of = rfm_table(recency, orders, [amount / 100 for amount in cents])
    made = segment(of, segment_map, method=method, ties=ties, bins=bins)
    assert run(made, load(segment_map)) == ours(made)


def test_floats_next_to_an_edge_are_told_apart() -> None:
    around = [[edge, np.nextafter(edge, -np.inf), np.nextafter(edge, np.inf)] for edge in (0.3, 1234.56, -0.3, 40)]
    revenue = list(chain.from_iterable(around))
    made = segment(rfm_table([0.1] * len(revenue), [4.35] * len(revenue), revenue), "eleven", method="fixed")
    assert len({row[3] for row in run(made, load("eleven"))}) == 5
    assert run(made, load("eleven")) == ours(made)


def test_without_money_recency_and_frequency_decide() -> None:
    known = customers().table
    made = segment(table(recency_days=list(known["recency_days"]), orders=list(known["orders"])), "six")
    assert run(made, load("six")) == ours(made)
    assert "m_score" not in define_rfm(made, load("six"), "duckdb").sql_text


def test_saved_edges_score_later_customers_as_in_segcli() -> None:
    """Edges of equal counts are kept, so those of a saved model say all that there is."""
    first = segment(customers(), method="ntile")
    kept = {"columns": {"r": "recency_days", "f": "orders", "m": "revenue"}, "bins": first.method["bins"]}
    saved = {**kept, "scoring": "ntile", "cuts": first.method["cuts"]}
    made = rfm.segment_by_rfm(customers(seed=6), RfmSettings(), load("default"), 1, saved)
    assert run(made, load("default")) == ours(made)


def test_ranges_of_a_map_may_be_halves_out_of_reach_or_all() -> None:
    rules = (
        MapRule("best", {"fm": (4.5, 5)}),
        MapRule("never", {"r": (5, 4), "f": (1, 5)}),
        MapRule("odd", {"fm": (2.5, 2.5), "r": (1, 3)}),
        MapRule("'; DROP TABLE customers; --", {"m": (3, 3)}),
        MapRule("rest", {}),
    )
    own = SegmentMap("own", 5, rules, "no one")
    for bins in (5, 3):
        made = rfm.segment_by_rfm(customers(), RfmSettings(bins=bins), own, 1)
        assert run(made, own) == ours(made)


def test_who_cannot_be_scored_has_no_segment() -> None:
    made = segment(customers())
    base = duckdb.connect()
    base.execute("CREATE TABLE customers AS SELECT 'x' AS customer_id, 3 AS recency_days, 2 AS orders")
    base.execute("ALTER TABLE customers ADD COLUMN revenue DOUBLE")
    ((who, recency, *_, monetary, name),) = base.execute(
        define_rfm(made, load("default"), "duckdb").sql_text
    ).fetchall()
    assert (who, recency, monetary, name) == ("x", 5, None, None)


def test_nested_scores_are_refused() -> None:
    with pytest.raises(UsageProblem, match="nested scores have no SQL form: where orders is cut depends on"):
        define_rfm(segment(customers(), method="nested"), load("default"), "duckdb")


@pytest.mark.parametrize("wanted", [{"method": "ntile"}, {"ties": "random"}])
def test_scores_that_part_equal_values_are_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match="customers of the same recency_days have different ones"):
        define_rfm(segment(customers(), **wanted), load("default"), "duckdb")


def test_equal_counts_without_equal_values_are_told() -> None:
    steps = list(range(1, 31))
    made = segment(rfm_table(steps[::-1], steps, steps), method="ntile")
    assert run(made, load("default")) == ours(made)


def test_another_map_than_the_one_that_named_is_refused() -> None:
    with pytest.raises(UsageProblem, match="the map 'six' gives other segments"):
        define_rfm(segment(customers()), load("six"), "duckdb")


@pytest.fixture(scope="module")
def fixed() -> Segmentation:
    edges = FixedEdges(recency=[30], frequency=[2], monetary=[0.5])
    return rfm.segment_by_rfm(rfm_table([1, 40], [3, 1], [9.5, 0.5]), RfmSettings(method="fixed", edges=edges), OWN, 1)


@pytest.mark.parametrize(
    ("dialect", "quote", "apostrophe", "double"),
    [
        ("duckdb", '"', "''", "DOUBLE"),
        ("postgresql", '"', "''", "DOUBLE PRECISION"),
        ("bigquery", "`", "\\'", "FLOAT64"),
        ("snowflake", '"', "''", "FLOAT"),
    ],
)
def test_the_statement_reads_as_a_person_would_write_it(
    fixed: Segmentation, dialect: str, quote: str, apostrophe: str, double: str
) -> None:
    expected = """\
SELECT
  "customer_id",
  "r_score",
  "f_score",
  "m_score",
  CASE
    WHEN "r_score" IS NULL OR "f_score" IS NULL OR "m_score" IS NULL THEN NULL
    WHEN "r_score" = 2 AND "f_score" + "m_score" BETWEEN 3 AND 4 THEN 'Can't lose'
    ELSE 'Others'
  END AS "rfm_segment"
FROM (
  SELECT
    "customer_id",
    CASE
      WHEN "recency_days" IS NULL THEN NULL
      WHEN "recency_days" >= 30 THEN 1
      ELSE 2
    END AS "r_score",
    CASE
      WHEN "orders" IS NULL THEN NULL
      WHEN "orders" >= 2 THEN 2
      ELSE 1
    END AS "f_score",
    CASE
      WHEN "revenue" IS NULL THEN NULL
      WHEN "revenue" >= CAST('0.5' AS DOUBLE) THEN 2
      ELSE 1
    END AS "m_score"
  FROM "crm"."people"
) AS scored"""
    expected = expected.replace('"', quote).replace("n't", f"n{apostrophe}t").replace("DOUBLE", double)
    assert define_rfm(fixed, OWN, dialect, "crm.people").select_statement == expected


def test_the_head_says_what_it_is_and_on_what_terms(fixed: Segmentation) -> None:
    found = define_rfm(fixed, OWN, "snowflake")
    assert found.sql_text.splitlines()[:6] == [
        "-- rfm_segment as segcli computes it, as of 2024-01-01, for snowflake",
        "-- scores by fixed, segments by the map own",
        "-- input columns: recency_days (a number), orders (a number), revenue (a number)",
        "-- measures such as recency_days must be computed as of the same day",
        "-- missing values must be NULL: an empty text or NaN is a value",
        "-- names are quoted, so the names of columns and the table are case-sensitive",
    ]
    assert found.sql_text.endswith(") AS scored;\n")
    assert found.input_columns == ("recency_days", "orders", "revenue")
