"""SARIF 2.1.0, which code scanning of GitHub, Azure DevOps and editors read."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from segcli import __version__
from segcli.location import is_address, split_location
from segcli.reports.blocks import Result
from segcli.reports.check_result import list_codes
from segcli.reports.formats import Page

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - same signature as other formats
    """Return a log with one run; its rules are the codes of its findings."""
    findings = result.envelope()["findings"]
    meanings = list_codes()
    codes = sorted({finding["code"] for finding in findings})
    driver = {
        "name": "segcli",
        "version": __version__,
        "rules": [{"id": code, "shortDescription": {"text": meanings[code]}} for code in codes],
    }
    results = [
        _describe_finding(finding, codes.index(finding["code"]), fingerprint)
        for finding, fingerprint in zip(findings, _build_fingerprints(findings), strict=True)
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _build_fingerprints(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a fingerprint per finding that does not depend on counts, so that a finding stays one alert."""
    numbers: dict[tuple[str, ...], int] = {}
    fingerprints = list[str]()
    for finding in findings:
        identity = (finding["code"], finding["file"], finding["where"])
        numbers[identity] = numbers.get(identity, 0) + 1
        text = "\n".join((*identity, str(numbers[identity])))
        fingerprints.append(hashlib.sha256(text.encode()).hexdigest())
    return fingerprints


def _describe_finding(finding: Mapping[str, Any], rule_index: int, fingerprint: str) -> Mapping[str, Any]:
    return {
        "ruleId": finding["code"],
        "ruleIndex": rule_index,
        "level": finding["severity"],
        "message": {"text": f"{finding['where']}: {finding['what']}"},
        "partialFingerprints": {"segcliFinding/v1": fingerprint},
        **({"locations": [_describe_location(finding)]} if finding["file"] else {}),
    }


def _describe_location(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    region = {"startLine": finding["line"] or 1, **({"startColumn": finding["column"]} if finding["column"] else {})}
    return {
        "physicalLocation": {"artifactLocation": {"uri": _build_uri(finding["file"])}, "region": region},
    }


def _build_uri(path: str) -> str:
    """Return a relative path as a relative URI, an absolute one as a file URI."""
    if is_address(path):
        return path
    file = PurePath(split_location(path)[1])
    return file.as_uri() if file.is_absolute() else quote(file.as_posix())
