"""Workflow commands of GitHub Actions, which GitHub shows as annotations of files."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from segcli.location import split_location
from segcli.reports.blocks import Result
from segcli.reports.formats import Page

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_DATA_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY_ESCAPES = {**_DATA_ESCAPES, ":": "%3A", ",": "%2C"}


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - same signature as other formats
    """Return one workflow command per finding."""
    return "".join(f"{_format_command(finding)}\n" for finding in result.envelope()["findings"])


def _format_command(finding: Mapping[str, Any]) -> str:
    file = PurePath(split_location(finding["file"])[1]).as_posix() if finding["file"] else ""
    properties = {"file": file, "line": finding["line"], "col": finding["column"], "title": f"segcli {finding['code']}"}
    property_text = ",".join(
        f"{name}={_escape(str(value), _PROPERTY_ESCAPES)}" for name, value in properties.items() if value
    )
    text = f"{finding['where']}: {finding['what']}"
    return f"::{_COMMANDS[finding['severity']]} {property_text}::{_escape(text, _DATA_ESCAPES)}"


def _escape(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
