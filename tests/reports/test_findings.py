"""Findings hold what the sections of a report show, and nothing else."""

from pathlib import Path

import pytest

from segcli.config import Settings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.message import Message
from segcli.model import Customers, Persona, SurveyScore
from segcli.persona.analysis import Analysis
from segcli.reports.findings import (
    _drop_small_scores,
    build_labels,
    collect_audits,
    collect_findings,
    label_segmentation,
    prettify_name,
)
from segcli.reports.report import Findings
from segcli.segment import maps, rfm
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

ORDERS = Path(__file__).parents[2] / "sample_data" / "orders.csv"


@pytest.fixture(scope="module")
def customers() -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(ORDERS))))


def collect(customers: Customers, sections: list[str]) -> Findings:
    settings = Settings.model_validate({"report": {"sections": sections}})
    segmentation = rfm.segment_by_rfm(customers, settings.rfm, maps.load_map("default"), 1)
    return collect_findings(customers, Analysis([segmentation], settings))


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ("segments", ""),
        ("scorecard", "scorecards"),
        ("drivers", "drivers"),
        ("targets", "targets"),
        ("plan", "plan"),
        ("heatmap", "score_cells"),
        ("summary", "overview"),
    ],
)
def test_only_what_a_section_shows_is_collected(customers: Customers, section: str, part: str) -> None:
    findings = collect(customers, [section])
    parts = ("scorecards", "drivers", "targets", "plan", "audits", "score_cells", "overview")
    assert [name for name in parts if getattr(findings, name)] == ([part] if part else [])


def test_labels_of_a_table_by_hand() -> None:
    """Columns that segcli computes, such as orders, have labels already; labels of the settings come first."""
    values = {"favourite_colour": ["red", "blue"], "shop_area": [1, 2], "orders": [1, 2], "club_segment": ["A", "B"]}
    segmentation = read_segmentation(from_columns(values), "club_segment")
    settings = Settings.model_validate({"labels": {"shop_area": "Area", "A": "First"}})
    assert build_labels([segmentation], settings).label_by_name == {
        "club_segment": "Club",
        "favourite_colour": "favourite colour",
        "shop_area": "Area",
        "A": "First",
    }


def test_only_names_that_segcli_gives_are_translated() -> None:
    names = ("lifecycle", "cluster", "club")
    assert [isinstance(label_segmentation(name), Message) for name in names] == [True, True, False]


@pytest.mark.parametrize(
    ("measure", "score", "answers", "is_shown"),
    [
        ("NPS", 46.0, 11, True),
        ("NPS", 46.0, 10, False),
        ("CSAT", 50.0, 22, True),
        ("CSAT", 90.0, 22, False),  # 20 were satisfied, so 2 were not
        ("CSAT", 10.0, 22, False),
        ("CSAT", 100.0, 22, True),
    ],
)
def test_scores_of_few_answers_are_left_out(measure: str, score: float, answers: int, *, is_shown: bool) -> None:
    survey_score = SurveyScore(measure, score, 0.0, 100.0, answers)
    persona = Persona("A", "", 50, 0.5, None, None, (), (), {}, "", scores=(survey_score,))
    assert _drop_small_scores(persona, 11).scores == ((survey_score,) if is_shown else ())


@pytest.mark.parametrize("audience", ["internal", "external"])
def test_external_readers_see_no_small_segments_and_groups(audience: str) -> None:
    """Segments of 9 and 6 customers are merged, without a persona; 4 of the 60 customers of Huge are in group x."""
    sizes = {"Huge": 60, "Large": 40, "Secretive": 9, "Tiniest": 6}
    segments = [name for name, size in sizes.items() for _ in range(size)]
    genders = ["x" if row in (0, 10, 20, 30) or row > 80 else "f" for row in range(115)]
    made = from_columns({"orders": [1 + row % 7 for row in range(115)], "gender": genders, "x_segment": segments})
    settings = {"sections": ["personas", "fairness"]}, {"audit_only": ["gender"]}, {"audience": audience}
    sections = dict(zip(("report", "fairness", "privacy"), settings, strict=True))
    analysis = Analysis([read_segmentation(made, "x_segment")], Settings.model_validate(sections))
    findings = collect_findings(made, analysis)
    shown = [persona.segment for persona in findings.personas["x_segment"]]
    assert sorted(shown) == (sorted(sizes) if audience == "internal" else ["Huge", "Large"])
    (audit,) = findings.audits
    assert [entry.selection for entry in collect_audits(analysis.segmentations, analysis.settings, None)] == [None]
    shares = audit.balance_tables["x_segment"].set_index(["segment", "group"])["share"]
    assert shares.loc["Huge"].isna().to_dict() == {"x": audience == "external"}


def test_acronyms_stay_capital() -> None:
    assert [prettify_name(name) for name in ("nps", "RFM_score", "aht", "x")] == ["NPS", "RFM score", "AHT", "X"]
