"""The first screen of a report: data trust, key figures, findings ranked by money, and the next steps.

Everything is data first, so that all formats show the same: a finding has an id, its sentence, the figures in it, the
section with its evidence, and the confidence in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from segcli import columns
from segcli.config import Settings
from segcli.config.target import TargetSettings
from segcli.model import Customers, Persona, Segmentation
from segcli.persona.targets import TargetSelection
from segcli.reports import key_figures
from segcli.reports.key_figures import KeyFigure
from segcli.reports.key_findings import FindingInputs, KeyFinding, rank_findings
from segcli.reports.next_steps import NextStep, list_next_steps


@dataclass(frozen=True)
class DataTrust:
    """Lines and money read and used, over all order exports, and the sentence on the confidence in the data."""

    lines_read: int
    lines_used: int
    money_read: float
    money_used: float
    confidence: str


@dataclass(frozen=True)
class Overview:
    """The first screen of a report; `period` is the days of the first and of the last order, if known."""

    period: tuple[date, date] | None
    period_days: int
    currency: str
    trust: DataTrust
    key_figures: Sequence[KeyFigure]
    findings: Sequence[KeyFinding] = ()
    next_steps: Sequence[NextStep] = ()
    has_default_targets: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the first screen as JSON values."""
        return {
            "period": None if self.period is None else {"from": self.period[0], "to": self.period[1]},
            "data_trust": vars(self.trust),
            "key_figures": [
                {
                    "id": figure.figure_id,
                    "value": figure.value,
                    "previous": figure.previous,
                    "change": figure.change,
                    "trend": [{"as_of": day, "value": value} for day, value in figure.trend],
                }
                for figure in self.key_figures
            ],
            "findings": [_describe_finding(finding) for finding in self.findings],
            "next_steps": [vars(step) for step in self.next_steps],
        }


def _describe_finding(finding: KeyFinding) -> dict[str, Any]:
    facts = dict(vars(finding))
    return {"id": facts.pop("finding_id"), **facts}


def build_overview(
    customers: Customers,
    segmentations: Sequence[Segmentation],
    personas: Mapping[str, Sequence[Persona]],
    targets: TargetSelection | None,
    settings: Settings,
) -> Overview:
    """Build the first screen.

    Args:
        customers: all customers.
        segmentations: the segmentations with personas, with suppressed segments merged.
        personas: the personas of visible segments, by column of the segmentation.
        targets: the target selection without suppressed segments, or None.
        settings: settings in force.
    """
    privacy, period_days = settings.privacy, settings.report.period_days
    history = key_figures.read_history(customers)
    figures = (
        key_figures.compute_key_figures(history, period_days, privacy)
        if history
        else key_figures.describe_table(customers, privacy)
    )
    inputs = FindingInputs(customers, history, segmentations, personas, privacy, period_days, figures)
    return Overview(
        _find_period(customers.table),
        period_days,
        customers.currency,
        _collect_trust(customers),
        figures,
        rank_findings(inputs),
        list(list_next_steps(targets, personas, settings)) if targets else (),
        has_default_targets=settings.target == TargetSettings(),
    )


def _find_period(table: pd.DataFrame) -> tuple[date, date] | None:
    if not {columns.FIRST_ORDER, columns.LAST_ORDER} <= set(table.columns) or table.empty:
        return None
    first, last = pd.to_datetime(table[columns.FIRST_ORDER]).min(), pd.to_datetime(table[columns.LAST_ORDER]).max()
    return None if pd.isna(first) or pd.isna(last) else (first.date(), last.date())


def _collect_trust(customers: Customers) -> DataTrust:
    reconciliations = [report.reconciliation for report in customers.input_reports if report.reconciliation]
    return DataTrust(
        sum(entry.read for entry in reconciliations),
        sum(entry.kept for entry in reconciliations),
        sum(entry.money_read for entry in reconciliations),
        sum(entry.money_kept for entry in reconciliations),
        next((check.what for check in customers.quality_checks if check.rule == "min_confidence"), ""),
    )
