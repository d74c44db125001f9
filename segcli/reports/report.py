"""The report: sections, one module each, in the order of the settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import pandas as pd

from segcli import columns, plugins
from segcli.config.privacy import PrivacySettings
from segcli.config.report import ReportSettings
from segcli.evaluation.drivers import DriverAnalysis
from segcli.evaluation.fairness_audit import FairnessAudit
from segcli.evaluation.scorecard import Scorecard
from segcli.message import message
from segcli.model import Customers, Persona, Segmentation
from segcli.persona.plan import TouchpointPlan
from segcli.persona.targets import TargetSelection
from segcli.reports import crosstabs
from segcli.reports.blocks import Block, Details, Heading, Result
from segcli.reports.disclosure import DisclosureGuard
from segcli.reports.envelope import build_envelope, describe_segmentation, to_records
from segcli.reports.optional_analyses import OptionalAnalyses
from segcli.reports.overview import Overview
from segcli.reports.results import describe_persona
from segcli.reports.translation import Labels, apply_labels

DEFAULT_TITLE = message("Customer segments")
SECTIONS_PACKAGE = "segcli.reports.sections"


@dataclass(frozen=True)
class Findings:
    """Inputs of a report; `personas` and `scorecards` (with their notes) are keyed by segmentation column.

    Everything is filtered for the readers of the report: segments suppressed by `guard` are merged or left out.
    """

    customers: Customers
    segmentations: Sequence[Segmentation]
    personas: Mapping[str, Sequence[Persona]]
    scorecards: Mapping[str, Scorecard] = field(default_factory=dict)
    drivers: DriverAnalysis | None = None
    targets: TargetSelection | None = None
    plan: TouchpointPlan | None = None
    audits: Sequence[FairnessAudit] = ()
    guard: DisclosureGuard | None = None
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    score_cells: Segmentation | None = None
    analyses: OptionalAnalyses = field(default_factory=OptionalAnalyses)
    overview: Overview | None = None
    labels: Labels = field(default_factory=lambda: Labels({}))

    @property
    def cluster_segmentations(self) -> list[Segmentation]:
        """The segmentation found by clustering, as a list that may be empty."""
        return [segmentation for segmentation in self.segmentations if segmentation.column == columns.CLUSTER_SEGMENT]

    def list_segments(self, column: str) -> list[str]:
        """Return the segments of a segmentation in display order, which decides on their colours; none if unknown."""
        return next((list(entry.segments) for entry in self.segmentations if entry.column == column), [])

    def name_card_anchors(self, column: str) -> list[str]:
        """Return the anchors of the cards of a segmentation's segments, in display order."""
        number = [segmentation.column for segmentation in self.segmentations].index(column)
        return [f"card-{number}-{position}" for position in range(len(self.segmentations[number].segments))]

    @property
    def persona_segmentations(self) -> list[Segmentation]:
        """The segmentations with personas, which the report covers in detail."""
        return [segmentation for segmentation in self.segmentations if segmentation.column in self.personas]


class Section(Protocol):
    """Interface of a section module."""

    TITLE: str

    def build_blocks(self, findings: Findings) -> Iterable[Block]:
        """Return the blocks below the section's title."""


def build_report(findings: Findings, settings: ReportSettings) -> Result:
    """Build the report from its sections."""
    blocks: list[Block] = [Heading(DEFAULT_TITLE if settings.title == DEFAULT_TITLE else settings.title, level=1)]
    for section_name in settings.sections:
        section = cast("Section", plugins.load_plugin(SECTIONS_PACKAGE, section_name))
        blocks += [Heading(section.TITLE, anchor=section_name), *section.build_blocks(findings)]
    parts: dict[str, Any] = {
        "title": settings.title,
        **(findings.overview.to_dict() if findings.overview else {}),
        "segmentations": [
            {
                **describe_segmentation(segmentation),
                "personas": [describe_persona(persona) for persona in findings.personas.get(segmentation.column, ())],
                **_describe_scorecard(findings, segmentation.column),
            }
            for segmentation in findings.segmentations
        ],
        **_describe_drivers(findings.drivers),
        **_describe_optional_parts(findings),
        "warnings": list(findings.customers.warnings),
    }
    report = Result(
        combine_profiles(findings.segmentations),
        lambda: build_envelope("report", findings.customers, parts),
        tuple(blocks),
        document=True,
    )
    return apply_labels(report, findings.labels)


def shorten_report(report: Result) -> Result:
    """Return the report without the parts that a page shows on demand."""
    return replace(report, blocks=tuple(block for block in report.blocks if not isinstance(block, Details)))


def combine_profiles(segmentations: Sequence[Segmentation]) -> pd.DataFrame:
    """Return one row per segment of every segmentation."""
    return pd.concat(
        [segmentation.profile.assign(column=segmentation.column) for segmentation in segmentations], ignore_index=True
    )


def _describe_optional_parts(findings: Findings) -> dict[str, Any]:
    """Return targets, plan, heat map, audits and optional analyses as JSON values, if available."""
    parts: dict[str, Any] = {}
    if findings.targets is not None:
        parts["targets"] = to_records(findings.targets.table)
    if findings.plan is not None:
        parts["plan"] = to_records(findings.plan.table)
    if findings.score_cells is not None:
        parts["heat_map"] = to_records(crosstabs.split_score_cells(findings.score_cells))
    if findings.audits:
        parts["audits"] = [_describe_audit(audit) for audit in findings.audits]
    return parts | findings.analyses.to_dict()


def _describe_audit(audit: FairnessAudit) -> dict[str, Any]:
    selection = audit.selection
    return {
        "column": audit.column,
        "balances": {column: to_records(balance_rows) for column, balance_rows in audit.balance_tables.items()},
        "ratio": None if selection is None else selection.ratio,
        "passed": audit.has_passed,
        "selection": [] if selection is None else to_records(selection.table),
        "proxies": to_records(audit.proxy_table),
        "notes": list(audit.notes),
    }


def _describe_drivers(drivers: DriverAnalysis | None) -> dict[str, Any]:
    if drivers is None:
        return {}
    return {"drivers": {**vars(drivers), "table": to_records(drivers.table), "notes": list(drivers.notes)}}


def _describe_scorecard(findings: Findings, column: str) -> dict[str, Any]:
    if column not in findings.scorecards:
        return {}
    return {"scorecard": findings.scorecards[column][0].to_dict("records")}
