"""What a report is written from, gathered: personas of the segmentations wanted, and their scorecards."""

import re
from collections.abc import Sequence
from dataclasses import replace

from segcli import columns as c
from segcli.config import Settings
from segcli.evidence.audit import Audit, audit, masked
from segcli.evidence.disclosure import WITHHELD, small
from segcli.evidence.drivers import drivers
from segcli.evidence.movement import Again, before
from segcli.evidence.scorecard import Actions, Card, notes, scorecard
from segcli.model import Customers, Persona, Score, Segmentation
from segcli.persona import playbook
from segcli.persona.decide import Decisions
from segcli.persona.target import Targets
from segcli.persona.traits import telling
from segcli.reports import cells, sparing
from segcli.reports.answers import Answers, Asking, Ways, answers
from segcli.reports.cards import is_per_cent
from segcli.reports.report import Findings
from segcli.reports.shield import Shield, shield
from segcli.segment.read_back import wanted

OF_MODELS = frozenset({"counts", "examples", "reach"})  # facts of saved models that describe single customers


def gather(customers: Customers, decisions: Decisions, ways: Ways | None = None) -> Findings:
    """Segmentations, personas of those that `persona.of` wants, and what the report's sections need besides.

    Args:
        customers: of the segmentations.
        decisions: about the segmentations that were made, by the settings in force.
        ways: how the same segmentations are made of customers at an earlier day; without, nothing is answered besides.
    """
    segmentations, settings = decisions.segmentations, decisions.settings
    sections = settings.report.sections
    heat = _heat(segmentations) if "heatmap" in sections else []
    guard = shield([*segmentations, *heat], settings.privacy)
    chosen = wanted({one.column: one for one in segmentations}, settings.persona.of)
    cards = scorecards(chosen, settings, ways.again if ways else None) if "scorecard" in sections else {}
    aimed = decisions.targets if {"targets", "fairness"} & set(sections) else None
    planned = decisions.plan if "plan" in sections else None
    shown = [_suppress_few(one, settings) for one in guard.over(segmentations)]
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
        guard.over(heat)[-1] if heat and not _tells_scores(guard) else None,
        answers(Asking(customers, shown, settings, guard, ways)) if ways else Answers(),
    )


def _suppress_few(one: Segmentation, settings: Settings) -> Segmentation:
    """Suppress tables, notes and model facts that count too few customers."""
    privacy = settings.privacy
    if not privacy.withholds:
        return one
    return replace(
        one,
        method={name: fact for name, fact in one.method.items() if name not in OF_MODELS},
        notes=tuple(note for note in one.notes if not _mentions_few(note, privacy.smallest)),
        warnings=tuple(warning for warning in one.warnings if not _mentions_few(warning, privacy.smallest)),
        tables={title: sparing.blank_few(rows, privacy.smallest) for title, rows in one.tables.items()},
    )


def _mentions_few(sentence: str, smallest: int) -> bool:
    counts = re.findall(r"(?<![\d.,])(\d[\d,]*) customers?\b", sentence)
    return any(small(int(count.replace(",", "")), smallest) for count in counts)


def _drop_few_scores(persona: Persona, smallest: int) -> Persona:
    """Drop the scores of a persona that too few customers gave, or whose rate holds for too few."""
    return replace(persona, scores=tuple(one for one in persona.scores if not _has_few_customers(one, smallest)))


def _has_few_customers(score: Score, smallest: int) -> bool:
    part = round(score.score * score.n / 100) if is_per_cent(score) else 0
    return any(small(count, smallest) for count in (score.n, part, score.n - part))


def _heat(segmentations: Sequence[Segmentation]) -> list[Segmentation]:
    """The cells of scores of the RFM segmentation, where there is one."""
    scored = [one for one in segmentations if one.column == c.RFM_SEGMENT]
    return cells.heat(scored[0]) if scored else []


def _tells_scores(guard: Shield) -> bool:
    """Whether single scores are too small to be told of: how many customers have each is told with the method."""
    return any(guard.names.get(name) for name in (cells.RECENCY, cells.FREQUENCY))


def _described(
    chosen: Sequence[Segmentation], segmentations: Sequence[Segmentation], settings: Settings
) -> dict[str, list[Persona]]:
    """Personas by column; what is withheld has none."""
    found = Decisions(segmentations, settings).described(chosen)
    smallest = settings.privacy.smallest
    return {
        column: [_drop_few_scores(one, smallest) for one in listed if not one.segment.startswith(WITHHELD)]
        for column, listed in found.items()
    }


def audits(segmentations: Sequence[Segmentation], settings: Settings, aimed: Targets | None) -> list[Audit]:
    """Audits by the columns kept for them."""
    chosen = aimed.members if aimed and aimed.chosen else None
    smallest = settings.privacy.fewest
    found = audit(segmentations, settings.fairness, smallest, chosen)
    return [masked(one, smallest) for one in found] if settings.privacy.audience == "external" else found


def scorecards(segmentations: Sequence[Segmentation], settings: Settings, again: Again | None) -> dict[str, Card]:
    """The scorecard of each segmentation, by column, with what is noticed of all its segments."""
    plays = playbook.load(settings.persona.playbook)
    columns = [one.column for one in segmentations]
    then = before(segmentations[0].customers, settings.scorecard.period_days, again, columns) if again else {}
    cards = {}
    for one in segmentations:
        actions = Actions(*plays.kinds(telling(one, settings.persona.minimum_difference)))
        earlier = then.get(one.column)
        cards[one.column] = scorecard(one, settings.scorecard, actions, earlier), list(notes(one, earlier))
    return cards
