"""Found segments as rules: right as far as they say, in segcli's own language and in SQL."""

import re
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from segcli.config import load_settings, parse_yaml_layer
from segcli.config.cluster import ClusterSettings
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.persona.explanations import _shorten_threshold, explain_customer, explain_segments, format_rules_yaml
from segcli.persona.sql_definition import define_segmentation
from segcli.segment import rules
from segcli.segment.clustering import pipeline
from tests.oracles.tables import table

FEATURES = ["recency_days", "orders", "revenue"]


@pytest.fixture(scope="module")
def made() -> Segmentation:
    chance = np.random.default_rng(3)
    size = 300
    columns = {
        "recency_days": chance.integers(1, 400, size).astype(float),
        "orders": chance.geometric(0.3, size).astype(float),
        "revenue": chance.lognormal(4, 1, size).round(2),
    }
    return pipeline.cluster_customers(table(**columns), ClusterSettings(k=4, pairs=0), 1)


def test_rules_replayed_give_the_fidelity_that_is_told(made: Segmentation) -> None:
    found = explain_segments(made, FEATURES)
    settings = load_settings([parse_yaml_layer(format_rules_yaml(found, "again"), "rules.yaml", ".")]).settings
    (replayed,) = rules.segment_by_rules(made.customers, rules.prepare_rule_sets(settings.rules))
    right = float((replayed.labels == made.labels).mean())
    assert right == pytest.approx(found.fidelity)
    assert found.fidelity > 0.85
    for one in found.segment_rules:
        holds = rules.match_rules(made.customers, rules.prepare_rule_sets(settings.rules)[0])
        place = [o.segment for o in found.segment_rules].index(one.segment)
        inside = (made.labels == one.segment).to_numpy()
        assert one.coverage == pytest.approx((holds[place] & inside).sum() / inside.sum())
        assert one.precision == pytest.approx((holds[place] & inside).sum() / holds[place].sum())


def test_clear_groups_are_told_exactly_and_shortly() -> None:
    of = table(orders=[1.0, 2.0, 1.0, 9.0, 11.0, 10.0], revenue=[5.0, 6.0, 7.0, 5.0, 6.0, 7.0])
    found = explain_segments(
        pipeline.cluster_customers(of, ClusterSettings(k=2, pairs=0, features=["orders"]), 1), ["orders"]
    )
    assert found.fidelity == 1
    assert sorted(one.condition_text for one in found.segment_rules) == ["orders <= 6", "orders > 6"]


@pytest.mark.parametrize(
    ("values", "threshold", "short"), [([1, 2.0], 1.5, 1.5), ([1.23, 4.9], 3.065, 3.0), ([0.011, 0.012], 0.0115, 0.011)]
)
def test_thresholds_are_the_shortest_numbers_that_part_the_same(values: Any, threshold: float, short: float) -> None:
    found = _shorten_threshold(threshold, np.array(values))
    assert values[0] <= found < values[1]
    assert len(repr(found)) <= len(repr(short))


def test_why_a_customer_is_in_a_segment(made: Segmentation) -> None:
    found = explain_segments(made, FEATURES)
    lines = list(explain_customer(made, found, str(made.customers.table["customer_id"][0])))
    assert re.fullmatch(r".+   margin \d\.\d\d; second choice .+", lines[0])
    assert lines[1].startswith("  by rule: ")
    assert lines[-1].startswith("  revenue ")
    with pytest.raises(UsageProblem, match="no customer 'nobody'"):
        list(explain_customer(made, found, "nobody"))
    with pytest.raises(UsageProblem, match="no numeric or categorical column"):
        explain_segments(made, ["customer_id"])


def test_kinds_are_told_as_texts_in_rules_and_in_sql() -> None:
    of = table(orders=[1.0, 1.0, 1.0, 1.0, 9.0, 9.0], country=["O'Dell", "O'Dell", "Z", "Z", "Z", "Z"])
    made = pipeline.cluster_customers(of, ClusterSettings(k=3, pairs=0, features=["orders", "country"]), 1)
    found = explain_segments(made, ["orders", "country"])
    assert found.fidelity == 1
    told = {rule for one in found.segment_rules for rule in one.rule_texts}
    assert "O'Dell" in " ".join(told)
    settings = load_settings([parse_yaml_layer(format_rules_yaml(found, "again"), "rules.yaml", ".")]).settings
    (replayed,) = rules.segment_by_rules(made.customers, rules.prepare_rule_sets(settings.rules))
    assert replayed.labels.tolist() == made.labels.tolist()
    base = duckdb.connect()
    base.register("customers", pa.Table.from_pandas(made.customers.table, preserve_index=False))
    rows = base.execute(f"{define_segmentation(made, 'duckdb').select_statement} ORDER BY customer_id").fetchall()
    assert [row[1] for row in rows] == made.labels.tolist()
