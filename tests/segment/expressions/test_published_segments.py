"""Forty published segment definitions: segcli and DuckDB find the same members, in a simulated shop and in real orders.

The page docs/segment-definitions.md is made from the same file.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from segcli.config.ingest import IngestSettings
from segcli.config.rules import RulesSettings
from segcli.config.segment_files import name_column
from segcli.customers import load_customers
from segcli.model import Customers, Segmentation
from segcli.persona.sql_definition import define_segmentation
from segcli.segment import rules
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.rule_set import RuleSet
from segcli.segment.sql.conditions import rule_to_sql
from segcli.segment.sql.dialects import DIALECTS

duckdb = pytest.importorskip("duckdb")

AS_OF = date(2026, 7, 1)
DOCUMENT = yaml.safe_load(Path(__file__).with_name("published_segments.yaml").read_text(encoding="utf-8"))
EXPRESSED = [definition for definition in DOCUMENT["definitions"] if "rule" in definition]
NAMES = [definition["name"] for definition in EXPRESSED]
MORE_RULES = [  # sentences of practice guides about tickets, reviews and answers
    "last(tickets.value) <= 2",
    "count(tickets where type == 'opened' within 90 days) >= 2 and ratio(tickets where type == 'solved') < 0.4",
    "any(orders within 14 days after campaigns where type == 'clicked')",
    "any(tickets where type == 'opened' within 30 days after orders where quantity >= 2)",
    "ratio(campaigns where type == 'opened', campaigns where type == 'sent') >= 0.5",
    "ratio(orders.amount where channel == 'store' within 2 years) > 0.5",
    "first(reviews.value) == 5 and any(reviews where text contains 'slow' before orders)",
    "count(orders within 60 days before reviews where value <= 2) >= 1",
    "any(campaigns where type == 'clicked' within 30 days after campaigns where type == 'opened')",
    "any(orders after orders after web where type == 'product_viewed')",
    "distinct(web.page within 1 year) >= 3 and not birthday within next 60 days",
    "sum(subscriptions.value) > 30 or last(subscriptions.type) is missing",
]


def _draw_rows(draw: np.random.Generator, count: int, kinds: list[str], make: Callable[[str], str]) -> list[str]:
    """Return events of random customers on random days of the last two years, and a few days after the as-of day."""
    rows = []
    for _ in range(count):
        time = pd.Timestamp(AS_OF) - pd.Timedelta(minutes=int(draw.integers(-6 * 1440, 730 * 1440)))
        kind = str(draw.choice(kinds))
        rows.append(f"c{draw.integers(220):03},{time},{kind},{make(kind)}")
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a shop with 200 buyers among 220 customers, and their campaigns, visits, tickets and so on."""
    draw, path = np.random.default_rng(28), tmp_path_factory.mktemp("shop")
    products = ["Red Mug", "Blue Mug", "Red Pan", "Doll"]
    customers, orders = [], []
    for number in range(220):
        birth = pd.Timestamp("1950-01-01") + pd.Timedelta(days=int(draw.integers(0, 20000)))
        joined = pd.Timestamp(AS_OF) - pd.Timedelta(days=int(draw.integers(10, 900)))
        card = draw.choice(["AB1234", "XY0001", "none", ""])
        customers.append(
            f"c{number:03},{birth.date() if number % 9 else ''},{draw.choice(['US', 'CA', 'DE', ''])},"
            f"{draw.choice(['Berlin', 'Potsdam', 'Bonn', ''])},{joined.date()},{draw.choice(['yes', 'no'])},{card}"
        )
    for order in range(1400):
        customer = int(200 * draw.random() ** 2)  # few customers have many orders
        time = pd.Timestamp(AS_OF) - pd.Timedelta(minutes=int(draw.integers(-3 * 1440, 800 * 1440)))
        for _ in range(draw.integers(1, 4)):
            is_return = draw.random() < 0.05
            amount, quantity = (int(draw.integers(300, 9000)) / 100, draw.integers(1, 4))
            orders.append(
                f"{order},c{customer:03},{time},{draw.choice(products)},{draw.choice(['web', 'store', ''])},"
                f"{-1 if is_return else quantity},{-amount if is_return else amount}"
            )
    texts = {
        "customers": ["customer_id,birth_date,country,city,signup_date,email_consent,loyalty_card", *customers],
        "orders": ["order_id,customer_id,order_date,product,channel,quantity,amount", *orders],
        "campaigns": [
            "customer_id,time,type,campaign",
            *_draw_rows(
                draw, 1500, ["sent", "sent", "opened", "clicked"], lambda _: str(draw.choice(["summer", "winter"]))
            ),
        ],
        "web": [
            "customer_id,time,type,page,session",
            *_draw_rows(
                draw,
                2500,
                ["product_viewed", "product_viewed", "add_to_cart", "checkout_started"],
                lambda _: f"/products/{draw.choice(['mug', 'mug-red', 'pan'])},s{draw.integers(1500)}",
            ),
        ],
        "tickets": [
            "customer_id,time,type,value",
            *_draw_rows(draw, 500, ["opened", "solved"], lambda _: str(draw.choice(["", "1", "2", "4", "5"]))),
        ],
        "reviews": [
            "customer_id,time,type,value,text",
            *_draw_rows(draw, 400, ["review"], lambda _: f"{draw.integers(1, 6)},{draw.choice(['slow', 'nice', ''])}"),
        ],
        "subscriptions": [
            "customer_id,time,type,value",
            *_draw_rows(draw, 120, ["started", "cancelled"], lambda _: str(draw.choice(["9.9", "19.9"]))),
        ],
    }
    for name, lines in texts.items():
        (path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return path


def load_shop(folder: Path, *, from_contacts: bool) -> Customers:
    """Load the buyers with their orders, or all contacts with their purchases as events."""
    events = {
        name: {"path": str(folder / f"{name}.csv")}
        for name in ("campaigns", "web", "tickets", "reviews", "subscriptions")
    }
    customers = {"path": str(folder / "customers.csv")}
    orders = {"path": str(folder / "orders.csv")}
    sources: dict[str, Any] = {"transactions": orders, "customers": customers, "events": events}
    if from_contacts:
        sources = {"transactions": customers, "events": {**events, "purchases": {**orders, "time": "order_date"}}}
    return load_customers(IngestSettings.model_validate(sources), AS_OF)


@pytest.fixture(scope="module")
def shops(folder: Path) -> dict[str, Customers]:
    return {
        "orders": load_shop(folder, from_contacts=False),
        "contacts": load_shop(folder, from_contacts=True),
    }


def segment(customers: Customers, named_rules: dict[str, str]) -> tuple[dict[str, Segmentation], list[RuleSet]]:
    """Return a segmentation of each rule, by its name."""
    sections = [
        RulesSettings.model_validate({"name": name_column(name), "segments": [{"segment": name, "when": rule}]})
        for name, rule in named_rules.items()
    ]
    rule_sets = rules.prepare_rule_sets(sections, event_tables=customers.events)
    made = {segmentation.column: segmentation for segmentation in rules.segment_by_rules(customers, rule_sets)}
    return {name: made[name_column(name)] for name in named_rules}, rule_sets


def connect(table: pd.DataFrame, customers: Customers) -> Any:
    """Return a database with the customers, their order lines as decimals of money, and their events."""
    base, transactions = duckdb.connect(), customers.transactions
    tables = {"customers": table}
    tables |= {
        name: rows.assign(customer_id=rows["customer_id"].astype(str)) for name, rows in customers.events.items()
    }
    if transactions is not None:
        lines = transactions.lines.assign(customer_id=transactions.lines["customer_id"].astype(str))
        texts = [name for name in lines if isinstance(lines[name].dtype, pd.CategoricalDtype)]
        tables["order_lines"] = lines.assign(**{name: lines[name].astype(str).replace("", None) for name in texts})
    for name, rows in tables.items():
        base.register(name, pa.Table.from_pandas(rows, preserve_index=False))
    if transactions is not None:
        money = f"CAST(CAST(amount AS DECIMAL(28, 6)) / {transactions.money_scale} AS DECIMAL(28, 6))"
        base.execute(f"CREATE TABLE orders AS SELECT * REPLACE ({money} AS amount) FROM order_lines")  # noqa: S608
    return base


def assert_same_members(segmentation: Segmentation, rule_sets: list[RuleSet], base: Any) -> None:
    """Compare the members that segcli and DuckDB find."""
    found = base.execute(define_segmentation(segmentation, "duckdb", rule_sets).sql_text).fetchall()
    ids = segmentation.customers.table["customer_id"].astype(str)
    assert dict(found) == dict(zip(ids, segmentation.labels.astype(str), strict=True))


def test_at_least_38_of_40_definitions_are_expressed() -> None:
    definitions = DOCUMENT["definitions"]
    assert (len(definitions), len({definition["name"] for definition in definitions})) == (40, 40)
    assert len(EXPRESSED) >= 38
    assert all(definition.get("reason") for definition in definitions if "rule" not in definition)
    assert {definition["source"] for definition in definitions} == set(DOCUMENT["sources"])


@pytest.fixture(scope="module")
def published(shops: dict[str, Customers]) -> dict[str, tuple[dict[str, Segmentation], list[RuleSet], Any]]:
    """The segmentations of the definitions by input, with their rules and a database of the same tables."""
    made = {}
    for name, customers in shops.items():
        chosen = {item["name"]: item["rule"] for item in EXPRESSED if item.get("input", "orders") == name}
        segmentations, rule_sets = segment(customers, chosen)
        last = max(segmentations.values(), key=lambda segmentation: len(segmentation.table.columns))
        made[name] = (segmentations, rule_sets, connect(last.table, customers))
    return made


@pytest.mark.parametrize("definition", EXPRESSED, ids=NAMES)
def test_duckdb_finds_the_members_of_a_definition(definition: dict[str, Any], published: Any) -> None:
    segmentations, rule_sets, base = published[definition.get("input", "orders")]
    segmentation = segmentations[definition["name"]]
    assert_same_members(segmentation, rule_sets, base)
    assert segmentation.labels.nunique() == 2, "a definition that all or no customers meet tests nothing"


@pytest.mark.parametrize("rule", MORE_RULES)
def test_duckdb_finds_the_members_of_a_sentence(rule: str, shops: dict[str, Customers]) -> None:
    customers = shops["orders"]
    segmentations, rule_sets = segment(customers, {"found": rule})
    assert_same_members(segmentations["found"], rule_sets, connect(customers.table, customers))
    assert segmentations["found"].labels.nunique() == 2


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_writes_every_definition(dialect: str, published: Any) -> None:
    for segmentations, rule_sets, _ in published.values():
        for segmentation in segmentations.values():
            assert define_segmentation(segmentation, dialect, rule_sets).sql_text.endswith(";\n")


def test_the_members_in_real_orders_are_the_same(online_retail: Callable[[], Any]) -> None:
    """Definitions that need only orders, with the products of this shop."""
    customers = online_retail()
    chosen = {
        item["name"]: item["rule"].replace("Red", "85").replace("Mug", "09").replace("2026-0", "2011-0")
        for item in EXPRESSED
        if item.get("reads") == ["orders"] and "channel" not in item.get("columns", []) and "city" not in item["rule"]
    }
    assert len(chosen) >= 18
    segmentations, rule_sets = segment(customers, chosen)
    last = max(segmentations.values(), key=lambda segmentation: len(segmentation.table.columns))
    base = connect(last.table, customers)
    for name, segmentation in segmentations.items():
        assert_same_members(segmentation, rule_sets, base)
        assert segmentation.labels.nunique() == 2 or name == "Product 18 to 24 months ago"  # it has 12 months of orders


@pytest.mark.parametrize("as_of", ["2026-02-27", "2026-02-28", "2026-03-01", "2028-02-28", "2028-02-29", "2026-12-31"])
@pytest.mark.parametrize("text", ["anniversary(day) within next 1 day", "date(written) + 1 month <= as_of - 20 years"])
def test_duckdb_computes_the_same_days(as_of: str, text: str) -> None:
    """Each day of five years, with a leap day, and texts that are no days."""
    days = pd.date_range("1994-01-01", "1998-12-31")
    written = [f"{day:%Y-%m-%d}{' 10:30' * (day.day % 2)}" if day.day % 3 else f"{day:%Y-%m}-31" for day in days]
    table = pd.DataFrame({"day": days.astype("datetime64[us]"), "written": pd.Series(written, dtype="str")})
    rule_table = RuleTable(table, date.fromisoformat(as_of))
    rule = parse_rule(text)
    check_rule(rule, rule_table.column_kinds)
    base = duckdb.connect()
    base.register("people", pa.Table.from_pandas(table))
    condition = rule_to_sql(rule, rule_table.column_kinds, "duckdb", date.fromisoformat(as_of))
    found = base.execute(f"SELECT COALESCE({condition}, FALSE) FROM people ORDER BY day").fetchall()  # noqa: S608
    assert [row[0] for row in found] == evaluate_rule(rule, rule_table).is_true.tolist()
    assert len({row[0] for row in found}) == 2
