"""What a report withholds, it withholds in every section and format."""

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from segcli.config import Settings
from segcli.config.privacy import PrivacySettings
from segcli.message import CustomerCount, join_messages, message
from segcli.model import Segmentation
from segcli.persona.analysis import Analysis
from segcli.persona.plan import TouchpointPlan
from segcli.persona.targets import TargetSelection
from segcli.reports.disclosure import DisclosureGuard
from segcli.reports.findings import collect_findings
from segcli.reports.formats import Page, md
from segcli.reports.formats import json as json_format
from segcli.reports.report import build_report
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

SECTIONS = [
    "summary",
    "segments",
    "personas",
    "targets",
    "plan",
    "experience",
    "rates",
    "scorecard",
    "fairness",
    "privacy",
]
SIZES = {"Huge": 60, "Large": 40, "Fair": 14, "Secretive": 7, "Tiniest": 3}


def made() -> Segmentation:
    labels = [name for name, size in SIZES.items() for _ in range(size)]
    size = len(labels)
    return read_segmentation(
        from_columns(
            {
                "orders": [1 + n % 5 for n in range(size)],
                "revenue": [10.0 + n for n in range(size)],
                "recency_days": list(range(size)),
                "nps": [n % 11 for n in range(size)],
                "gender": ["f" if n % 3 else "m" for n in range(size)],
                "x_segment": labels,
            }
        ),
        "x_segment",
    )


def report(audience: str, **more: Any) -> Any:
    asked = {
        "report": {"sections": SECTIONS},
        "privacy": {"audience": audience, "minimum_cell": 5, **more},
        "fairness": {"audit_only": ["gender"]},
        "plan": {"stages": {"retain": list(SIZES)}},
    }
    settings, one = Settings.model_validate(asked), made()
    return build_report(collect_findings(one.customers, Analysis([one], settings)), settings.report)


@pytest.mark.parametrize(("audience", "hidden"), [("internal", {"Tiniest"}), ("external", {"Secretive", "Tiniest"})])
def test_withheld_segments_are_named_in_lists_of_the_withheld_and_nowhere_else(audience: str, hidden: set[str]) -> None:
    found = report(audience)
    texts = md.render(found, Page()).splitlines()
    # one small segment alone would follow from the total, so another is always withheld with it
    for name in hidden | {"Secretive"}:
        mentions = [line for line in texts if name in line]
        assert mentions
        assert all("withheld" in line for line in mentions), mentions
    assert any("(withheld" in line.replace("\\", "") for line in texts)


def test_internal_readers_are_shown_everything_and_few_customers_are_marked() -> None:
    texts = md.render(report("internal", minimum_cell=1), Page())
    assert "withheld)" not in texts
    assert "| Tiniest | 3 |" in texts
    assert "small numbers, fewer than 5 customers: Tiniest" in texts
    assert "For internal readers: nothing is withheld; segments of fewer than 5 customers are marked." in texts
    assert PrivacySettings().withholds_groups is False
    assert PrivacySettings(audience="external", minimum_cell_external=1).dominance_limit == 0.85


def test_json_tells_no_more_than_the_page() -> None:
    found = json.loads(json_format.render(report("external"), Page()))
    text = json.dumps({key: found[key] for key in ("segmentations", "targets", "plan", "audits")})
    for name in ("Secretive", "Tiniest"):
        around = [part for part in text.split('"') if name in part]
        assert all("withheld" in part for part in around), around
    sizes = [one["customers"] for one in found["segmentations"][0]["segments"]]
    assert sum(sizes) == sum(SIZES.values())
    assert min(sizes) >= 11


def test_nothing_is_withheld_where_nothing_is_small() -> None:
    text = md.render(report("internal", minimum_cell=3), Page())
    assert "No segment is withheld" in text
    assert "Tiniest" in text


def test_external_reports_show_no_example_of_one_person() -> None:
    assert "**Example**" in md.render(report("internal"), Page())
    assert "**Example**" not in md.render(report("external"), Page())


GUARD = DisclosureGuard({"x_segment": ("Secretive", "Tiniest"), "y_segment": ("Elsewhere",)}, 5)


def rows(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"segment": names, "customers": range(len(names))})


def test_targets_and_plans_lose_the_rows_and_the_sentences_of_the_withheld() -> None:
    notes = ("Tiniest has 3 customers", "Huge has 60 customers", "there are 124")
    every = rows("Huge", "Tiniest", "Fair", "Secretive")
    found = GUARD.filter_targets(TargetSelection(made(), every, every, ("Huge",), 7.0, every, notes))
    for table in (found.table, found.contributions, found.weight_set_scores):
        pd.testing.assert_frame_equal(table, pd.DataFrame({"segment": ["Huge", "Fair"], "customers": [0, 2]}))
    assert (found.notes, found.chosen_segments, found.weight_tolerance) == (notes[1:], ("Huge",), 7.0)
    planned = GUARD.filter_plan(
        TouchpointPlan(made(), every, every, ("Secretive: no stage", "retain: no touchpoint for Huge"))
    )
    pd.testing.assert_frame_equal(planned.table, found.table)
    assert planned.gaps == ("retain: no touchpoint for Huge",)


def test_a_segmentation_says_nothing_of_what_is_withheld_of_another() -> None:
    (found,) = GUARD.merge_withheld([replace(made(), notes=("Elsewhere has 2", "Huge has 60"))])
    assert found.notes[0] == "Huge has 60"
    assert found.segments[-1] == "(withheld)"
    pd.testing.assert_frame_equal(
        GUARD.drop_withheld_rows(rows("Tiniest", "Huge"), "z_segment"), rows("Tiniest", "Huge")
    )


def few(name: str) -> pd.DataFrame:
    """A table beside the segments with counts from 1 to 4 among others, as methods and bases make them."""
    counts = {
        "Between segments": {"nearly": ["Large", "Huge", "Huge"], "customers": [40, 12, 3], "share": [0.6, 0.3, 0.21]},
        "Pairs": {"and": ["b", "c", "d"], "customers": [30, 12, 2], "lift": [1.5, 7.25, 9.125]},
        "NPS by plan": {"customers": [60, 40, 14], "answers": [45.0, 20.0, 2.0], "response_rate": [0.75, 0.5, 0.14]},
        "Rates": {"customers": [60, 40, 14], "rate": [0.5, 0.5, 0.93]},
    }
    return pd.DataFrame({"segment": ["Huge", "Large", "Large"], **counts[name]})


@pytest.mark.parametrize("title", ["Between segments", "Pairs", "NPS by plan", "Rates"])
def test_tables_beside_the_segments_count_no_few_customers(title: str) -> None:
    one, settings = made(), Settings.model_validate({"privacy": {"audience": "external"}})
    one = replace(
        one,
        tables={title: few(title)},
        notes=(
            message("customers that match several segments: {count}; the first is used", count=CustomerCount(3)),
            join_messages(": ", ["without any", message("{count}", count=CustomerCount(4))]),
            message("customers with two segments: {count}", count=CustomerCount(60)),
            message("{count} segments", count=2),
        ),
        method={**one.method, "counts": [3, 4], "examples": {"Huge": {"orders": 2}}},
    )
    shown = build_report(collect_findings(one.customers, Analysis([one], settings)), settings.report)
    table = json.loads(json_format.render(shown, Page()))["segmentations"][0]["tables"][title]
    assert [row["segment"] for row in table] == ["Huge", "Large", "Large"]
    assert table[0]["customers"] == few(title)["customers"][0]
    for row in table[1:]:  # the few, and the next smallest, by which they could be told
        assert all(value is None or isinstance(value, str) for value in row.values()), row
    said = md.render(shown, Page()) + json_format.render(shown, Page())
    assert "match several" not in said
    assert "without any" not in said
    assert "two segments: 60" in said
    assert "2 segments" in said
    assert "examples" not in said
    free = Settings.model_validate({})
    told = build_report(collect_findings(one.customers, Analysis([one], free)), free.report)
    assert "match several segments: 3" in md.render(told, Page())


def test_rates_of_segments_need_the_orders_behind_them() -> None:
    """A table says who bought twice by now, not who belonged to a segment before; so only the rate of all is shown."""
    labels = ["Big"] * 60 + ["Other"] * 40
    orders = [2] * 57 + [1] * 3 + [2] * 20 + [1] * 20  # 3 of Big bought once
    one = read_segmentation(
        from_columns({"orders": orders, "recency_days": [9] * 100, "nps": [9] * 2 + [None] * 98, "x_segment": labels}),
        "x_segment",
    )
    for audience in ("internal", "external"):
        settings = Settings.model_validate(
            {"report": {"sections": ["personas", "rates", "experience"]}, "privacy": {"audience": audience}}
        )
        shown = md.render(
            build_report(collect_findings(one.customers, Analysis([one], settings)), settings.report), Page()
        )
        assert "| repeat purchase | all | 100 | 77% |" in shown
        assert "repeat purchase | Big" not in shown
        assert "95% |" not in shown
