"""RFM as a whole: orientation, published figures, laws."""

import csv
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.rfm import FixedEdges, RfmSettings, Weights
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers, Segmentation
from segcli.segment import maps, rfm
from segcli.segment.scoring import quantile_edges
from tests.oracles.tables import rfm_table, table

load = cache(maps.load_map)
METHODS = ["quantile", "edges", "fixed", "ntile", "jenks", "nested"]
EDGES = FixedEdges(recency=[2, 3, 4, 5], frequency=[2, 3, 4, 5], monetary=[20, 30, 40, 50])
R_NAMES = ("Potential Loyalist", "Loyal Customers", "Lost", "New Customers", "About To Sleep", "Can't Lose Them",
           "Champions", "At Risk", "Need Attention", "Promising")  # fmt: skip
people = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9), st.integers(-9999, 10**6)), min_size=1, max_size=40)


def segment(customers: Customers, segment_map: str = "default", **wanted: Any) -> Segmentation:
    return rfm.segment_by_rfm(customers, RfmSettings(edges=EDGES, **wanted), load(segment_map), 1)


def of(known: list[tuple[int, int, int]], hundredth: int = 100) -> Customers:
    """Customers from recency, orders, and cents as so many hundredths."""
    recency, orders, cents = zip(*known, strict=True)
    return rfm_table(recency, orders, [amount / hundredth for amount in cents])


def score_rows(found: Segmentation) -> list[list[float]]:
    return found.scores.to_numpy().tolist()


def ranked(size: int) -> Customers:
    """Customers each better than the one before on every dimension."""
    steps = range(1, size + 1)
    return rfm_table([size - step + 1 for step in steps], list(steps), [10.0 * step for step in steps])


# Orientation


@pytest.mark.parametrize("method", [m for m in METHODS if m != "nested"])
@pytest.mark.parametrize("size", [5, 6, 7, 24, 100])
def test_the_unique_best_customer_has_the_highest_scores_and_is_a_champion(method: str, size: int) -> None:
    found = segment(ranked(size), method=method)
    assert score_rows(found)[-1] == [5, 5, 5, 555]
    assert found.labels.iloc[-1] == "Champions"


@pytest.mark.parametrize("size", [125, 200])
def test_nested_scoring_of_enough_customers_puts_the_best_on_top(size: int) -> None:
    found = segment(ranked(size), method="nested")
    assert score_rows(found)[-1] == [5, 5, 5, 555]
    assert found.labels.iloc[-1] == "Champions"


@pytest.mark.parametrize("size", [5, 24, 100])
def test_nested_scoring_of_few_customers_puts_the_best_on_top(size: int) -> None:
    assert score_rows(segment(ranked(size), method="nested"))[-1] == [5, 5, 5, 555]


@pytest.mark.parametrize("method", [m for m in METHODS if m != "nested"])
def test_the_worst_customer_has_the_lowest_scores_and_hibernates(method: str) -> None:
    found = segment(ranked(50), method=method)
    assert score_rows(found)[0] == [1, 1, 1, 111]
    assert found.labels.iloc[0] == "Hibernating"


@pytest.mark.parametrize("method", METHODS)
def test_a_base_that_mostly_bought_once_is_scored(method: str) -> None:
    """80 of 100 bought once; the one who bought most often is still on top."""
    orders = [1] * 80 + list(range(2, 22))
    customers = rfm_table(range(100, 0, -1), orders, [5.0 * n for n in orders])
    found = segment(customers, method=method)
    assert found.scores["f_score"].iloc[-1] == 5
    if method == "quantile":
        assert set(found.scores["f_score"][:80]) == {1}
        assert any("scores 2, 3, 4 of frequency are empty: 80% bought once" in note for note in found.notes)


@pytest.mark.parametrize("method", ["quantile", "edges", "ntile", "jenks"])
def test_amounts_in_cents_are_told_apart(method: str) -> None:
    customers = rfm_table([1] * 99, [1] * 99, [cent / 100 for cent in range(1, 100)])
    monetary = segment(customers, method=method).scores["m_score"]
    assert set(monetary) == {1, 2, 3, 4, 5}
    assert monetary.is_monotonic_increasing


@pytest.mark.parametrize("method", METHODS)
def test_one_customer_is_scored_and_named(method: str) -> None:
    found = segment(rfm_table([3], [1], [9.99]), method=method)
    assert found.labels.tolist()[0] in {rule.segment for rule in maps.load_map("default").rules}


@pytest.mark.parametrize("method", METHODS)
def test_equal_customers_are_scored_with_a_warning(method: str) -> None:
    found = segment(rfm_table([3] * 20, [1] * 20, [9.99] * 20), method=method)
    said = [w for w in found.warnings if "its scores carry no information" in w]
    assert [w.split()[5] for w in said] == ["recency_days:", "orders:", "revenue:"]
    if method != "ntile":
        assert len(set(found.labels)) == 1


@pytest.mark.parametrize("wanted", [{"method": "ntile"}, {"ties": "random"}])
def test_splitting_equal_values_is_warned_of(wanted: dict[str, str]) -> None:
    assert any("equal values may have different scores" in w for w in segment(ranked(9), **wanted).warnings)
    assert not segment(ranked(9)).warnings


# Laws


@settings(max_examples=30, deadline=None)
@given(known=people)
def test_equal_values_never_have_different_scores(known: list[tuple[int, int, int]]) -> None:
    found = segment(of(known)).scores
    for column, place in (("r_score", 0), ("f_score", 1), ("m_score", 2)):
        values = [customer[place] for customer in known]
        assert len(set(zip(values, found[column], strict=True))) == len(set(values))


@pytest.mark.parametrize("method", ["quantile", "edges", "ntile", "nested"])
@settings(max_examples=30, deadline=None)
@given(known=people, hundredth=st.sampled_from([10, 10_000]))
def test_the_unit_of_money_changes_no_score(method: str, known: list[tuple[int, int, int]], hundredth: int) -> None:
    """All amounts multiplied by 10 or by 0.01."""
    assert score_rows(segment(of(known, hundredth), method=method)) == score_rows(segment(of(known), method=method))


def test_the_unit_of_money_changes_no_natural_break() -> None:
    """1.00, 2.00 and 3.00 can be cut in two places equally well; the choice must not depend on rounding."""
    for most in range(3, 40):
        known = [(1, 1, cents) for cents in range(1, most)]
        dearer, plain, cheaper = (segment(of(known, h), method="jenks", bins=2) for h in (10, 100, 10_000))
        assert score_rows(dearer) == score_rows(plain) == score_rows(cheaper), most


@settings(max_examples=30, deadline=None)
@given(known=people, method=st.sampled_from(METHODS), segment_map=st.sampled_from(maps.list_maps()))
def test_labels_partition_the_customers_and_the_profile_adds_up(
    known: list[tuple[int, int, int]], method: str, segment_map: str
) -> None:
    customers = of(known)
    found = segment(customers, segment_map, method=method)
    profile, measures = found.profile, customers.table
    assert Counter(found.labels) == dict(zip(profile["segment"], profile["customers"], strict=True))
    assert profile["customers"].sum() == len(known)
    assert profile["share"].sum() == pytest.approx(1)
    assert profile["orders"].sum() == measures["orders"].sum()
    assert profile["revenue"].sum() == pytest.approx(measures["revenue"].sum(), abs=1e-6)
    if measures["revenue"].sum():
        assert profile["revenue_share"].sum() == pytest.approx(1)


def test_customers_with_no_net_revenue_share_the_lowest_score_and_it_is_said() -> None:
    customers = rfm_table(list(range(1, 11)), [2] * 10, [-50, -7.5, 0, *range(10, 80, 10)])
    for method in ("quantile", "jenks"):
        found = segment(customers, method=method)
        assert found.scores["m_score"].tolist()[:3] == [1, 1, 1]
        assert "3 customers have revenue of 0 or less after returns, which counts as 0" in found.notes
    assert not any("0 or less" in note for note in segment(ranked(10)).notes)


def test_one_outlier_leaves_the_scores_of_the_others_and_its_share_is_said() -> None:
    money = [float(n) for n in range(1, 401)]
    plain, extreme = (
        segment(rfm_table(list(range(1, 401)), [2] * 400, values), method="jenks")
        for values in (money, [*money[:-1], 1e6])
    )
    assert extreme.scores["m_score"].tolist() == plain.scores["m_score"].tolist()
    assert sum("1 customer has 93% of all revenue" in note for note in extreme.notes) == 1
    assert not any("of all revenue" in note for note in plain.notes)


def test_the_combined_score_weighs_the_three() -> None:
    found = segment(ranked(5), weights=Weights(r=1, f=0.5, m=0.25))
    assert found.scores["rfm_score"].tolist() == pytest.approx([1.75, 3.5, 5.25, 7.0, 8.75])
    assert segment(ranked(5)).scores["rfm_score"].dtype == np.int64
    whole = segment(rfm_table([1, 2], [3, 9], [1.0, 2.0]), weights=Weights(r=1, f=0.5, m=0), bins=2).scores
    assert whole["rfm_score"].tolist() == [2.5, 2.0], "one half is enough for all to be floats"


def test_given_edges_say_how_many_scores_there_are() -> None:
    found = rfm.segment_by_rfm(
        ranked(6),
        RfmSettings(method="fixed", edges=FixedEdges(recency=[4], frequency=[2, 5], monetary=[20, 30, 40])),
        load("default"),
        1,
    )
    assert found.method["bins"] == {"r": 2, "f": 3, "m": 4}
    assert found.method["counts"] == {"r": [3, 3], "f": [1, 3, 2], "m": [1, 1, 1, 3]}
    assert found.provenance.method == "rfm"


@pytest.mark.parametrize(
    ("monetary", "column"),
    [("mean", "average_order_value"), ("median", "median_order_value"), ("max", "largest_order")],
)
def test_monetary_may_be_another_measure(monetary: str, column: str) -> None:
    customers = table(recency_days=[1] * 5, orders=[1] * 5, revenue=[1.0] * 5, **{column: [5.0, 4.0, 3.0, 2.0, 1.0]})
    found = segment(customers, monetary=monetary)
    assert found.scores["m_score"].tolist() == [5, 4, 3, 2, 1]
    assert found.method["columns"]["m"] == column


def test_without_amounts_recency_and_frequency_are_scored_and_it_is_said() -> None:
    found = segment(table(recency_days=[3, 2, 1], orders=[1, 2, 3]))
    assert list(found.scores) == ["r_score", "f_score", "rfm_score"]
    assert any(w.startswith("no amounts") for w in found.warnings)


def test_a_table_without_the_wanted_measure_of_money_is_not_said_to_have_no_amounts() -> None:
    with pytest.raises(
        InputProblem, match=r"the table has no column 'median_order_value', which rfm\.monetary: median needs"
    ):
        segment(ranked(5), monetary="median")


def test_a_map_that_needs_money_refuses_customers_without() -> None:
    with pytest.raises(ConfigProblems, match=r"rfm-r.* needs monetary scores"):
        segment(table(recency_days=[3, 2, 1], orders=[1, 2, 3]), "rfm-r")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"orders": [1, 2]}, "no recency_days"),
        ({"recency_days": [1, 2]}, "no orders"),
        ({"recency_days": [1.0, None], "orders": [1, 2]}, "1 customer has no value"),
        ({"recency_days": ["a", "b"], "orders": [1, 2]}, "is not numeric"),
        ({"recency_days": [], "orders": []}, "no transactions"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused_with_the_reason(columns: dict[str, list[Any]], said: str) -> None:
    with pytest.raises(InputProblem, match=said):
        segment(table(**columns))


def test_edges_and_counts_are_part_of_the_result() -> None:
    found = segment(ranked(10))
    assert found.method["counts"] == {"r": [2] * 5, "f": [2] * 5, "m": [2] * 5}
    assert found.method["cuts"]["f"] == {"edges": [3, 5, 7, 9], "scores": [1, 2, 3, 4, 5], "strict": False}
    assert found.method["cuts"]["r"] == {"edges": [2, 4, 6, 8], "scores": [5, 4, 3, 2, 1], "strict": True}
    assert found.method["map"]["uncovered"] == []


def test_the_seed_is_told_only_where_chance_was_used() -> None:
    assert segment(ranked(5)).provenance.seed is None
    assert segment(ranked(5), ties="random").provenance.seed == 1


def test_the_table_ends_with_scores_and_segment_and_holds_them_once() -> None:
    customers = ranked(5)
    found = segment(customers)
    again = segment(Customers(found.table, customers.as_of, customers.input_reports))
    ends = ["r_score", "f_score", "m_score", "rfm_score", "rfm_segment"]
    assert list(found.table) == list(again.table) == [*customers.table, *ends]


# The order of rows and of columns in the export

LINES = st.lists(
    st.tuples(
        st.sampled_from(["ann", "Bob", "cyd", "Дед", "007"]),
        st.integers(1, 9),
        st.integers(1, 28),
        st.integers(-500, 5000),
    ),
    min_size=1,
    max_size=25,
).filter(lambda lines: any(line[3] >= 0 for line in lines))
HEADER = ("customer_id", "order_id", "order_date", "amount")
DECLARED = {"columns": {name: name for name in HEADER}, "date_format": "%Y-%m-%d"}


def text_of(lines: list[tuple[str, int, int, int]], columns: tuple[str, ...] = HEADER) -> str:
    records = [
        {"customer_id": who, "order_id": str(order), "order_date": f"2024-03-{day:02}", "amount": f"{cents / 100:.2f}"}
        for who, order, day, cents in lines
    ]
    return "\n".join([",".join(columns), *(",".join(r[c] for c in columns) for r in records)]) + "\n"


@settings(max_examples=30, deadline=None)
@given(lines=LINES, data=st.data())
def test_the_order_of_rows_and_columns_changes_not_a_bit(
    customers_of: Callable[..., Any], lines: list[tuple[str, int, int, int]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(lines))
    columns = tuple(data.draw(st.permutations(HEADER)))
    method = data.draw(st.sampled_from(["quantile", "ntile", "jenks", "nested"]))
    one = segment(customers_of(text_of(lines), source=DECLARED), method=method)
    other = segment(customers_of(text_of(shuffled, columns), source=DECLARED), method=method)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(one.profile, other.profile, check_exact=True)


# Published figures


def test_online_retail_has_the_published_customers(online_retail: Callable[[], Any]) -> None:
    customers = online_retail()
    measures = customers.table
    assert str(customers.as_of) == "2011-12-10"
    assert len(measures) == 4338
    assert measures["orders"].sum() == 18_532
    assert measures["revenue"].sum() == pytest.approx(8_911_407.904, rel=1e-9)
    described = measures[["recency_days", "orders", "revenue"]]
    assert described.mean().round(3).tolist() == [93.059, 4.272, 2054.266]
    assert described.median().tolist() == pytest.approx([51, 2, 674.485])


def test_online_retail_is_described_as_in_the_oracle(online_retail: Callable[[], Any], shared_data: Path) -> None:
    path = shared_data / "online_retail" / "ORACLE_rfm_describe_positive_rows_asof_2011-12-10.csv"
    theirs = pd.read_csv(path, index_col=0)
    ours = online_retail().table[["recency_days", "orders", "revenue"]].describe()
    np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("method", ["quantile", "edges", "ntile", "nested"])
def test_online_retail_scores_do_not_depend_on_the_unit_of_money(method: str, online_retail: Callable[[], Any]) -> None:
    customers = online_retail()
    dearer = Customers(
        customers.table.assign(revenue=customers.table["revenue"] * 1024), customers.as_of, customers.input_reports
    )
    pd.testing.assert_frame_equal(segment(customers, method=method).scores, segment(dearer, method=method).scores)


def sizes(found: Segmentation) -> list[int]:
    counted = Counter(found.labels)
    return [counted[name] for name in R_NAMES]


def fixed_edges(customers: Customers) -> FixedEdges:
    """What the R package writes as its bins: type 7 quantiles plus one."""
    columns = {"recency": "recency_days", "frequency": "orders", "monetary": "revenue"}
    table_ = customers.table
    quantiles = {name: quantile_edges(table_[column].to_numpy(dtype=float), 5) for name, column in columns.items()}
    return FixedEdges(**{name: (cuts + 1).tolist() for name, cuts in quantiles.items()})


def test_the_r_packages_segments_by_quantile_edges(rfm_orders: Any) -> None:
    found = segment(rfm_orders, "rfm-r", method="edges")
    assert sizes(found) == [341, 171, 148, 104, 101, 48, 35, 28, 10, 9]


def test_the_r_packages_segments_customer_by_customer(rfm_orders: Any, shared_data: Path) -> None:
    """With its own edges, one above the quantiles."""
    settings_ = RfmSettings(method="fixed", edges=fixed_edges(rfm_orders))
    found = rfm.segment_by_rfm(rfm_orders, settings_, maps.load_map("rfm-r"), 1)
    assert sizes(found) == [342, 170, 148, 104, 102, 47, 35, 28, 10, 9]
    short = {"Loyal Customers": "Loyal", "New Customers": "New", "Can't Lose Them": "Can't Lose"}
    columns = ["customer_id", "orders", "revenue", "recency_days", "r_score", "f_score", "m_score", "rfm_segment"]
    ours = {row[0]: (*map(int, row[1:7]), row[7]) for row in found.table[columns].itertuples(index=False)}
    path = shared_data / "rfm_r" / "ORACLE_rfm_orders_segments_recomputed.csv"
    with path.open(encoding="utf-8", newline="") as file:
        theirs = {r["customer_id"]: (*(int(float(r[n])) for n in ORACLE), r["seg"]) for r in csv.DictReader(file)}
    assert {who: (*facts[:-1], short.get(facts[-1], facts[-1])) for who, facts in theirs.items()} == {
        who: (*facts[:-1], short.get(facts[-1], facts[-1])) for who, facts in ours.items()
    }


ORACLE = ("transaction_count", "amount", "recency_days", "R", "F", "M")
