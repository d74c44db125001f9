"""The first screen has the figures that commands print, uses no later orders, and says nothing of too few customers."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segcli import columns
from segcli.config import Settings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.model import Customers, Segmentation
from segcli.persona.analysis import Analysis
from segcli.reports import key_figures
from segcli.reports.findings import collect_findings
from segcli.reports.formats import Page, md
from segcli.reports.key_figures import GroupFigure, OverdueTest
from segcli.reports.key_findings import FindingInputs, rank_findings
from segcli.reports.next_steps import NextStep
from segcli.reports.overview import Overview
from segcli.reports.report import build_report
from segcli.reports.sections import summary
from segcli.segment import maps, rfm
from segcli.segment.segmentation import read_segmentation, segmentation_from_labels
from tests.oracles.tables import from_columns

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "sample_data" / "orders.csv"
PERIOD = 90


def read_orders(path: Path, **settings: Any) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(path)), **settings))


@pytest.fixture(scope="module")
def customers() -> Customers:
    return read_orders(ORDERS)


def measure_by_hand(customers: Customers, day: date) -> dict[str, float]:
    """Compute the figures of a day from the customer tables as of that day and of earlier days, a slow way."""
    now = customers_as_of(customers, day).table.set_index(columns.CUSTOMER_ID)

    def growth(name: str, days: int) -> pd.Series:
        start = day - timedelta(days=days)
        if start <= now[columns.FIRST_ORDER].min().date():
            return now[name].astype("float64")
        before = customers_as_of(customers, start).table.set_index(columns.CUSTOMER_ID)[name]
        return now[name].astype("float64") - before.reindex(now.index).fillna(0).astype("float64")

    overdue = (
        (now[columns.ORDERS] >= 3)
        & (now[columns.LAST_ORDER] > now[columns.FIRST_ORDER])
        & (now[columns.RECENCY_DAYS] > 2 * now[columns.MEAN_DAYS_BETWEEN_ORDERS])
    )
    revenue, orders = growth(columns.REVENUE, PERIOD), growth(columns.ORDERS, PERIOD)
    return {
        "customers": len(now),
        "active": int((now[columns.RECENCY_DAYS] <= PERIOD).sum()),
        "revenue": float(revenue.sum()),
        "repeat_rate": float((now[columns.ORDERS] > 1).mean()),
        "average_order": float(revenue.sum() / orders.sum()),
        "revenue_at_risk": float(growth(columns.REVENUE, 365)[overdue].clip(lower=0).sum()),
    }


@pytest.mark.parametrize("returns", ["net", "exclude", "separate"])
def test_figures_and_trends_equal_those_of_tables_as_of_each_day(returns: str) -> None:
    customers = read_orders(ORDERS, returns=returns)
    history = key_figures.read_history(customers)
    assert history is not None
    figures = {
        figure.figure_id: figure for figure in key_figures.compute_key_figures(history, PERIOD, PrivacySettings())
    }
    assert customers.as_of is not None
    now, before = (measure_by_hand(customers, customers.as_of - timedelta(days=back)) for back in (0, PERIOD))
    assert {name: figure.value for name, figure in figures.items()} == pytest.approx(now)
    assert {name: figure.previous for name, figure in figures.items()} == pytest.approx(before)
    days = [day for day, _ in figures["revenue"].trend]
    assert days[0] == "2025-07-01"
    assert days[-1] == customers.as_of.isoformat()
    for position in (0, 7):
        then = measure_by_hand(customers, date.fromisoformat(days[position]))
        assert {name: figure.trend[position][1] for name, figure in figures.items()} == pytest.approx(then)


def test_orders_of_the_as_of_day_count(tmp_path: Path) -> None:
    path = write_orders(tmp_path, {"a": (20, ["2025-01-01", "2025-06-01"], 10.0), "b": (15, ["2025-12-31"], 5.0)})
    customers = load_customers(IngestSettings(transactions=Source(path=str(path))), date(2025, 12, 31))
    figures = {figure.figure_id: figure.value for figure in build_overview(customers).key_figures}
    assert (figures["customers"], figures["active"], figures["revenue"]) == (35, 15, 75.0)


def test_earlier_figures_do_not_depend_on_later_orders(customers: Customers) -> None:
    day = date(2026, 2, 1)
    earlier = customers_as_of(customers, day)
    with_later, without_later = key_figures.read_history(customers), key_figures.read_history(earlier)
    assert with_later is not None
    assert without_later is not None
    values = [
        {
            name: figure.value
            for name, figure in key_figures.measure_figures(history, np.datetime64(day), PERIOD).items()
        }
        for history in (with_later, without_later)
    ]
    assert values[0] == pytest.approx(values[1])


def test_overdue_customers_are_compared_with_what_they_did_next(customers: Customers) -> None:
    history = key_figures.read_history(customers)
    assert history is not None
    assert customers.as_of is not None
    test = key_figures.compare_overdue(history, PERIOD)
    then = customers_as_of(customers, customers.as_of - timedelta(days=PERIOD)).table.set_index(columns.CUSTOMER_ID)
    later = customers.table.set_index(columns.CUSTOMER_ID)[columns.ORDERS].reindex(then.index)
    is_regular = (then[columns.ORDERS] >= 3) & (then[columns.LAST_ORDER] > then[columns.FIRST_ORDER])
    is_overdue = is_regular & (then[columns.RECENCY_DAYS] > 2 * then[columns.MEAN_DAYS_BETWEEN_ORDERS])
    has_bought = later > then[columns.ORDERS]
    assert (test.overdue, test.overdue_buyers) == (is_overdue.sum(), (is_overdue & has_bought).sum())
    assert (test.others, test.other_buyers) == (
        (is_regular & ~is_overdue).sum(),
        (is_regular & ~is_overdue & has_bought).sum(),
    )
    assert test.overdue_buyers / test.overdue < test.other_buyers / test.others  # overdue customers return less often


# Disclosure control
def build_overview(customers: Customers, **privacy: Any) -> Overview:
    settings = Settings.model_validate({"report": {"sections": ["summary"]}, "privacy": privacy})
    segmentation = rfm.segment_by_rfm(customers, settings.rfm, maps.load_map("default"), 1)
    overview = collect_findings(customers, Analysis([segmentation], settings)).overview
    assert overview is not None
    return overview


def write_orders(folder: Path, sizes: dict[str, tuple[int, list[str], float]]) -> Path:
    """Write orders: for each group, a number of customers, the days on which each orders, and the amount."""
    lines = ["customer_id,order_id,order_date,amount"]
    for name, (count, days, amount) in sizes.items():
        lines += [f"{name}{who},{name}{who}-{day},{day},{amount}" for who in range(count) for day in days]
    path = folder / "made.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_figures_of_few_customers_are_withheld_from_external_readers(tmp_path: Path) -> None:
    sizes = {
        "old": (60, ["2025-01-10", "2025-02-10"], 20.0),
        "new": (4, ["2026-01-05"], 30.0),
    }
    overview = build_overview(read_orders(write_orders(tmp_path, sizes)), audience="external")
    figures = {figure.figure_id: figure for figure in overview.key_figures}
    assert figures["customers"].value == 64
    assert figures["customers"].previous is None  # 4 new customers would follow from it
    assert figures["customers"].trend == ()
    assert {figures[name].value for name in ("active", "revenue", "average_order", "repeat_rate")} == {None}
    assert not {"revenue_change", "one_time_buyers"} & {finding.finding_id for finding in overview.findings}
    assert {
        figures["active"].value
        for figures in [
            {
                figure.figure_id: figure
                for figure in build_overview(read_orders(write_orders(tmp_path, sizes))).key_figures
            }
        ]
    } == {4}


@pytest.mark.parametrize(("singles", "is_finding"), [(2, False), (5, False), (6, True)])
def test_second_orders_of_nobody_are_no_finding(tmp_path: Path, singles: int, *, is_finding: bool) -> None:
    """A tenth of 2 or 5 customers is nobody, and a tenth of 6 is one."""
    sizes = {"old": (20, ["2026-01-10", "2026-02-10"], 20.0), "new": (singles, ["2026-02-20"], 30.0)}
    overview = build_overview(read_orders(write_orders(tmp_path, sizes)))
    found = {finding.finding_id: finding.figures["revenue"] for finding in overview.findings if finding.figures}
    assert ("one_time_buyers" in found) == is_finding
    assert found.get("one_time_buyers", 1) > 0


def test_money_of_one_customer_is_withheld_from_external_readers(tmp_path: Path) -> None:
    regular = ["2024-10-10", "2024-11-10", "2024-12-10", "2025-02-10", "2025-06-10"]
    sizes = {
        "late": (30, ["2025-01-01", "2025-02-01", "2025-03-01"], 1.0),
        "rich": (1, ["2025-01-01", "2025-02-01", "2025-03-01"], 9_000.0),
        "active": (40, [*regular, "2025-12-20"], 25.0),
    }
    customers = read_orders(write_orders(tmp_path, sizes))
    shown, hidden = build_overview(customers), build_overview(customers, audience="external")
    assert {f.figure_id: f.value for f in shown.key_figures}["revenue_at_risk"] == pytest.approx(3 * 9_030.0)
    assert {f.figure_id: f.value for f in hidden.key_figures}["revenue_at_risk"] is None
    assert "revenue_at_risk" in {finding.finding_id for finding in shown.findings}
    assert not {"revenue_at_risk", "concentration"} & {finding.finding_id for finding in hidden.findings}


@pytest.mark.parametrize("smallest", [5, 11, 60])
def test_no_finding_counts_a_small_group(customers: Customers, smallest: int) -> None:
    overview = build_overview(customers, audience="external", minimum_cell_external=smallest)
    counts = ("customers", "overdue", "segment_overdue", "test_overdue_buyers", "test_other_buyers")
    for finding in overview.findings:
        for name in counts:
            assert finding.figures.get(name, smallest) >= smallest
            assert len(customers.table) - finding.figures.get(name, 0) >= smallest
    for step in overview.next_steps:
        assert step.reach is None or step.reach >= smallest


def test_a_figure_needs_enough_customers_inside_and_outside_of_its_group() -> None:
    privacy = PrivacySettings(audience="external")
    assert key_figures.can_show(GroupFigure(1.0, 11, 22), privacy)
    assert not key_figures.can_show(GroupFigure(1.0, 10, 22), privacy)
    assert not key_figures.can_show(GroupFigure(1.0, 12, 22), privacy)
    assert not key_figures.can_compare(GroupFigure(1.0, 30, 100), GroupFigure(1.0, 33, 100), privacy)
    assert key_figures.can_compare(GroupFigure(1.0, 30, 100), GroupFigure(1.0, 45, 130), privacy)
    point = GroupFigure(1.0, 30, 100)
    lengths = [key_figures._can_show_trend([point] * length, privacy) for length in range(4)]
    assert lengths == [False, False, True, True], "one point is no trend"


def test_the_first_screen_is_the_same_for_rows_in_any_order(customers: Customers, tmp_path: Path) -> None:
    lines = ORDERS.read_text(encoding="utf-8").splitlines()
    shuffled = tmp_path / "shuffled.csv"
    order = np.random.default_rng(3).permutation(len(lines) - 1)
    shuffled.write_text("\n".join([lines[0], *(lines[1 + int(at)] for at in order)]) + "\n", encoding="utf-8")
    assert build_overview(read_orders(shuffled)).to_dict() == build_overview(customers).to_dict()


def test_findings_lead_to_their_evidence(customers: Customers) -> None:
    from segcli.reports.formats import Page, html

    settings = Settings.model_validate({"report": {"sections": ["summary", "segments"]}})
    segmentation: Segmentation = rfm.segment_by_rfm(customers, settings.rfm, maps.load_map("default"), 1)
    page = html.render(
        build_report(collect_findings(customers, Analysis([segmentation], settings)), settings.report), Page()
    )
    for anchor in ("key-figures", "segments"):
        assert f'href="#{anchor}">Evidence' in page
        assert page.count(f'id="{anchor}"') == 1
    assert page.count("<polyline") == 6


def step(segment: str, action: str, reach: int | None = None) -> NextStep:
    return NextStep(segment, 100, action, "email", reach, None, None, None, ())


def test_segments_with_the_same_advice_share_a_line(customers: Customers) -> None:
    """In the order of the first of them; steps without advice stay apart, and none is dropped from JSON."""
    steps = [step("A", "Ask."), step("B", "Wait."), step("C", "Ask.", 60), step("D", ""), step("E", "")]
    overview = replace(build_overview(customers), next_steps=steps)
    shown = summary._build_next_steps(overview).items
    assert [(one.text, one.detail) for one in shown] == [
        ("A and C: Ask.", "A: 100 customers; C: 60 customers by email"),
        ("B: Wait.", "100 customers"),
        ("D", "100 customers"),
        ("E", "100 customers"),
    ]
    assert [one["segment"] for one in overview.to_dict()["next_steps"]] == ["A", "B", "C", "D", "E"]


def test_findings_on_which_somebody_can_act_come_before_concentration(customers: Customers) -> None:
    findings = build_overview(customers).findings
    assert [finding.finding_id for finding in findings][-1] == "concentration"
    money = [finding.money or 0.0 for finding in findings[:-1]]
    assert money == sorted(money, reverse=True)
    assert findings[-1].money > money[0]
    assert {finding.finding_id: finding.command for finding in findings}["top_segment"] == "segcli rfm"


def test_a_table_without_dates_says_how_to_see_what_changed() -> None:
    made = read_segmentation(from_columns({"rating": list(range(40)), "x_segment": ["A", "B"] * 20}), "x_segment")
    settings = Settings.model_validate({"report": {"sections": ["summary"]}})
    report = build_report(collect_findings(made.customers, Analysis([made], settings)), settings.report)
    assert "set report.previous to an earlier result" in md.render(report, Page()).replace("\\", "")


# Findings by hand
SHOP = {
    "late": (30, ["2025-05-01", "2025-06-01", "2025-07-10"], 20.0),
    "slow": (12, ["2025-02-01", "2025-03-01", "2025-04-01"], 10.0),
    "active": (50, ["2025-05-20", "2025-07-20", "2025-09-20", "2025-11-20", "2025-12-31"], 25.0),
    "once": (41, ["2025-12-01"], 5.0),
}


def build_inputs(customers: Customers, labels: pd.Series) -> FindingInputs:
    """Prepare the findings of internal readers; a second segmentation must not repeat those of the first."""
    segmentations = [segmentation_from_labels(customers, f"{name}_segment", labels, {"name": name}) for name in "xy"]
    history, privacy = key_figures.read_history(customers), PrivacySettings()
    figures = key_figures.compute_key_figures(history, PERIOD, privacy) if history else []
    personas = Analysis(segmentations, Settings()).describe_segments(segmentations)
    return FindingInputs(customers, history, segmentations, personas, privacy, PERIOD, figures)


def build_shop(folder: Path, sizes: dict[str, tuple[int, list[str], float]]) -> FindingInputs:
    """Read orders of these groups, which are the segments."""
    customers = read_orders(write_orders(folder, sizes))
    return build_inputs(customers, customers.table[columns.CUSTOMER_ID].str.rstrip("0123456789"))


def test_findings_of_a_small_shop_by_hand(tmp_path: Path) -> None:
    """133 customers, 417 orders, 8,615 of revenue: 1,800 of late, 360 of slow, 6,250 of active and 205 of once."""
    findings = rank_findings(build_shop(tmp_path, SHOP))
    facts = [(entry.finding_id, entry.money, entry.evidence, entry.command) for entry in findings]
    assert facts == [
        ("top_segment", 6250, "segments", "segcli report --sections segments"),
        ("revenue_at_risk", 30 * 60 + 12 * 30, "key-figures", "segcli ingest"),
        ("revenue_change", 3100 - 2705, "key-figures", "segcli ingest --as-of"),
        ("one_time_buyers", pytest.approx(4 * 8615 / 417), "key-figures", "segcli ingest"),
        ("concentration", 26 * 125, "key-figures", "segcli ingest"),
    ]
    assert [entry.sentence for entry in findings] == [
        "active: 50 customers (38% of all) bring 73% of revenue, 6,250.",
        (
            "42 customers have not ordered for more than twice their usual gap; they spent 2,160 in the last 365 days. "
            "Most of it, 1,800, is from 30 customers in late."
        ),
        "Revenue of the last 90 days is 2,705, 395 less than in the 90 days before (orders +8%, average order -20%).",
        (
            "41 customers (31% of all) bought once. If 10% of them ordered again, at the average order of 20.66, that "
            "would bring 82.64."
        ),
        "The top 20% of customers generate 38% of revenue, 3,250.",
    ]
    assert [dict(entry.figures) for entry in findings] == [
        pytest.approx({"customers": 50, "share": 50 / 133, "revenue": 6250, "revenue_share": 6250 / 8615}),
        {
            "overdue": 42,
            "revenue_at_risk": 2160,
            "segment_overdue": 30,
            "segment_revenue_at_risk": 1800,
            # 90 days ago: late and slow were overdue, active had three orders, and only active ordered again
            "test_overdue": 42,
            "test_overdue_buyers": 0,
            "test_others": 50,
            "test_other_buyers": 50,
        },
        {"revenue": 2705, "previous_revenue": 3100, "orders": 100 + 41, "previous_orders": 30 + 100},
        pytest.approx({"customers": 41, "average_order": 8615 / 417, "revenue": 4 * 8615 / 417}),
        pytest.approx({"revenue": 3250, "revenue_share": 3250 / 8615}),
    ]
    assert [entry.confidence for entry in findings] == [
        "medium: 50 customers",
        "medium: of such customers 90 days ago, 0% ordered in these 90 days; of other regular customers 100%",
        "high: counted, not estimated; seasons are not removed",
        "low: an assumption, not a forecast",
        "high: counted, not estimated",
    ]


@pytest.mark.parametrize(("amount", "is_most"), [(49.0, True), (50.0, False), (51.0, True)])
def test_most_of_the_revenue_at_risk_is_more_than_half(tmp_path: Path, amount: float, *, is_most: bool) -> None:
    inputs = build_shop(tmp_path, SHOP | {"slow": (12, SHOP["slow"][1], amount)})
    sentences = {entry.finding_id: entry.sentence for entry in rank_findings(inputs)}
    assert ("Most of it" in sentences["revenue_at_risk"]) == is_most


@pytest.mark.parametrize(
    ("test", "level"),
    [
        (OverdueTest(100, 10, 100, 60), "high: of such customers"),
        (OverdueTest(99, 10, 100, 60), "medium: of such customers"),
        (OverdueTest(200, 20, 30, 18), "medium: of such customers"),
        (OverdueTest(200, 20, 29, 18), "low: of such customers"),
        (OverdueTest(200, 100, 200, 110), "low: of such customers"),  # by chance: the intervals overlap
        (OverdueTest(0, 0, 200, 110), "low: not tested"),
        (OverdueTest(200, 100, 0, 0), "low: not tested"),
    ],
)
def test_confidence_in_overdue_customers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: OverdueTest, level: str
) -> None:
    monkeypatch.setattr(key_figures, "compare_overdue", lambda *_: test)
    found = {entry.finding_id: entry.confidence for entry in rank_findings(build_shop(tmp_path, SHOP))}
    assert found["revenue_at_risk"].startswith(level)


def test_revenue_that_grows_a_little_is_more_and_one_that_stays_is_no_finding(tmp_path: Path) -> None:
    days = ["2025-05-01", "2025-08-01", "2025-11-01"]
    inputs = build_shop(tmp_path, {"a": (40, days, 20.0), "b": (1, [days[0], days[1], "2025-12-31"], 2.0)})
    extra = build_shop(tmp_path, {"a": (40, days, 20.0), "b": (1, [days[0], "2025-12-31"], 0.25)})
    sentences = [
        entry.sentence
        for made in (inputs, extra)
        for entry in rank_findings(made)
        if entry.finding_id == "revenue_change"
    ]
    (sentence,) = sentences
    assert "0.25 more than" in sentence


@pytest.mark.parametrize("customer_count", [9, 10])
def test_a_fifth_of_fewer_than_ten_customers_is_no_finding(customer_count: int) -> None:
    made = from_columns({"revenue": [float(number) for number in range(customer_count)]})
    findings = {
        entry.finding_id: entry for entry in rank_findings(build_inputs(made, pd.Series(["A"] * customer_count)))
    }
    assert ("concentration" in findings) == (customer_count == 10)
    assert customer_count == 9 or findings["concentration"].figures == {"revenue": 9 + 8, "revenue_share": 17 / 45}


def test_without_revenue_the_three_largest_segments_are_described() -> None:
    labels = pd.Series(["A"] * 10 + ["B"] * 40 + ["C"] * 20 + ["D"] * 30)
    made = from_columns({"rating": [float(number % 7) for number in range(100)]})
    findings = rank_findings(build_inputs(made, labels))
    assert [(entry.finding_id, entry.money, entry.evidence, entry.command) for entry in findings] == [
        (f"segment_{number}", None, "segments", "segcli persona") for number in (1, 2, 3)
    ]
    assert [entry.sentence.partition(").")[0] for entry in findings] == [
        "B: 40 customers (40% of all",
        "D: 30 customers (30% of all",
        "C: 20 customers (20% of all",
    ]
    assert [dict(entry.figures) for entry in findings] == [
        {"customers": size, "share": size / 100} for size in (40, 30, 20)
    ]


def test_figures_of_a_table_without_orders_by_hand() -> None:
    """Of four customers with 40 orders and 100 of revenue, three bought again."""
    made = from_columns({"orders": [1, 4, 5, 30], "revenue": [10.0, 20.0, 30.0, 40.0]})
    figures = key_figures.describe_table(made, PrivacySettings())
    assert {figure.figure_id: figure.value for figure in figures} == {
        "customers": 4,
        "total_revenue": 100,
        "repeat_rate": 3 / 4,
        "average_order": 100 / 40,
    }
    assert {figure.previous for figure in figures} == {None}
    (only,) = key_figures.describe_table(from_columns({"rating": [1.0, 2.0]}), PrivacySettings())
    assert (only.figure_id, only.value) == ("customers", 2)
