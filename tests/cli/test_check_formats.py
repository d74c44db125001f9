"""Formats of `segcli check` for CI: complete documents of their kind, with stable codes and positions in files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml

from segcli.reports.check_formats import CHECK_FORMATS, load_check_format
from segcli.reports.check_result import Finding, build_check_result, list_codes
from segcli.reports.formats import Page

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]

FLAWED = """customer_id,order_id,order_date,amount
A,1,2026-01-01,10.00
,2,2026-01-02,5.00
A,3,soon,5.00
B,5,2026-01-04,7.00
"""

# The part of the published schema of SARIF 2.1.0 (OASIS, section 3) that concerns what segcli writes, without the
# freedom to add other keys.
TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string", "minLength": 1}},
}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs", "$schema"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "additionalProperties": False,
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "additionalProperties": False,
                                            "properties": {"id": {"type": "string"}, "shortDescription": TEXT},
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId", "level"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                                "locations": {
                                    "type": "array",
                                    "minItems": 1,
                                    "items": {
                                        "type": "object",
                                        "required": ["physicalLocation"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation", "region"],
                                                "additionalProperties": False,
                                                "properties": {
                                                    "artifactLocation": {
                                                        "type": "object",
                                                        "required": ["uri"],
                                                        "additionalProperties": False,
                                                        "properties": {
                                                            "uri": {"type": "string", "pattern": "^[^\\s]+$"}
                                                        },
                                                    },
                                                    "region": {
                                                        "type": "object",
                                                        "required": ["startLine"],
                                                        "additionalProperties": False,
                                                        "properties": {
                                                            "startLine": {"type": "integer", "minimum": 1},
                                                            "startColumn": {"type": "integer", "minimum": 1},
                                                        },
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
WORKFLOW_COMMAND = re.compile(r"::(error|warning|notice) ([^:\n]*)::([^\n]+)")


@pytest.fixture
def flawed(folder: Path) -> Path:
    """An export with two rejected lines, and a config with a rule on its values, in folders with blanks."""
    exports = folder / "my exports"
    exports.mkdir()
    (exports / "orders: May, 100%.csv").write_text(FLAWED)
    (folder / "shop.yaml").write_text(
        "version: 1\n"
        "ingest: {transactions: {path: 'my exports/orders: May, 100%.csv'}}\n"
        "quality:\n"
        "  max_age_days: 0\n"
        "  columns: {amount: {min: 8}}\n"
        "rfm: {segments: three}\n"
    )
    return folder


def find_finding(findings: list[dict[str, Any]], code: str) -> dict[str, Any]:
    (finding,) = (finding for finding in findings if finding["code"] == code)
    return finding


@pytest.mark.usefixtures("flawed")
def test_json_names_code_file_line_and_column_of_each_finding(segcli: Run) -> None:
    done = segcli("check", "shop.yaml", "-f", "json")
    assert done.returncode == 4, done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, json.loads((ROOT / "docs/schema/check.schema.json").read_text()))
    places = {
        code: tuple(find_finding(report["findings"], code)[name] for name in ("severity", "file", "line", "column"))
        for code in ("no_customer_id", "unreadable_date", "quality.columns.min", "quality.max_age_days", "segment_map")
    }
    export = "my exports/orders: May, 100%.csv"
    assert places == {
        "no_customer_id": ("warning", export, 3, None),
        "unreadable_date": ("warning", export, 4, None),
        "quality.columns.min": ("error", export, 3, None),
        "quality.max_age_days": ("error", "shop.yaml", 4, 3),
        "segment_map": ("note", "shop.yaml", 6, 7),
    }


def test_sarif_follows_its_schema_and_points_into_the_files(segcli: Run, flawed: Path) -> None:
    done = segcli("check", "shop.yaml", "-f", "sarif")
    log = json.loads(done.stdout)
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in results)
    assert {rule["id"] for rule in rules} == {one["ruleId"] for one in results}
    fingerprints = [one["partialFingerprints"]["segcliFinding/v1"] for one in results]
    assert len(set(fingerprints)) == len(results)
    for one in results:
        place = one["locations"][0]["physicalLocation"]
        lines = (flawed / unquote(place["artifactLocation"]["uri"])).read_text().splitlines()
        assert place["region"]["startLine"] <= len(lines)
    (dates,) = (one for one in results if one["ruleId"] == "unreadable_date")
    assert dates["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "my%20exports/orders%3A%20May%2C%20100%25.csv"
    )


def test_a_fingerprint_does_not_change_with_the_counts(segcli: Run, folder: Path) -> None:
    def read_fingerprint() -> str:
        results = json.loads(segcli("check", "orders.csv", "-f", "sarif").stdout)["runs"][0]["results"]
        (one,) = (one for one in results if one["ruleId"] == "unreadable_date")
        return str(one["partialFingerprints"]["segcliFinding/v1"])

    (folder / "orders.csv").write_text(FLAWED)
    before = read_fingerprint()
    (folder / "orders.csv").write_text(FLAWED + "C,6,later,1.00\n")
    assert read_fingerprint() == before


@pytest.mark.usefixtures("flawed")
def test_github_escapes_what_would_end_a_property(segcli: Run) -> None:
    done = segcli("check", "shop.yaml", "-f", "github")
    lines = done.stdout.splitlines()
    assert all(WORKFLOW_COMMAND.fullmatch(line) for line in lines), lines
    assert (
        "::warning file=my exports/orders%3A May%2C 100%25.csv,line=4,title=segcli unreadable_date::"
        "my exports/orders: May, 100%25.csv: 1 line rejected: unreadable or missing date (first: line 4)"
    ) in lines
    assert any(
        line.startswith("::error file=shop.yaml,line=4,col=3,title=segcli quality.max_age_days::") for line in lines
    )


@pytest.mark.usefixtures("flawed")
def test_junit_counts_errors_as_failures(segcli: Run) -> None:
    root = ET.fromstring(segcli("check", "shop.yaml", "-f", "junit").stdout)  # noqa: S314 - our own output
    (suite,) = root
    tests = list(suite)
    failures = [test for test in tests if test.find("failure") is not None]
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert int(suite.attrib["tests"]) == len(tests) > len(failures) == int(suite.attrib["failures"]) == 2
    assert {test.attrib["classname"] for test in failures} == {
        "segcli.quality.columns.min",
        "segcli.quality.max_age_days",
    }
    assert all({"classname", "name"} <= set(test.attrib) for test in tests)


def test_mistakes_of_a_config_are_findings_at_their_place(segcli: Run, folder: Path) -> None:
    (folder / "shop.yaml").write_text("version: 1\nrfm:\n  bin: 3\ncluster: {k: 1}\n")
    done = segcli("check", "shop.yaml", "-f", "json")
    assert done.returncode == 2
    found = json.loads(done.stdout)["findings"]
    assert [(one["code"], one["file"], one["line"], one["column"]) for one in found] == [
        ("config_problem", "shop.yaml", 3, 3),
        ("config_problem", "shop.yaml", 4, 11),
    ]


def test_an_unreadable_input_is_a_finding_with_its_line(segcli: Run, folder: Path) -> None:
    (folder / "orders.csv").write_text("foo,bar\n1,2\n")
    done = segcli("check", "orders.csv", "-f", "github")
    assert done.returncode == 3
    assert done.stdout.startswith("::error file=orders.csv,")
    assert "title=segcli unreadable_input::" in done.stdout


@pytest.mark.parametrize("name", CHECK_FORMATS)
def test_without_findings_the_document_is_complete(name: str) -> None:
    text = load_check_format(name).render(build_check_result([]), Page())
    if name == "junit":
        assert ET.fromstring(text).attrib["failures"] == "0"  # noqa: S314 - our own output
    elif name == "sarif":
        jsonschema.validate(json.loads(text), SARIF)
    else:
        assert not text


@pytest.mark.parametrize("name", CHECK_FORMATS)
def test_hostile_texts_cannot_break_a_format(name: str) -> None:
    hostile = "a\x1b]0;\x07\n::error::]]><x>&%0A\u202e"
    text = load_check_format(name).render(
        build_check_result([Finding("error", hostile, hostile, "config_problem", f"/srv/{hostile}", 1, 1)]), Page()
    )
    if name == "junit":
        assert "\x1b" not in "".join(ET.fromstring(text).itertext())  # noqa: S314 - our own output
    elif name == "sarif":
        jsonschema.validate(json.loads(text), SARIF)
    else:
        (line,) = text.splitlines()
        assert line.startswith("::error ")


def test_every_code_has_a_meaning_and_the_form_of_a_code() -> None:
    pattern = json.loads((ROOT / "docs/schema/check.schema.json").read_text())
    pattern = pattern["properties"]["findings"]["items"]["properties"]["code"]["pattern"]
    for code, meaning in list_codes().items():
        assert re.fullmatch(pattern, code), code
        assert meaning.endswith("."), code


def test_other_commands_have_no_such_formats(segcli: Run) -> None:
    done = segcli("rfm", "orders.csv", "-f", "sarif")
    assert done.returncode == 2
    assert "--format sarif: must be one of" in done.stderr


def test_the_action_runs_the_check_and_hands_on_its_exit_code(bash: Any, flawed: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    step = action["runs"]["steps"][-1]
    assert action["runs"]["using"] == "composite"
    assert all("shell" in one for one in action["runs"]["steps"] if "run" in one)
    defaults = {name: one.get("default", "") for name, one in action["inputs"].items()}

    def run_step(**inputs: str) -> tuple[int, str, str]:
        values = {**defaults, **inputs}
        variables = {
            name: values[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text)[1]]  # type: ignore[index]
            for name, text in step["env"].items()
        }
        outputs = flawed / "outputs"
        done = bash(step["run"], env={**variables, "GITHUB_OUTPUT": str(outputs)}, cwd=flawed)
        return done.returncode, done.stdout.decode(), outputs.read_text().splitlines()[-1]

    code, printed, last = run_step(target="shop.yaml")
    assert (code, last) == (4, "exit-code=4")
    assert "::error file=shop.yaml" in printed
    code, printed, last = run_step(target="shop.yaml", format="sarif", output="found.sarif", **{"fail-on": "never"})
    assert (code, printed, last) == (0, "", "exit-code=0")
    jsonschema.validate(json.loads((flawed / "found.sarif").read_text()), SARIF)


def test_the_hook_runs_the_check_of_the_config_in_its_arguments(bash: Any, flawed: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {"id", "name", "entry", "language"} <= set(hook)
    done = bash(f"{hook['entry']} shop.yaml", cwd=flawed)
    assert done.returncode == 4, done.stderr
