"""The report: sections, each a file, in the order the settings name them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import pandas as pd

from segcli import columns as c
from segcli import plugins
from segcli.config.privacy import PrivacySettings
from segcli.config.report import ReportSettings
from segcli.evidence.audit import Audit
from segcli.evidence.drivers import Drivers
from segcli.evidence.scorecard import Card
from segcli.model import Customers, Persona, Segmentation
from segcli.persona.plan import Plan
from segcli.persona.target import Targets
from segcli.reports import cells
from segcli.reports.answers import Answers
from segcli.reports.blocks import Block, Heading
from segcli.reports.envelope import envelope, records, segmentation
from segcli.reports.result import Result
from segcli.reports.results import persona
from segcli.reports.shield import Shield

SECTIONS = "segcli.reports.sections"


@dataclass(frozen=True)
class Findings:
    """What a report is written from; `personas` and `scorecards` (with what is noticed) by segmentation column.

    All of it is as the report's readers may see it: what `shield` withholds is merged or left out already.
    """

    customers: Customers
    segmentations: Sequence[Segmentation]
    personas: Mapping[str, Sequence[Persona]]
    scorecards: Mapping[str, Card] = field(default_factory=dict)
    drivers: Drivers | None = None
    targets: Targets | None = None
    plan: Plan | None = None
    audits: Sequence[Audit] = ()
    shield: Shield | None = None
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    heat: Segmentation | None = None
    answers: Answers = field(default_factory=Answers)

    @property
    def clusters(self) -> list[Segmentation]:
        """The segmentation that was found in features, where there is one."""
        return [one for one in self.segmentations if one.column == c.CLUSTER_SEGMENT]

    @property
    def described(self) -> list[Segmentation]:
        """The segmentations that have personas: those the report looks at closely."""
        return [one for one in self.segmentations if one.column in self.personas]


class Section(Protocol):
    """A section's module."""

    TITLE: str

    def blocks(self, findings: Findings) -> Iterable[Block]:
        """What the section shows, below its title."""


def of_findings(findings: Findings, settings: ReportSettings) -> Result:
    """Write the report."""
    blocks: list[Block] = [Heading(settings.title, level=1)]
    for name in settings.sections:
        section = cast("Section", plugins.module(SECTIONS, name))
        blocks += [Heading(section.TITLE), *section.blocks(findings)]
    parts: dict[str, Any] = {
        "title": settings.title,
        "segmentations": [
            {
                **segmentation(one),
                "personas": [persona(p) for p in findings.personas.get(one.column, ())],
                **_scorecard(findings, one.column),
            }
            for one in findings.segmentations
        ],
        **_drivers(findings.drivers),
        **_decisions(findings),
        "warnings": list(findings.customers.warnings),
    }
    return Result(
        profiles(findings.segmentations),
        lambda: envelope("report", findings.customers, parts),
        tuple(blocks),
        document=True,
    )


def profiles(segmentations: Sequence[Segmentation]) -> pd.DataFrame:
    """One row per segment of every segmentation."""
    return pd.concat([one.profile.assign(column=one.column) for one in segmentations], ignore_index=True)


def _decisions(findings: Findings) -> dict[str, Any]:
    """Targets, plan and audits, where there are any."""
    found: dict[str, Any] = {}
    if findings.targets is not None:
        found["targets"] = records(findings.targets.table)
    if findings.plan is not None:
        found["plan"] = records(findings.plan.table)
    if findings.heat is not None:
        found["heat_map"] = records(cells.scores(findings.heat))
    if findings.audits:
        found["audits"] = [_audit(one) for one in findings.audits]
    return found | findings.answers.parts()


def _audit(one: Audit) -> dict[str, Any]:
    picked = one.selection
    return {
        "column": one.column,
        "balances": {column: records(rows) for column, rows in one.balances.items()},
        "ratio": None if picked is None else picked.ratio,
        "passed": one.passed,
        "selection": [] if picked is None else records(picked.table),
        "proxies": records(one.proxies),
        "notes": list(one.notes),
    }


def _drivers(found: Drivers | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"drivers": {**vars(found), "table": found.table.to_dict("records"), "notes": list(found.notes)}}


def _scorecard(findings: Findings, column: str) -> dict[str, Any]:
    if column not in findings.scorecards:
        return {}
    return {"scorecard": findings.scorecards[column][0].to_dict("records")}
