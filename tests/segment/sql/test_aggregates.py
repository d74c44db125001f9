"""Aggregates as SQL: DuckDB finds the members that segcli finds, on a simulated shop and on Online Retail."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from segcli.config.ingest import IngestSettings
from segcli.config.rules import RulesSettings
from segcli.customers import load_customers
from segcli.errors import UsageProblem
from segcli.model import Customers, Segmentation
from segcli.persona.sql_definition import define_segmentation
from segcli.segment import rules
from segcli.segment.expressions.checker import ValueKind
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.sql.conditions import rule_to_sql
from segcli.segment.sql.dialects import DIALECTS

duckdb = pytest.importorskip("duckdb")

AS_OF = date(2026, 7, 1)
CATEGORIES, CHANNELS = ["toys", "home", "Bücher", ""], ["web", "store", "app", ""]
SHOP_RULES = [
    (
        'count(orders where category == "toys" within 90 days) >= 2 '
        'and not any(campaigns where type == "clicked" within 30 days)'
    ),
    'sum(orders.amount where product contains "Mug") > 100',
    "sum(orders.amount) == revenue",
    "count(orders) == orders and count(order_lines) == order_lines",
    'first(orders.channel) == "store"',
    'last(orders.channel) in ["app", "web"]',
    'days_since(orders where channel == "web") <= 14',
    "days_since(orders) == recency_days",
    "distinct(orders.category within 1 year) >= 3",
    "count(orders where amount >= 50) / count(orders) > 0.5",
    "last(campaigns.value) <= 2",
    "first(campaigns.type within 30 days) is missing",
    'sum(campaigns.value where type != "sent" within 6 months) > 3',
    "first(orders.order_date) < '2025-09-01'",
    "last(orders.amount) > first(orders.amount)",
    "as_of - last(orders.order_date) < 10 days",
    "distinct(orders.order_date within 12 weeks) between 2 and 4",
    'any(orders where product matches "[MP].*" and quantity > 1)',
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Customers:
    """Orders with returns, blanks and several lines at one time, and campaign sends, for 60 customers."""
    draw, folder = np.random.default_rng(7), tmp_path_factory.mktemp("shop")
    orders, sends = [], []
    for order_id in range(500):
        customer, day = draw.integers(60), pd.Timestamp(AS_OF) - pd.Timedelta(days=int(draw.integers(0, 420)))
        for _ in range(draw.integers(1, 4)):
            is_return = order_id > 3 and draw.random() < 0.08
            product, category = draw.choice(["Red Mug", "Pan", "Doll"]), draw.choice(CATEGORIES)
            cents = int(draw.integers(100, 9000)) * (-1 if is_return else 1)
            orders.append(
                f"{order_id},c{customer:02},{day},{product},{category},{draw.choice(CHANNELS)},"
                f"{-1 if is_return else draw.integers(1, 3)},{cents / 100}"
            )
    for number in range(400):
        day = pd.Timestamp(AS_OF) - pd.Timedelta(days=int(draw.integers(-5, 200)), hours=int(draw.integers(0, 24)))
        value = draw.choice(["", "1", "2", "2.5"])
        sends.append(f"{number},c{draw.integers(60):02},{day},{draw.choice(['sent', 'opened', 'clicked'])},{value}")
    header = "order_id,customer_id,order_date,product,category,channel,quantity,amount"
    (folder / "orders.csv").write_text("\n".join([header, *orders]), encoding="utf-8")
    (folder / "sends.csv").write_text("\n".join(["event_id,customer_id,time,type,value", *sends]))
    settings = {
        "transactions": {"path": str(folder / "orders.csv")},
        "events": {"campaigns": {"path": str(folder / "sends.csv")}},
    }
    return load_customers(IngestSettings.model_validate(settings), AS_OF)


def segment(customers: Customers, *when: str) -> tuple[Segmentation, list[rules.RuleSet]]:
    segments = [{"segment": f"s{number}", "when": rule} for number, rule in enumerate(when)]
    section = RulesSettings.model_validate({"name": "found", "segments": segments})
    rule_sets = rules.prepare_rule_sets([section], event_tables=customers.events)
    return rules.segment_by_rules(customers, rule_sets)[0], rule_sets


def connect(customers: Customers) -> Any:
    """Return a database with the customers, their order lines as decimals of money, and their events."""
    base, transactions = duckdb.connect(), customers.transactions
    assert transactions is not None
    lines = transactions.lines.assign(customer_id=transactions.lines["customer_id"].astype(str))
    texts = [name for name in lines if isinstance(lines[name].dtype, pd.CategoricalDtype)]
    lines = lines.assign(**{name: lines[name].astype(str).replace("", None) for name in texts})
    tables = {"customers": customers.table, "order_lines": lines}
    tables |= {
        name: rows.assign(customer_id=rows["customer_id"].astype(str)) for name, rows in customers.events.items()
    }
    for name, table in tables.items():
        base.register(name, pa.Table.from_pandas(table, preserve_index=False))
    money = f"CAST(CAST(amount AS DECIMAL(28, 6)) / {transactions.money_scale} AS DECIMAL(28, 6))"
    base.execute(f"CREATE TABLE orders AS SELECT * REPLACE ({money} AS amount) FROM order_lines")  # noqa: S608
    return base


@pytest.mark.parametrize("rule", SHOP_RULES)
def test_duckdb_finds_the_members_of_a_rule(shop: Customers, rule: str) -> None:
    made, rule_sets = segment(shop, rule)
    found = connect(shop).execute(define_segmentation(made, "duckdb", rule_sets).sql_text).fetchall()
    assert [row[1] for row in sorted(found)] == list(made.labels)
    assert sorted(row[0] for row in found) == list(shop.table["customer_id"])
    assert rule in {"sum(orders.amount) == revenue", SHOP_RULES[3], SHOP_RULES[7]} or made.labels.nunique() == 2


def test_all_rules_at_once_and_row_order_make_no_difference(shop: Customers) -> None:
    made, rule_sets = segment(shop, *SHOP_RULES[:2], *SHOP_RULES[4:7], *SHOP_RULES[8:])
    definition, base = define_segmentation(made, "duckdb", rule_sets), connect(shop)
    base.execute("CREATE OR REPLACE TABLE orders AS SELECT * FROM orders ORDER BY random()")
    assert [row[1] for row in sorted(base.execute(definition.sql_text).fetchall())] == list(made.labels)
    assert definition.sql_text.count("COUNT(*)") < len(SHOP_RULES)  # a repeated aggregate is computed once


def test_members_of_online_retail_are_the_same(online_retail: Callable[[], Any]) -> None:
    customers = online_retail()
    when = (
        'count(orders where product starts with "8509" within 90 days) >= 2',
        'sum(orders.amount where product starts with "22") > 300 and not any(orders within 3 months)',
        "distinct(orders.product within 30 days) >= 40",
        'days_since(orders where quantity >= 100) <= 60 or first(orders.product) starts with "85"',
    )
    made, rule_sets = segment(customers, *when)
    found = connect(customers).execute(define_segmentation(made, "duckdb", rule_sets).sql_text).fetchall()
    assert [row[1] for row in sorted(found)] == list(made.labels)
    assert made.labels.value_counts().min() > 10


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_writes_the_queries_and_names_the_tables(shop: Customers, dialect: str) -> None:
    made, rule_sets = segment(shop, SHOP_RULES[0], SHOP_RULES[4])
    definition = define_segmentation(made, dialect, rule_sets, "shop.people")
    assert "table orders: one row per order line that segcli keeps" in " ".join(definition.notes)
    assert "table campaigns: one row per event, with customer_id, time, type" in definition.notes
    plain = re.sub('["`]', "", definition.select_statement)
    assert plain.startswith(
        "WITH aggregate_query_1 AS (\n  SELECT customer_id AS aggregate_1_customer, COUNT(DISTINCT order_id)"
    )
    assert "FROM shop.orders WHERE" in plain
    assert plain.endswith(
        "FROM shop.people\n"
        "LEFT JOIN aggregate_query_1 ON aggregate_1_customer = customer_id\n"
        "LEFT JOIN aggregate_query_2 ON aggregate_2_customer = customer_id\n"
        "LEFT JOIN aggregate_query_3 ON aggregate_3_customer = customer_id"
    )


def test_a_pattern_that_a_dialect_lacks_is_refused_inside_an_aggregate(shop: Customers) -> None:
    made, rule_sets = segment(shop, r'any(orders where product matches "\\w+")')
    with pytest.raises(UsageProblem, match=r"the pattern '\\w\+' cannot be used in postgresql"):
        define_segmentation(made, "postgresql", rule_sets)


def test_a_single_expression_cannot_hold_an_aggregate() -> None:
    with pytest.raises(UsageProblem, match="orders needs an order export"):
        rule_to_sql(parse_rule("any(orders)"), {"orders": ValueKind.NUMBER}, "duckdb", AS_OF)
