"""Quality gates: log failed rules before the result, and exit with code 4 after it."""

from typing import TYPE_CHECKING

from segcli.cli.terminal import Console
from segcli.errors import GateFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from segcli.config import Settings
    from segcli.exporters.audience import ExportResult
    from segcli.model import QualityCheck
    from segcli.persona.analysis import Analysis

SEVERITIES = ("error", "warning", "note")


def log_failures(quality_checks: "Iterable[QualityCheck]", console: Console) -> None:
    """Log each failed rule with its severity."""
    for quality_check in _find_failures(quality_checks):
        console.log(
            quality_check.severity,
            f"{quality_check.source}: {quality_check.what} ({quality_check.rule})",
            rule=quality_check.rule,
        )


def check_quality(quality_checks: "Iterable[QualityCheck]", settings: "Settings") -> None:
    """Fail the command, after all its output, if a rule of sufficient severity failed.

    Raises:
        GateFailure: names the first such rule.
    """
    failing_checks = [
        quality_check for quality_check in _find_failures(quality_checks) if _fails_run(quality_check, settings)
    ]
    if failing_checks:
        more_text = f" (and {len(failing_checks) - 1:,} more)" if len(failing_checks) > 1 else ""
        first_failing = failing_checks[0]
        raise GateFailure(
            f"{first_failing.source}: {first_failing.section} gate: "
            f"{first_failing.what} ({first_failing.section}.{first_failing.rule}){more_text}"
        )


def check_fairness(analysis: "Analysis") -> None:
    """Fail the command if selection rates differ too much between groups and `fairness.fail_on` is set.

    Raises:
        GateFailure: names the column and the ratio of selection rates.
    """
    from segcli.reports.findings import collect_audits

    settings = analysis.settings
    if settings.fairness.fail_on == "never" or not settings.fairness.audit_only:
        return
    for audit in collect_audits(analysis.segmentations, settings, analysis.targets):
        if not audit.has_passed and audit.selection is not None:
            problem = f"ratio of selection rates {audit.selection.ratio:.2f} by {audit.column}"
            raise GateFailure(
                f"fairness gate: {problem}; at least {settings.fairness.minimum_ratio:g} (fairness.fail_on)"
            )


def check_exports(export_results: "Sequence[ExportResult]") -> None:
    """Fail the command, after all its output, if an export file has no customers.

    Raises:
        GateFailure: names the first such destination, with the number of customers by reason.
    """
    from segcli.reports.activation_results import describe_outcomes

    for export_result in export_results:
        if not len(export_result.destination_file.table):
            raise GateFailure(f"export gate: no customer exported; {describe_outcomes(export_result)}")


def describe_checks(quality_checks: "Iterable[QualityCheck]", settings: "Settings") -> "list[Mapping[str, object]]":
    """Return every check for run.json; `failed` marks those that cause exit code 4."""
    return [{**vars(quality_check), "failed": _fails_run(quality_check, settings)} for quality_check in quality_checks]


def _find_failures(quality_checks: "Iterable[QualityCheck]") -> "list[QualityCheck]":
    failed_checks = [quality_check for quality_check in quality_checks if not quality_check.passed]
    return sorted(failed_checks, key=lambda verdict: SEVERITIES.index(verdict.severity))


def _fails_run(quality_check: "QualityCheck", settings: "Settings") -> bool:
    fail_on = settings.quality.fail_on
    if quality_check.passed or fail_on == "never":
        return False
    return SEVERITIES.index(quality_check.severity) <= SEVERITIES.index(fail_on)
