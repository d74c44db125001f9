"""Sections tell the right numbers, say so where there is nothing to tell, and tell nobody of too few customers."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segcli import columns
from segcli.config import Settings
from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.evaluation.backtest import run_backtest
from segcli.model import Customers, Segmentation
from segcli.persona.analysis import Analysis
from segcli.reports import chart_blocks, charts, crosstabs, disclosure
from segcli.reports.blocks import Chart, Result, Table, Text, iterate_blocks
from segcli.reports.findings import collect_findings
from segcli.reports.formats import Page, html, md
from segcli.reports.formats import json as json_format
from segcli.reports.formats import table as table_format
from segcli.reports.optional_analyses import AnalysisProviders
from segcli.reports.report import build_report
from segcli.segment import maps, rfm
from segcli.segment.clustering import pipeline
from segcli.segment.segmentation import read_segmentation
from segcli.value import clv
from tests.oracles.tables import from_columns

ROOT = Path(__file__).parents[2]
ADDED = ["heatmap", "profile", "stability", "bases", "cohorts", "clv", "backtest", "migration", "trends"]


@pytest.fixture(scope="module")
def customers() -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(ROOT / "sample_data" / "orders.csv"))))


def scored(of: Customers) -> Segmentation:
    return rfm.segment_by_rfm(of, Settings().rfm, maps.load_map("default"), 1)


@pytest.fixture(scope="module")
def old(customers: Customers) -> Segmentation:
    """As it was four months before."""
    return scored(customers_as_of(customers, date(2026, 3, 1)))


def labelled(then: Customers, once: Customers) -> Any:
    return {"rfm": scored(then).labels}, {"rfm": scored(once).labels}


def ways(
    of: Customers, settings: Settings, previous: Sequence[Segmentation] = (), labels: Any = labelled
) -> AnalysisProviders:
    return AnalysisProviders(
        lambda earlier, _: [scored(earlier)],
        lambda: clv.prepare_clv(of, settings.clv, 1),
        lambda: run_backtest(of, settings.backtest, 1, labels),
        (lambda: previous) if previous else None,
    )


def report(
    made: Sequence[Segmentation], sections: list[str], previous: Sequence[Segmentation] = (), **privacy: Any
) -> Result:
    asked = {"report": {"sections": sections}, "privacy": privacy, "clv": {"bootstrap": 0}}
    settings, of = Settings.model_validate(asked), made[0].customers
    return build_report(collect_findings(of, Analysis(made, settings), ways(of, settings, previous)), settings.report)


def plain(result: Result) -> Any:
    return json.loads(json_format.render(result, Page()))


def drawn(result: Result) -> list[Chart]:
    return [block for block in iterate_blocks(result.blocks) if isinstance(block, Chart)]


def test_order_lines_are_spoken_of_only_where_there_were_orders() -> None:
    size = 40
    halves = {"rating": list(range(size)), "x_segment": ["A", "B"] * (size // 2)}
    for orders in ({}, {"orders": [1] * size}):
        made = read_segmentation(from_columns({**orders, **halves}), "x_segment")
        assert ("order lines" in md.render(report([made], ["quality"]), Page())) == bool(orders)


def test_settings_are_shown_as_a_settings_file_has_them() -> None:
    made = pipeline.cluster_customers(
        from_columns({"rating": [1, 2, 3, 9, 9, 8] * 5}), ClusterSettings(features=["rating"]), 1
    )
    shown = dict(plain_rows(report([made], ["settings"])))
    assert (shown["cluster.features"], shown["cluster.previous"], shown["cluster.k"]) == ("[rating]", "null", "auto")


def plain_rows(result: Result) -> list[Sequence[str]]:
    return [row for block in iterate_blocks(result.blocks) if isinstance(block, Table) for row in block.rows]


def test_gini_is_half_the_mean_difference_of_pairs_by_the_mean() -> None:
    revenue = np.random.default_rng(5).lognormal(3, 1.2, 200).round(2)
    pairs = np.abs(revenue[:, None] - revenue[None, :]).mean()
    assert chart_blocks.gini_coefficient(revenue) == pytest.approx(pairs / (2 * revenue.mean()))


def test_the_curve_adds_up_the_least_first() -> None:
    shares = chart_blocks.lorenz_curve(np.array([5.0, 1.0, 2.0, 12.0]), 4)
    assert shares[0].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert shares[1].tolist() == [0.0, 0.05, 0.15, 0.4, 1.0]


def test_the_curve_tells_of_no_group_that_is_too_small_or_one_customer() -> None:
    many = np.arange(1.0, 501.0)
    steps = [len(one.data["customers"]) - 1 for one in [chart_blocks.build_lorenz_chart(many, 11, 0.85)] if one]
    assert steps == [20]
    assert chart_blocks.build_lorenz_chart(many[:40], 11, 0.85) is None
    rich = np.concatenate([many, [1e9]])
    assert chart_blocks.build_lorenz_chart(rich, 1, 0.85) is None


def test_the_heat_map_counts_as_a_groupby_does(customers: Customers) -> None:
    made = scored(customers)
    expected = made.table.groupby([columns.R_SCORE, columns.F_SCORE])[columns.REVENUE].agg(["size", "mean"])
    found = plain(report([made], ["heatmap"], minimum_cell=1))["heat_map"]
    assert {(row["r_score"], row["f_score"]): row["customers"] for row in found} == expected["size"].to_dict()
    for row in found:
        assert row["mean_revenue"] == pytest.approx(expected.loc[(row["r_score"], row["f_score"]), "mean"])
    (chart,) = drawn(report([made], ["heatmap"], minimum_cell=1))
    assert chart.data["rows"] == ["5", "4", "3", "2", "1"]  # the best is above and to the right
    assert chart.data["values"][0][-1] == pytest.approx(expected.loc[(5, 5), "mean"])


@pytest.mark.parametrize("smallest", [5, 11, 40])
def test_small_cells_of_the_heat_map_are_blank_and_do_not_follow_from_totals(
    customers: Customers, smallest: int
) -> None:
    made = scored(customers)
    sizes = made.table.groupby([columns.R_SCORE, columns.F_SCORE]).size()
    result = report([made], ["heatmap"], audience="external", minimum_cell_external=smallest)
    found = {(row["r_score"], row["f_score"]) for row in plain(result)["heat_map"]}
    hidden = set(sizes.index) - found
    assert {at for at, size in sizes.items() if size < smallest} <= hidden
    for level in (0, 1):  # how many customers have a score is told: a cell alone in its row would follow
        of = pd.Series([at[level] for at in hidden]).value_counts()
        assert (of > 1).all()
    (chart,) = drawn(result)
    shown = [value for row in chart.data["values"] for value in row if value is not None]
    assert len(shown) == len(found)


def test_migration_counts_as_a_crosstab_does(customers: Customers, old: Segmentation) -> None:
    made = scored(customers)
    was, now = (
        pd.Series(one.labels.to_numpy(), index=one.customers.table[columns.CUSTOMER_ID].to_numpy())
        for one in (old, made)
    )
    table = pd.crosstab(was.reindex(now.index).fillna("(entered)"), now)
    expected = {(one, other): table.loc[one, other] for one in table.index for other in table.columns}
    result = report([made], ["migration"], [old], minimum_cell=1)
    (moved,) = plain(result)["migration"]
    found = {(row["from"], row["to"]): row["customers"] for row in moved["flows"]}
    assert found == {ends: count for ends, count in expected.items() if count}
    (chart,) = drawn(result)
    assert sum(flow["customers"] for flow in chart.data["flows"]) == len(now)


def test_names_with_arrows_move_like_others() -> None:
    labels = ["a -> b"] * 30 + ["c"] * 30
    old, new = (
        read_segmentation(from_columns({"x_segment": some}), "x_segment")
        for some in (labels, labels[20:] + labels[:20])
    )
    (chart,) = drawn(report([new], ["migration"], [old]))
    assert chart.data["before"] == chart.data["after"] == ["a > b", "c"]
    assert {(one["from"], one["to"]): one["customers"] for one in chart.data["flows"]} == {
        ("a > b", "a > b"): 10,
        ("a > b", "c"): 20,
        ("c", "c"): 10,
        ("c", "a > b"): 20,
    }
    assert "a &gt; b" in charts.render_svg(chart)


def test_moves_of_few_are_withheld_and_do_not_follow_from_the_sizes_of_segments(
    customers: Customers, old: Segmentation
) -> None:
    made = scored(customers)
    whole = plain(report([made], ["migration"], [old], minimum_cell=1))["migration"][0]["flows"]
    told = plain(report([made], ["migration"], [old], audience="external"))["migration"][0]["flows"]
    shown = {(row["from"], row["to"]): row["customers"] for row in told if row["from"]}
    assert shown
    assert min(shown.values()) >= 11
    hidden = [row for row in whole if (row["from"], row["to"]) not in shown]
    assert sum(row["customers"] for row in hidden) == sum(row["customers"] for row in told if not row["from"])
    for end in ("from", "to"):
        assert (pd.Series([row[end] for row in hidden]).value_counts() > 1).all()


def test_a_report_of_everything_reads_in_every_format(customers: Customers, old: Segmentation) -> None:
    made = scored(customers)
    found = pipeline.cluster_customers(
        replace(customers, table=made.table), Settings.model_validate({"cluster": {"k": "2-3", "pairs": 4}}).cluster, 1
    )
    sections = ["summary", "segments", *ADDED, "personas", "targets"]
    result = report([made, found], sections, [old])
    assert {one.name for one in drawn(result)} >= {
        "lorenz",
        "bubbles",  # of the CLV
        "heat_map",
        "profile",
        "stability",
        "cohorts",
        "migration",
        "intervals",
        "trends",
        "treemap",
    }
    page = html.render(result, Page())
    assert page.count("<figure>") == len(drawn(result))
    assert " style=" not in page
    assert "No segmentations by rules were requested." in page
    for text in (md.render(result, Page()), table_format.render(result, Page())):
        assert "nan" not in re.split(r"\W+", text)
        assert "None" not in text
    assert {"heat_map", "cohorts", "clv", "backtest", "migration", "trends"} <= set(plain(result))
    assert all(one.alt_text and one.title for one in drawn(result))


def test_without_orders_or_clusters_each_section_says_so_in_a_sentence() -> None:
    one = read_segmentation(from_columns({"x_segment": ["a"] * 30 + ["b"] * 20}), "x_segment")
    for name in [*ADDED, "experience", "fairness", "rates"]:
        result = report([one], [name], minimum_cell=1)
        if name == "bases":
            assert drawn(result)
            continue
        (text,) = result.blocks[2:]
        assert isinstance(text, Text)
        assert len(text.lines) == 1
        assert re.fullmatch(r"[A-Z m].*\.", text.lines[0]), text.lines
    without = build_report(
        collect_findings(one.customers, Analysis([one], Settings())),
        Settings.model_validate({"report": {"sections": ADDED}}).report,
    )
    assert "Cohorts need an order export." in md.render(without, Page())


def test_drivers_are_told_with_their_intervals_and_as_json() -> None:
    """Revenue is 10 a year of age and something by chance."""
    age = np.arange(20.0, 60.0)
    revenue = 10 * age + np.random.default_rng(1).normal(0, 5, 40)
    of = from_columns({"age": age, "revenue": revenue, "x_segment": ["a"] * 20 + ["b"] * 20})
    result = report([read_segmentation(of, "x_segment")], ["drivers"], minimum_cell=1)
    (table,) = (block for block in result.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["age"]
    told = plain(result)["drivers"]
    assert (told["of"], told["customers"]) == ("revenue", 40)
    assert [one["driver"] for one in told["table"]] == ["age"]
    assert told["table"][0]["low"] < told["table"][0]["effect"] < told["table"][0]["high"]


def test_cohorts_tell_of_enough_customers_only(customers: Customers) -> None:
    result = report([scored(customers)], ["cohorts"], audience="external")
    inside = plain(report([scored(customers)], ["cohorts"], minimum_cell=1))["cohorts"]
    told = plain(result)["cohorts"]
    sizes = {row["cohort"]: row["size"] for row in inside}
    hidden = [size for name, size in sizes.items() if name not in {row["cohort"] for row in told}]
    assert min(hidden) < 11 <= min(row["size"] for row in told)
    assert len(hidden) > 1
    assert sum(hidden) >= 11  # one alone would follow from the number of all customers
    bought = {(row["cohort"], row["period"]): row["retention"] * row["size"] for row in inside}
    blank = {(row["cohort"], row["period"]) for row in told if row["retention"] is None}
    for row in told:
        count = round(bought[row["cohort"], row["period"]])
        few = 0 < count < 11 or 0 < row["size"] - count < 11
        assert ((row["cohort"], row["period"]) in blank) == few, row
    (chart,) = drawn(result)
    assert len(chart.data["rows"]) <= 18
    assert len(chart.fallback_tables[0].rows) == len({row["cohort"] for row in told})


def test_revenue_to_date_ends_where_a_cell_is_withheld() -> None:
    table = pd.DataFrame(
        {
            "cohort": ["a"] * 4,
            "period": range(4),
            "size": [50] * 4,
            "watched": [50] * 4,
            "customers": [50, 20, 3, 20],
            "retention": [1.0, 0.4, 0.06, 0.4],
            "value": [10.0, 12.0, 12.5, 14.0],
        }
    )
    assert disclosure.suppress_small_cohorts(table, 11, "value")["value"].tolist()[:2] == [10.0, 12.0]
    assert disclosure.suppress_small_cohorts(table, 11, "value")["value"].isna().tolist() == [False, False, True, True]
    assert disclosure.suppress_small_cohorts(table, 11, "retention")["retention"].isna().tolist() == [
        False,
        False,
        True,
        False,
    ]


def test_a_row_left_out_is_never_alone() -> None:
    table = pd.DataFrame({"segment": list("abcd"), "customers": [50, 4, 30, 20], "buyers": [25, 0, 15, 20]})
    assert list(disclosure.suppress_small_groups(table, 5)["segment"]) == ["a", "c"]
    assert list(disclosure.suppress_small_groups(table, 4)["segment"]) == list("abcd")
    few = table.assign(buyers=[25, 0, 2, 20])
    assert list(disclosure.suppress_small_groups(few, 4, part_columns=["buyers"])["segment"]) == ["a", "d"]


def test_a_backtest_for_others_tells_no_money_and_no_few_buyers(customers: Customers) -> None:
    found = plain(report([scored(customers)], ["backtest"], audience="external"))["backtest"]
    assert found["segments"]
    for row in found["segments"]:
        assert row["customers"] >= 11
        for count in (row["buyers"], row["customers"] - row["buyers"]):
            assert not 0 < count < 11
        assert not [name for name in row if "revenue" in name or name == "foretold"]


def test_withheld_segments_are_in_no_new_section() -> None:
    labels = [
        name for name, size in {"Huge": 60, "Large": 40, "Secretive": 7, "Tiniest": 3}.items() for _ in range(size)
    ]
    table = from_columns(
        {
            "recency_days": [n % 90 for n in range(110)],
            "orders": [1 + n % 7 for n in range(110)],
            "revenue": [10.0 + n for n in range(110)],
            "r_score": [1 + n % 3 for n in range(110)],
            "f_score": [1 + n % 2 for n in range(110)],
            "rfm_segment": labels,
            "cluster_segment": labels,
        }
    )
    made = [read_segmentation(table, column) for column in ("rfm_segment", "cluster_segment")]
    made[1] = replace(made[1], method={"features": [{"name": "orders"}, {"name": "revenue"}]})
    sections = ["summary", "segments", "personas", "targets", *ADDED]
    result = report(made, sections, made, audience="external")
    for text in (md.render(result, Page()), html.render(result, Page())):
        lines = [line for line in text.splitlines() if "Secretive" in line or "Tiniest" in line]
        assert all("withheld" in line for line in lines), lines
    for chart in drawn(result):
        assert "Tiniest" not in charts.render_svg(chart)
        assert "Secretive" not in charts.render_svg(chart)


def test_small_segments_are_in_no_answer_from_orders(customers: Customers) -> None:
    names = ["Secretive"] * 7 + ["Tiniest"] * 3 + ["Large"] * 900
    labels = pd.Series([*names, *["Huge"] * (len(customers.table) - len(names))], dtype="str")
    made = read_segmentation(replace(customers, table=customers.table.assign(x_segment=labels)), "x_segment")
    by_id = dict(zip(customers.table[columns.CUSTOMER_ID], labels, strict=True))

    def at_two_days(then: Customers, once: Customers) -> Any:
        return tuple({"x": some.table[columns.CUSTOMER_ID].map(by_id)} for some in (then, once))

    def earlier(days: int) -> Any:
        then = customers_as_of(customers, customers.transactions.as_of - timedelta(days=days))  # type: ignore[union-attr]
        table = then.table.assign(x_segment=then.table[columns.CUSTOMER_ID].map(by_id).astype("str"))
        return read_segmentation(replace(then, table=table), "x_segment")

    made = replace(made, segment_earlier=earlier)
    asked = {
        "report": {"sections": ["clv", "cohorts", "backtest"]},
        "privacy": {"audience": "external"},
        "cohort": {"by": "x_segment"},
        "clv": {"bootstrap": 0},
    }
    settings = Settings.model_validate(asked)
    ways_ = replace(ways(made.customers, settings, labels=at_two_days), segment_as_of=None)
    result = build_report(collect_findings(made.customers, Analysis([made], settings), ways_), settings.report)
    texts = [md.render(result, Page()), json_format.render(result, Page()), *map(charts.render_svg, drawn(result))]
    told = plain(result)
    assert told["clv"]
    assert {row["cohort"] for row in told["cohorts"]} <= {"Huge", "Large", "(withheld)"}
    assert {row["segment"] for row in told["backtest"]["segments"]} <= {"Huge", "Large"}
    for text in texts:
        found = [part for part in re.split(r'["\n]', text) if "Secretive" in part or "Tiniest" in part]
        assert all("withheld" in part for part in found), found


@pytest.mark.parametrize("show", ["retention", "customers", "orders", "revenue", "value"])
def test_cohorts_show_what_is_asked_and_others_no_money(customers: Customers, show: str) -> None:
    for audience in ("internal", "external"):
        asked = {
            "report": {"sections": ["cohorts"]},
            "cohort": {"show": show},
            "privacy": {"audience": audience},
        }
        settings, made = Settings.model_validate(asked), scored(customers)
        result = build_report(
            collect_findings(made.customers, Analysis([made], settings), ways(customers, settings)), settings.report
        )
        hides = audience == "external" and show in {"revenue", "value"}
        assert list(plain(result)["cohorts"][0])[-1] == ("retention" if hides else show)
        assert ("is omitted for external readers" in md.render(result, Page())) == hides


def test_scores_are_read_back_from_the_names_of_cells(customers: Customers) -> None:
    made = crosstabs.crosstab_scores(scored(customers))
    rows = crosstabs.split_score_cells(made[-1])
    assert int(rows["customers"].sum()) == len(customers.table)
    assert set(rows["r_score"]) == {1, 2, 3, 4, 5}
    assert not crosstabs.crosstab_scores(read_segmentation(from_columns({"x_segment": ["a", "b"]}), "x_segment"))
