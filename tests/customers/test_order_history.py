"""The reduction against an independent slow one, on drawn exports and on real ones."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers, metrics
from segcli.errors import InputProblem
from segcli.model import Customers
from tests.oracles import reduction as oracle
from tests.oracles.reduction import Facts, Policies

START = date(2024, 1, 1)
MONEY = ("revenue", "refunds", "largest_order")
AVERAGES = ("average_order_value", "median_order_value")

lines = st.builds(
    lambda who, order, day, hour, quantity, cents, category: {
        "customer_id": who,
        "order_id": f"o{order}",
        "order_date": f"{START + timedelta(days=day)} {hour:02}:30:00",
        "quantity": str(quantity),
        "unit_price": f"{cents / 100:.2f}",
        "category": category,
    },
    st.sampled_from(["A", "B", "C", "0007", "é", ""]),
    st.integers(1, 6),
    st.integers(0, 40),
    st.integers(0, 23),
    st.integers(-3, 5).filter(bool),
    st.integers(0, 3000),
    st.sampled_from(["tea", "rum", "Zimt", "äpfel", ""]),
)
exports = st.lists(lines, min_size=1, max_size=30)
policies = st.builds(
    Policies,
    returns=st.sampled_from(["net", "exclude", "separate"]),
    free_lines=st.sampled_from(["keep", "exclude"]),
    collapse=st.sampled_from(["order", "day"]),
    as_of=st.none() | st.integers(0, 60).map(lambda day: START + timedelta(days=day)),
)


def text_of(records: list[Mapping[str, str]]) -> str:
    """Records as CSV."""
    rows = [",".join(records[0]), *(",".join(record.values()) for record in records)]
    return "\n".join(rows) + "\n"


def declared(records: list[Mapping[str, str]]) -> dict[str, Any]:
    columns = {name: name for name in records[0]}
    return {"columns": columns, "date_format": "%Y-%m-%d %H:%M:%S", "order_ids": "unique"}


def reduced(customers_of: Callable[..., Any], records: list[Mapping[str, str]], wanted: Policies) -> Customers | None:
    """Customers, or nothing where segcli says that nobody bought."""
    chosen = {"returns": wanted.returns, "free_lines": wanted.free_lines, "collapse": wanted.collapse}
    try:
        found: Customers = customers_of(text_of(records), as_of=wanted.as_of, source=declared(records), **chosen)
    except InputProblem as error:
        assert "no purchases left" in str(error)  # noqa: PT017 - this refusal is one of the two right answers
        return None
    return found


def agree(customers: Customers, facts: Mapping[str, Facts]) -> None:
    """Every customer, every measure."""
    table = customers.table.set_index("customer_id")
    assert list(table.index) == sorted(facts)
    for row in table.reset_index().to_dict("records"):
        compare(row, facts[row["customer_id"]])


def compare(row: Mapping[Any, Any], fact: Facts) -> None:
    for name in ("recency_days", "orders", "order_lines"):
        assert row[name] == getattr(fact, name), name
    assert (row["first_order"].date(), row["last_order"].date()) == (fact.first_order, fact.last_order)
    for name in MONEY:
        assert row[name] == pytest.approx(float(getattr(fact, name)), rel=1e-12, abs=1e-9), name
    for name in AVERAGES:
        assert row[name] == pytest.approx(float(getattr(fact, name)), rel=1e-9, abs=1e-6), name
    gap = row["mean_days_between_orders"]
    assert pd.isna(gap) if fact.mean_days_between_orders is None else same(gap, fact.mean_days_between_orders)
    assert (
        row["last_gap_days"] == fact.last_gap_days if fact.last_gap_days is not None else pd.isna(row["last_gap_days"])
    )
    varies = row["cv_days_between_orders"]
    assert (
        pd.isna(varies)
        if fact.cv_days_between_orders is None
        else varies == pytest.approx(fact.cv_days_between_orders, abs=1e-6)
    )
    if "top_category" in row:
        top = row["top_category"]
        assert (None if pd.isna(top) else top) == fact.top_category


def same(value: float, exact: Fraction) -> bool:
    return bool(value == pytest.approx(float(exact), abs=1e-6))


@settings(max_examples=50, deadline=None)
@given(records=exports, wanted=policies)
def test_every_measure_is_that_of_the_slow_recomputation(
    customers_of: Callable[..., Any], records: list[Mapping[str, str]], wanted: Policies
) -> None:
    customers = reduced(customers_of, records, wanted)
    facts = oracle.reduce(oracle.rows_of(text_of(records)), wanted)
    assert (customers is None) == (not facts)
    if customers is not None:
        agree(customers, facts)


@settings(max_examples=40, deadline=None)
@given(records=exports, wanted=policies, data=st.data())
def test_the_order_of_lines_changes_not_a_bit(
    customers_of: Callable[..., Any], records: list[Mapping[str, str]], wanted: Policies, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(records))
    one, other = (reduced(customers_of, order, wanted) for order in (records, shuffled))
    if one is None or other is None:
        assert one is other
        return
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


@settings(max_examples=40, deadline=None)
@given(records=exports, wanted=policies)
def test_every_line_and_all_money_is_accounted_for(
    customers_of: Callable[..., Any], records: list[Mapping[str, str]], wanted: Policies
) -> None:
    customers = reduced(customers_of, records, wanted)
    if customers is None:
        return
    lost = customers.input_reports[0].reconciliation
    assert lost is not None
    left_out = (*lost.ignored, *lost.rejected)
    assert lost.read == len(records) == lost.kept + sum(fate.lines for fate in left_out)
    assert lost.money_read == pytest.approx(lost.money_kept + sum(fate.money for fate in left_out), abs=1e-6)
    if wanted.returns != "separate":
        assert customers.table["revenue"].sum() == pytest.approx(lost.money_kept, abs=1e-6)


# By hand

RETURNED = """customer_id,order_id,order_date,amount
A,1,2024-01-01,100.00
A,2,2024-01-11,50.00
A,3,2024-03-01,-30.00
B,4,2024-01-05,20.00
C,5,2024-01-06,-5.00
"""


@pytest.mark.parametrize(
    ("returns", "revenue", "refunds"), [("net", 120.0, 30.0), ("exclude", 150.0, 0.0), ("separate", 150.0, 30.0)]
)
def test_a_return_lowers_revenue_and_is_never_an_order(
    returns: str, revenue: float, refunds: float, customers_of: Callable[..., Any]
) -> None:
    """It does not move recency either; who only returned is nobody."""
    table = customers_of(RETURNED, returns=returns, as_of=date(2024, 3, 2)).table.set_index("customer_id")
    assert list(table.index) == ["A", "B"]
    assert table.loc["A", ["orders", "recency_days", "revenue", "refunds"]].tolist() == [2, 51, revenue, refunds]


def test_customers_with_returns_only_are_counted_in_a_warning(customers_of: Callable[..., Any]) -> None:
    warnings = customers_of(RETURNED, as_of=date(2024, 3, 2)).warnings
    assert warnings == ("1 return line of customers without a purchase excluded",)


def test_as_of_is_the_day_after_the_last_order_and_not_after_the_last_return(customers_of: Callable[..., Any]) -> None:
    assert customers_of(RETURNED).as_of == date(2024, 1, 12)


def test_lines_after_as_of_are_excluded_and_counted(customers_of: Callable[..., Any]) -> None:
    customers = customers_of(RETURNED, as_of=date(2024, 1, 10))
    assert customers.table[["orders", "revenue", "recency_days"]].to_numpy().tolist() == [[1, 100, 9], [1, 20, 5]]
    assert [(f.reason, f.lines) for f in customers.input_reports[0].reconciliation.ignored] == [
        ("after_as_of", 2),
        ("return_without_purchase", 1),
    ]


def test_a_negative_quantity_lowers_revenue_whatever_the_sign_of_the_amount(customers_of: Callable[..., Any]) -> None:
    text = "customer_id,order_id,order_date,quantity,amount\nA,1,2024-01-01,1,10\nA,2,2024-01-02,-1,4\n"
    assert customers_of(text).table["revenue"].tolist() == [6.0]


def test_a_line_total_is_not_multiplied_by_its_quantity(customers_of: Callable[..., Any]) -> None:
    text = "customer_id,order_id,order_date,quantity,amount\nA,1,2024-01-01,3,12.00\n"
    assert customers_of(text).table["revenue"].tolist() == [12.0]


def test_without_an_order_id_each_line_is_an_order(customers_of: Callable[..., Any]) -> None:
    text = "customer_id,order_date,amount\nA,2024-01-01,1.00\nA,2024-01-01,2.00\nB,2024-01-03,1.00\n"
    assert customers_of(text).table["orders"].tolist() == [2, 1]
    assert customers_of(text, collapse="day").table["orders"].tolist() == [1, 1]


def test_without_amounts_there_is_no_money(customers_of: Callable[..., Any]) -> None:
    table = customers_of("customer_id,order_id,order_date\nA,1,2024-01-01\n").table
    assert not {"revenue", "refunds", "average_order_value"} & set(table)


def test_one_order_id_of_two_customers_is_an_order_of_each(customers_of: Callable[..., Any]) -> None:
    text = "customer_id,order_id,order_date,amount\nA,1,2024-01-01,1.00\nB,1,2024-01-01,2.00\n"
    assert customers_of(text).table["orders"].tolist() == [1, 1]


def test_a_tenth_added_ten_times_is_one(customers_of: Callable[..., Any]) -> None:
    text = "customer_id,order_id,order_date,amount\n" + "A,1,2024-01-01,0.1\n" * 10
    assert customers_of(text).table["revenue"].tolist() == [1.0]


def test_ties_of_the_dominant_category_go_to_the_first_in_the_alphabet(customers_of: Callable[..., Any]) -> None:
    header = "customer_id,order_id,order_date,amount,category\n"
    table = customers_of(
        header + "".join(f"A,{i},2024-01-01,1.00,{c}\n" for i, c in enumerate(["b", "", "", "a"]))
    ).table
    assert table["top_category"].tolist() == ["a"]


def test_discounts_devices_and_gaps_by_hand(customers_of: Callable[..., Any]) -> None:
    """A: gaps of 10, 20 and 30 days, mean 20, sample standard deviation 10; half of the lines with money off."""
    header = "customer_id,order_id,order_date,amount,discount,device\n"
    days = ["2024-01-01", "2024-01-11", "2024-01-31", "2024-03-01"]
    lines = [f"A,{n},{day},5.00,{'-1.00' if n % 2 else ''},{'phone' if n else 'tv'}\n" for n, day in enumerate(days)]
    found = customers_of(header + "".join(lines) + "B,9,2024-01-01,1.00,0,tv\n").table.set_index("customer_id")
    assert found.loc["A", ["cv_days_between_orders", "last_gap_days"]].tolist() == [0.5, 30]
    assert found["discount_share"].tolist() == [0.5, 0.0]
    assert found["distinct_devices"].tolist() == [2, 1]
    assert found["last_gap_days"].isna().tolist() == [False, True]


def test_ids_are_text_with_their_zeros(customers_of: Callable[..., Any]) -> None:
    text = "customer_id,order_id,order_date,amount\n0012,1,2024-01-01,1.00\n12,2,2024-01-01,2.00\n"
    assert customers_of(text).table["customer_id"].tolist() == ["0012", "12"]


# Real exports


def test_online_retail_is_reduced_as_published(shared_data: Path) -> None:
    """Every line accounted for, every customer as recomputed, from either copy of the export."""
    folder = shared_data / "online_retail"
    one, other = (online_retail(folder / name) for name in ("online_retail.csv.gz", "data_kaggle_style_latin1.csv.gz"))
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    lost = one.input_reports[0].reconciliation
    assert lost is not None
    assert (lost.read, lost.kept) == (541_909, 397_884)
    assert {f.reason: f.lines for f in lost.rejected} == {"no_customer_id": 135_080}
    assert {f.reason: f.lines for f in lost.ignored} == {"return_excluded": 8_905, "free_line": 40}
    assert lost.money_read == pytest.approx(9_747_747.934, rel=1e-9)
    assert lost.money_kept == pytest.approx(8_911_407.904, rel=1e-9)
    wanted = Policies(returns="exclude", free_lines="exclude", as_of=date(2011, 12, 10))
    names = {
        "customer_id": "CustomerID",
        "order_id": "InvoiceNo",
        "order_date": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }
    agree(one, oracle.reduce(oracle.rows_of_file(folder / "online_retail.csv.gz", names), wanted))


def online_retail(path: Path) -> Customers:
    return load_customers(
        IngestSettings(transactions=Source(path=str(path)), returns="exclude", free_lines="exclude"), date(2011, 12, 10)
    )


@pytest.mark.parametrize("collapse", ["order", "day"])
def test_cdnow_is_reduced_as_recomputed(collapse: Any, shared_data: Path) -> None:
    path = shared_data / "cdnow" / "cdnow_master.csv"
    customers = load_customers(IngestSettings(transactions=Source(path=str(path)), collapse=collapse))
    names = {"customer_id": "customer_id", "order_date": "date", "amount": "dollar_value"}
    agree(customers, oracle.reduce(oracle.rows_of_file(path, names), Policies(collapse=collapse)))
    assert len(customers.table) == 23_570
    assert customers.table["revenue"].sum() == pytest.approx(2_500_315.63, rel=1e-9)


def test_descriptions_are_those_of_the_texts_that_lines_carry() -> None:
    found = {metrics.description_column(name) for name in metrics.DESCRIPTIVE_LINE_COLUMNS}
    assert found - {columns.EMAIL, columns.PHONE} == set(columns.DESCRIPTION_COLUMNS)
    assert set(columns.RFM_MEASURES) <= set(metrics.METRICS) == set(columns.MEASURES)
