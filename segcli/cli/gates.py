"""Quality rules that do not hold: said before the result, and exit code 4 after it."""

from typing import TYPE_CHECKING

from segcli.cli.streams import Talk
from segcli.errors import GateFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from segcli.config import Settings
    from segcli.model import Customers, Verdict
    from segcli.persona.decide import Decisions

SEVERITIES = ("error", "warning", "note")


def tell(customers: "Customers", talk: Talk) -> None:
    """Each rule that does not hold, under its severity."""
    for verdict in _broken(customers):
        talk.say(verdict.severity, f"{verdict.source}: {verdict.what} ({verdict.rule})", rule=verdict.rule)


def check(customers: "Customers", settings: "Settings") -> None:
    """End the command, after all its output, where a rule does not hold that weighs enough.

    Raises:
        GateFailed: with the first of them.
    """
    failing = [verdict for verdict in _broken(customers) if _fails(verdict, settings)]
    if failing:
        more = f" (and {len(failing) - 1:,} more)" if len(failing) > 1 else ""
        first = failing[0]
        raise GateFailed(f"{first.source}: {first.section} gate: {first.what} ({first.section}.{first.rule}){more}")


def fair(decisions: "Decisions") -> None:
    """End the command where targets are chosen at rates too unlike between groups, if that is declared a gate.

    Raises:
        GateFailed: with the column and the ratio.
    """
    from segcli.reports.gather import audits

    settings = decisions.settings
    if settings.fairness.fail_on == "never" or not settings.fairness.audit_only:
        return
    for one in audits(decisions.segmentations, settings, decisions.targets):
        if not one.passed and one.selection is not None:
            what = f"ratio of selection rates {one.selection.ratio:.2f} by {one.column}"
            raise GateFailed(f"fairness gate: {what}; at least {settings.fairness.minimum_ratio:g} (fairness.fail_on)")


def facts(customers: "Customers", settings: "Settings") -> "list[Mapping[str, object]]":
    """Every verdict for run.json; `failed` are those that end the run with exit code 4."""
    return [{**vars(verdict), "failed": _fails(verdict, settings)} for verdict in customers.verdicts]


def _broken(customers: "Customers") -> "list[Verdict]":
    broken = [verdict for verdict in customers.verdicts if not verdict.passed]
    return sorted(broken, key=lambda verdict: SEVERITIES.index(verdict.severity))


def _fails(verdict: "Verdict", settings: "Settings") -> bool:
    least = settings.quality.fail_on
    if verdict.passed or least == "never":
        return False
    return SEVERITIES.index(verdict.severity) <= SEVERITIES.index(least)
