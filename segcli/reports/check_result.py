"""Findings of `segcli check`: stable codes, positions in files, and the result in every format."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from segcli.reports.blocks import Column, RatedText, Result, Table

if TYPE_CHECKING:
    from pydantic import BaseModel

# Codes of findings that are neither reasons of excluded lines nor rules of `quality` and `privacy`.
_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "config_problem": "A setting is unknown, or its value is not allowed.",
        "unreadable_input": "segcli cannot read an input, so that a run would stop with exit code 3.",
        "failed_check": "The check itself could not be completed.",
        "input_note": "A remark on how segcli read a file, such as kept duplicates or its encoding.",
        "status_value": "A value of a status column, and whether its lines count.",
        "identifying_column": "A column identifies people and would be in results.",
        "data_warning": "A property of the data that can make results wrong.",
        "cluster_feature": "Which columns segcli clusters by, and how it reads answers.",
        "segment_map": "How many combinations of scores the segment map covers.",
        "segment_name": "The name of a segment claims something that the data contradict.",
    }
)
_PLACE_PATTERN = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)(?::.*)?", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """A finding: its severity, what it is about, the text, its code, and its position in a file if it has one.

    `line` and `column` count from 1. A column is a position in the line of a config.
    """

    severity: str
    where: str
    what: str
    code: str
    file: str = ""
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Position:
    """A position in a file; parts that are unknown are blank or None."""

    file: str = ""
    line: int | None = None
    column: int | None = None


def parse_position(place: str) -> Position:
    """Return the position at the start of a text such as `shop.yaml:3:9: rfm.bin: unknown key`.

    >>> parse_position("shop.yaml:3:9: rfm.bin: unknown key")
    Position(file='shop.yaml', line=3, column=9)
    >>> parse_position("--set rfm.bins")
    Position(file='', line=None, column=None)
    """
    match = _PLACE_PATTERN.fullmatch(place)
    return Position(match["file"], int(match["line"]), int(match["column"])) if match else Position()


def build_rule_code(section: str, rule: str) -> str:
    """Return the code of a rule of `quality` or `privacy`, without the name of the user's column.

    >>> build_rule_code("quality", "columns.email.max_missing")
    'quality.columns.max_missing'
    """
    first, *others = rule.split(".")
    return ".".join([section, first, *others[-1:]] if len(others) > 1 else [section, first])


def list_codes() -> dict[str, str]:
    """Return the meaning of every code."""
    from segcli.config.privacy import PrivacySettings
    from segcli.config.quality import ColumnRule, QualitySettings
    from segcli.ingest.reasons import REASONS

    settings = ("max_rejects", "max_unreadable_money", "max_age_days", "min_confidence", "columns")
    return {
        **_MEANINGS,
        **{code: reason.meaning for code, reason in REASONS.items()},
        **dict(_describe_settings("quality.", QualitySettings, settings)),
        **dict(_describe_settings("quality.columns.", ColumnRule, set(ColumnRule.model_fields) - {"severity"})),
        **dict(_describe_settings("privacy.", PrivacySettings, ("k", "l_diversity"))),
    }


def _describe_settings(prefix: str, section: "type[BaseModel]", names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name, field in section.model_fields.items():
        if name in names:
            yield f"{prefix}{name}", str(field.description)


def build_check_result(findings: Sequence[Finding]) -> Result:
    """Build the result of `segcli check`."""
    import pandas as pd

    rows = pd.DataFrame([asdict(finding) for finding in findings], columns=list(Finding.__dataclass_fields__))
    table_columns = [
        *(Column(title, align_right=False) for title in ("Severity", "Where")),
        Column("What", align_right=False, has_messages=True),
    ]
    table = Table(
        table_columns, [(_rate_severity(finding.severity), finding.where, finding.what) for finding in findings]
    )

    def build_envelope() -> Mapping[str, Any]:
        return {"schema": "segcli.check/1", "findings": [asdict(finding) for finding in findings]}

    return Result(rows.astype({"line": "Int64", "column": "Int64"}), build_envelope, (table,))


def _rate_severity(severity: str) -> str:
    if severity == "error":
        return RatedText(severity, "bad")
    return RatedText(severity, "doubtful") if severity == "warning" else severity
