"""segcli rules in a real process: bases without a config, tables, scores by segment, overlap, scorecard, mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from subprocess import CompletedProcess

Run = Callable[..., "CompletedProcess[str]"]

CUSTOMERS = """customer_id,birth_date,email_consent,nps,postcode,children,marital_status
A,1990-05-01,yes,9,04109,0,single
B,1950-01-01,no,3,10115,2,married
C,,,10,99999,,
"""
STORES = "postcode,area\n04,Leipzig\n10,Berlin\n"


@pytest.fixture
def table(folder: Path) -> Path:
    (folder / "areas.csv").write_text(STORES)
    path = folder / "customers.csv"
    path.write_text(CUSTOMERS)
    return path


def test_bases_need_no_config_and_become_columns(segcli: Run, table: Path) -> None:
    done = segcli(
        "rules", table, "--base", "generation", "--base", "family_stage", "--as-of", "2026-07-01", "-f", "csv"
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines()]
    assert rows[0][-2:] == ["generation", "family_stage"]
    assert [row[-2:] for row in rows[1:]] == [
        ["Millennials", "single"],
        ["Boomers", "retired"],
        ["unknown", "unknown"],
    ]


def test_a_table_on_the_command_line_goes_to_the_base_that_looks_things_up(segcli: Run, table: Path) -> None:
    asked = ("rules", table, "--base", "postcode_area", "--base", "household_size", "-f", "csv", "-q")
    done = segcli(*asked, "--table", "areas.csv")
    assert done.returncode == 0, done.stderr
    assert [line.split(",")[-2:] for line in done.stdout.splitlines()[1:]] == [
        ["Leipzig", "1"],
        ["Berlin", "4"],
        ["unknown", "unknown"],
    ]
    assert segcli(*asked, "--table", "nowhere.csv").returncode == 3
    assert segcli(*asked, "--table", "areas.csv", "-o", "areas.csv").returncode == 2, "an input is no output"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--base", "generatoin"), "no base 'generatoin'"),
        (("--table", "areas.csv"), "--table and --by need a base"),
        (("--base", "usage", "--table", "areas.csv"), "--table needs exactly one --base that uses a table"),
        (("--base", "usage", "--by", "rfm_segment"), "--by: usage has no score by segment"),
        (("--base", "usage", "--overlap"), "--overlap needs two bases"),
        ((), "no rules; set a base with --base"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(
    segcli: Run, table: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = segcli("rules", "orders.csv", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert table.read_text() == CUSTOMERS


def test_scores_by_the_segments_of_another_base(segcli: Run, table: Path) -> None:
    done = segcli(
        *("rules", table, "--base", "nps", "--base", "generation", "--by", "generation", "--as-of", "2026-07-01"),
        *("-f", "json", "-q"),
    )
    assert done.returncode == 0, done.stderr
    by = {one["column"]: one for one in json.loads(done.stdout)["segmentations"]}
    rows = by["nps_segment"]["tables"]["NPS by generation"]
    assert [row["segment"] for row in rows] == ["all", "Boomers", "Millennials", "unknown"]
    assert {row["note"] for row in rows} == {"fewer than 5 answers"}
    assert rows[0]["answers"] is None, "so few are not even counted"


def test_overlap_and_scorecard_as_rows(segcli: Run) -> None:
    done = segcli("rules", "orders.csv", "--base", "usage", "--base", "value_tier", "--overlap", "-f", "csv", "-q")
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header == "segment,other,customers,jaccard,lift,column,with"
    assert sum(int(row.split(",")[2]) for row in rows) == 3
    done = segcli("rules", "orders.csv", "--base", "usage", "--scorecard", "-f", "csv", "-q")
    header, *rows = done.stdout.splitlines()
    assert header == "segment,principle,value,verdict,why,column"
    assert len(rows) % 6 == 0
    assert any(row.split(",")[1:4] == ["substantial", "2.0", "fail"] for row in rows)


def test_a_report_with_a_scorecard_experience_and_rates(segcli: Run, folder: Path, table: Path) -> None:
    (folder / "all.yaml").write_text(
        "output: out\ningest:\n  transactions: {path: orders.csv}\n  customers: {path: customers.csv}\n"
        "rules:\n- {base: usage}\nreport: {sections: [scorecard, experience, rates]}\n"
        "scorecard: {period_days: 30}\nprivacy: {minimum_cell: 1, dominance: 1}\n"
    )
    done = segcli("run", "all.yaml", "-q")
    assert done.returncode == 0, done.stderr
    report = (folder / "out" / "report.md").read_text()
    assert "## Scorecard" in report
    assert "| Segment | Measurable | Accessible | Substantial | Differentiable | Durable | Actionable |" in report
    assert "fewer than 5 answers" in report
    assert "| repeat purchase | all | 3 | 33% |" in report
    assert table.exists()


def test_a_mistake_in_a_rule_is_shown_with_its_line_before_the_input_is_read(segcli: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text("rules:\n- name: tier\n  segments:\n  - {segment: x, when: orders > 'many'}\n")
    done = segcli("rules", "nowhere.csv", "-c", "bad.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("segcli: bad.yaml:4:33: rules.0.segments.0.when (x): column 10: a number cannot be")


def test_a_table_named_in_a_config_is_found_beside_it(segcli: Run, folder: Path, table: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "c.yaml").write_text("rules:\n- {base: postcode_area, table: ../areas.csv, name: area}\n")
    done = segcli("rules", table, "-c", "deep/c.yaml", "-f", "csv", "-q")
    assert done.returncode == 0, done.stderr
    assert [line.rpartition(",")[2] for line in done.stdout.splitlines()] == ["area", "Leipzig", "Berlin", "unknown"]


def test_one_setting_decides_on_special_categories_in_rules_and_clusters(segcli: Run, folder: Path) -> None:
    ages = "\n".join(f"P{n},{20 + n},{n % 3}" for n in range(30))
    (folder / "people.csv").write_text(f"customer_id,age,health_score\n{ages}\n")
    (folder / "health.yaml").write_text(
        "rules: [{name: fit, segments: [{segment: yes, when: health_score > 1}]}]\n"
        "cluster: {features: [age, health_score], k: 2, pairs: 0}\n"
    )
    for command in ("rules", "cluster"):
        refused = segcli(command, "people.csv", "-c", "health.yaml", "-q")
        assert refused.returncode == 2
        assert "privacy.special_reason" in refused.stderr
        reason = "privacy.special_reason=the members agreed in writing"
        allowed = segcli(command, "people.csv", "-c", "health.yaml", "-q", "-f", "csv", "--set", reason)
        assert allowed.returncode in {0, 4}, allowed.stderr
        assert allowed.stdout
