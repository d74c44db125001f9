"""What a report is written from, gathered: personas of the segmentations wanted, and their scorecards."""

from collections.abc import Sequence

from segcli.config import Settings
from segcli.evidence.audit import Audit, audit, masked
from segcli.evidence.disclosure import WITHHELD
from segcli.evidence.drivers import drivers
from segcli.evidence.movement import Again, before
from segcli.evidence.scorecard import Actions, Card, notes, scorecard
from segcli.model import Customers, Persona, Segmentation
from segcli.persona import decide, playbook
from segcli.persona.target import Targets
from segcli.persona.traits import telling
from segcli.reports.report import Findings
from segcli.reports.shield import shield
from segcli.segment.read_back import wanted


def gather(
    customers: Customers, segmentations: Sequence[Segmentation], settings: Settings, again: Again | None = None
) -> Findings:
    """Segmentations, personas of those that `persona.of` wants, and what the report's sections need besides.

    Args:
        customers: of the segmentations.
        segmentations: that were made.
        settings: in force.
        again: makes the same segmentations of customers at an earlier day.
    """
    sections, guard = settings.report.sections, shield(segmentations, settings.privacy)
    chosen = wanted({one.column: one for one in segmentations}, settings.persona.of)
    cards = scorecards(chosen, settings, again) if "scorecard" in sections else {}
    aimed = decide.targets(segmentations, settings) if {"targets", "fairness"} & set(sections) else None
    planned = decide.plan(segmentations, settings) if "plan" in sections else None
    shown = guard.over(segmentations)
    return Findings(
        customers,
        shown,
        _described([one for one in shown if one.column in {other.column for other in chosen}], shown, settings),
        {column: (guard.rows(rows, column), said) for column, (rows, said) in cards.items()},
        drivers(customers, settings.drivers) if "drivers" in sections else None,
        guard.targets(aimed) if aimed and "targets" in sections else None,
        guard.plan(planned) if planned else None,
        audits(shown, settings, aimed) if "fairness" in sections else (),
        guard,
        settings.privacy,
    )


def _described(
    chosen: Sequence[Segmentation], segmentations: Sequence[Segmentation], settings: Settings
) -> dict[str, list[Persona]]:
    """Personas by column; what is withheld has none."""
    found = decide.described(chosen, segmentations, settings)
    return {column: [one for one in listed if not one.segment.startswith(WITHHELD)] for column, listed in found.items()}


def audits(segmentations: Sequence[Segmentation], settings: Settings, aimed: Targets | None) -> list[Audit]:
    """Audits by the columns kept for them."""
    chosen = aimed.members if aimed and aimed.chosen else None
    smallest = settings.privacy.smallest
    found = audit(segmentations, settings.fairness, smallest, chosen)
    return [masked(one, smallest) for one in found] if settings.privacy.audience == "external" else found


def scorecards(segmentations: Sequence[Segmentation], settings: Settings, again: Again | None) -> dict[str, Card]:
    """The scorecard of each segmentation, by column, with what is noticed of all its segments."""
    plays = playbook.load(settings.persona.playbook)
    then = before(segmentations[0].customers, settings.scorecard.period_days, again) if again else {}
    cards = {}
    for one in segmentations:
        actions = Actions(*plays.kinds(telling(one, settings.persona.minimum_difference)))
        earlier = then.get(one.column)
        cards[one.column] = scorecard(one, settings.scorecard, actions, earlier), list(notes(one, earlier))
    return cards
