"""What a report is written from, gathered: personas of the segmentations wanted, and their scorecards."""

from collections.abc import Sequence

from segcli import persona
from segcli.config import Settings
from segcli.evidence.drivers import drivers
from segcli.evidence.movement import Again, before
from segcli.evidence.scorecard import Actions, Card, notes, scorecard
from segcli.model import Customers, Segmentation
from segcli.persona import matrix, playbook
from segcli.persona.persona import Background
from segcli.persona.portrait import bases_of
from segcli.reports.report import Findings
from segcli.segment.read_back import wanted


def gather(
    customers: Customers, segmentations: Sequence[Segmentation], settings: Settings, again: Again | None = None
) -> Findings:
    """Segmentations, personas of those that `persona.of` wants, and their scorecards where the report has them.

    Args:
        customers: of the segmentations.
        segmentations: that were made.
        settings: in force.
        again: makes the same segmentations of customers at an earlier day.
    """
    plays = playbook.load(settings.persona.playbook)
    chosen = wanted({one.column: one for one in segmentations}, settings.persona.of)
    around = background(segmentations, settings)
    described = {one.column: persona.personas(one, settings.persona, plays, around) for one in chosen}
    cards = scorecards(chosen, settings, again) if "scorecard" in settings.report.sections else {}
    behind = drivers(customers, settings.drivers) if "drivers" in settings.report.sections else None
    return Findings(customers, segmentations, described, cards, behind)


def background(segmentations: Sequence[Segmentation], settings: Settings) -> Background:
    """What personas are told with."""
    return Background(
        matrix.load(settings.plan.matrix, settings.plan.stages),
        settings.scorecard.consent,
        bases_of(segmentations),
        settings.privacy.smallest,
        example=settings.privacy.audience == "internal",
    )


def scorecards(segmentations: Sequence[Segmentation], settings: Settings, again: Again | None) -> dict[str, Card]:
    """The scorecard of each segmentation, by column, with what is noticed of all its segments."""
    plays = playbook.load(settings.persona.playbook)
    then = before(segmentations[0].customers, settings.scorecard.period_days, again) if again else {}
    cards = {}
    for one in segmentations:
        actions = Actions(*plays.kinds(persona.personas(one, settings.persona, plays)))
        earlier = then.get(one.column)
        cards[one.column] = scorecard(one, settings.scorecard, actions, earlier), list(notes(one, earlier))
    return cards
