"""Surveys as tools export them: init and run find the planted classes without any flag."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from tests.oracles import surveys
from tests.oracles.agreement import adjusted_rand

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SURVEY = surveys.plant_survey()


@pytest.mark.parametrize("layout", surveys.LAYOUTS)
def test_init_and_run_find_the_classes_of_a_survey_without_any_flag(segcli: Run, folder: Path, layout: str) -> None:
    (folder / "survey.csv").write_text(surveys.render_survey(SURVEY, layout), encoding="utf-8")
    made = segcli("init", "survey.csv", "-o", "survey.yaml")
    assert made.returncode == 0, made.stderr
    ran = segcli("run", "survey.yaml", "-o", "out")
    assert ran.returncode == 0, ran.stderr
    with (folder / "out" / "customers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == surveys.SIZE
    rows.sort(key=lambda row: order_of(row["customer_id"], layout))
    assert adjusted_rand([row["cluster_segment"] for row in rows], SURVEY.truth.tolist()) >= 0.9
    assert len({row["cluster_segment"] for row in rows}) == 3


def order_of(customer_id: str, layout: str) -> float:
    """The row of a respondent, from the id that the layout gives."""
    if layout == "Typeform":
        inverse = pow(7919, -1, 100_003)
        return int(customer_id[1:]) * inverse % 100_003
    return float(customer_id[2:6]) if layout == "Qualtrics" else float(customer_id)


@pytest.mark.parametrize("layout", surveys.LAYOUTS)
def test_respondents_metadata_and_measures_are_recognised(file_of: Callable[..., str], layout: str) -> None:
    path = file_of(surveys.render_survey(SURVEY, layout))
    found = load_customers(IngestSettings(transactions=Source(path=path)))
    report = found.input_reports[0]
    assert len(found.table) == surveys.SIZE
    assert found.table["nps"].sum() == SURVEY.recommend.sum()
    assert report.columns["customer_id"] == {
        "Qualtrics": "ResponseId",
        "SurveyMonkey": "Respondent ID",
        "Google Forms": "row number",
        "LimeSurvey": "id. Response ID",
        "Typeform": "#",
        "Microsoft Forms": "ID",
    }.get(layout)
    notes = "\n".join(report.notes)
    if layout == "Qualtrics":
        assert "4 test responses ignored (Status: Survey Preview 4): 304 rows = kept 300 + ignored 4" in notes
    if layout == "Google Forms":
        assert "rows are numbered" in notes
