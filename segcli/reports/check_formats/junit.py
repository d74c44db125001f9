"""JUnit XML, which most CI systems show as tests: an error is a failed test, other findings are passed tests."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from segcli.formatting import escape_unprintable
from segcli.reports.blocks import Result
from segcli.reports.formats import Page

SUITE_NAME = "segcli check"


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - same signature as other formats
    """Return one test suite; without findings, it has one passed test."""
    findings = result.envelope()["findings"]
    failures = sum(finding["severity"] == "error" for finding in findings)
    counts = {"tests": str(max(len(findings), 1)), "failures": str(failures), "errors": "0", "skipped": "0"}
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", {"name": SUITE_NAME, **counts})
    for finding in findings:
        _add_test(suite, finding)
    if not findings:
        SubElement(suite, "testcase", {"classname": SUITE_NAME, "name": "no findings"})
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add_test(suite: Element, finding: Mapping[str, Any]) -> None:
    place = ":".join(str(part) for part in (finding["file"], finding["line"], finding["column"]) if part)
    where, what = (escape_unprintable(finding[name]) for name in ("where", "what"))
    test = SubElement(suite, "testcase", {"classname": f"segcli.{finding['code']}", "name": f"{where}: {what}"})
    if finding["file"]:
        test.set("file", escape_unprintable(finding["file"]))
    if finding["line"]:
        test.set("line", str(finding["line"]))
    text = f"{finding['severity']}: {escape_unprintable(place) or where}: {what}"
    if finding["severity"] == "error":
        SubElement(test, "failure", {"message": what, "type": finding["code"]}).text = text
    else:
        SubElement(test, "system-out").text = text
