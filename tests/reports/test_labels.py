"""Labels of columns and segments are shown in reports in place of names, and programs read the names."""

import json
from typing import Any

import pytest

from segcli.config import Settings
from segcli.message import count_message, join_messages, message
from segcli.persona.analysis import Analysis
from segcli.reports.findings import collect_findings
from segcli.reports.formats import Page, html, md
from segcli.reports.formats import json as json_format
from segcli.reports.report import build_report
from segcli.reports.translation import Labels
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

LABELS = Labels({"q09": "skiing", "A": "Alpine"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", "Alpine"),
        ("A day", "A day"),  # only whole names
        (message("more {label}", label="q09"), "more skiing"),
        (count_message("{count} day in {segment}", "{count} days in {segment}", 1, segment="A"), "1 day in Alpine"),
        (
            count_message("{count} day in {segment}", "{count} days in {segment}", 1200, segment="A"),
            "1,200 days in Alpine",
        ),
        (join_messages(", ", ["A", message("{label}", label="q09")]), "Alpine, skiing"),
        (message("no values"), "no values"),
    ],
)
def test_names_become_labels_also_inside_of_sentences(text: str, expected: str) -> None:
    assert LABELS.translate(text) == expected


def test_a_relabelled_message_can_still_be_translated() -> None:
    relabelled: Any = LABELS.translate(count_message("{count} of {name}", "{count} of {name}s", 2, name="q09"))
    assert (relabelled.template, relabelled.plural) == ("{count} of {name}", "{count} of {name}s")
    assert relabelled.values == {"count": 2, "name": "skiing"}


def build(labels: dict[str, str]) -> Any:
    size = 60
    table = {"q09": [float(n % 2) for n in range(size)], "home_town": ["x", "y"] * (size // 2)}
    customers = from_columns({**table, "sport_segment": ["A", "B"] * (size // 2)})
    settings = Settings.model_validate({"labels": labels, "report": {"sections": ["summary", "segments", "personas"]}})
    findings = collect_findings(customers, Analysis([read_segmentation(customers, "sport_segment")], settings))
    return build_report(findings, settings.report)


def test_a_report_shows_labels_and_readable_names_by_default() -> None:
    plain, labelled = (md.render(build(labels), Page()) for labels in ({}, {"A": "Alpine", "q09": "skiing"}))
    assert "### Sport\n" in plain
    assert "| A |" in plain
    assert "| Alpine |" in labelled
    assert "skiing" in labelled
    assert "q09" not in labelled
    assert "home town" in plain
    assert "home_town" not in plain


def test_programs_read_names() -> None:
    envelope = json.loads(json_format.render(build({"A": "Alpine"}), Page()))
    assert [row["segment"] for row in envelope["segmentations"][0]["segments"]] == ["A", "B"]
    assert envelope["segmentations"][0]["column"] == "sport_segment"


def test_a_label_that_is_a_word_of_the_page_changes_no_link() -> None:
    assert 'href="#segments"' in html.render(build({"segments": "groups", "share": "part"}), Page())
