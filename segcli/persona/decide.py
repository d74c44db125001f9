"""Personas, targets and plan of the segmentations that the settings name."""

from collections.abc import Mapping, Sequence

from segcli.config import Settings
from segcli.errors import UsageProblem
from segcli.model import Persona, Segmentation
from segcli.persona import matrix, playbook
from segcli.persona.persona import Background, personas
from segcli.persona.plan import Plan
from segcli.persona.plan import plan as laid_out
from segcli.persona.portrait import bases_of
from segcli.persona.target import Targets, target
from segcli.segment.read_back import wanted


def background(segmentations: Sequence[Segmentation], settings: Settings) -> Background:
    """What personas are told with."""
    return Background(
        matrix.load(settings.plan.matrix, settings.plan.stages),
        settings.scorecard.consent,
        bases_of(segmentations),
        settings.privacy.smallest,
        example=settings.privacy.audience == "internal",
    )


def described(
    chosen: Sequence[Segmentation], segmentations: Sequence[Segmentation], settings: Settings
) -> dict[str, list[Persona]]:
    """Personas of the chosen segmentations, by column."""
    plays, around = playbook.load(settings.persona.playbook), background(segmentations, settings)
    return {one.column: personas(one, settings.persona, plays, around) for one in chosen}


def targets(segmentations: Sequence[Segmentation], settings: Settings) -> Targets:
    """The segments that target.of names, scored and chosen from.

    Raises:
        UsageProblem: there is no such segmentation.
    """
    made = named(segmentations, settings.target.of or _first(settings), "target.of")
    return target(made, settings.target, margin=settings.clv.margin, words=settings.scorecard.consent)


def plan(segmentations: Sequence[Segmentation], settings: Settings) -> Plan:
    """The plan for the segments that plan.of names; only for chosen ones where that is asked.

    Raises:
        UsageProblem: there is no such segmentation, or not the one that was chosen from.
    """
    made = named(segmentations, settings.plan.of or settings.target.of or _first(settings), "plan.of")
    around = background(segmentations, settings)
    told: Mapping[str, Persona] = {one.segment: one for one in described([made], segmentations, settings)[made.column]}
    if settings.plan.only_targets:
        chosen = targets(segmentations, settings)
        if chosen.segmentation.column != made.column:
            raise UsageProblem("plan.only_targets: plan.of and target.of are two segmentations; name one for both")
        told = {name: one for name, one in told.items() if name in chosen.chosen}
    return laid_out(made, told, around.matrix, settings.plan, settings.scorecard.consent)


def named(segmentations: Sequence[Segmentation], name: str | None, setting: str) -> Segmentation:
    """The segmentation of this name; the first where none is named.

    Raises:
        UsageProblem: there is none, with the setting that names it.
    """
    if name is None:
        return segmentations[0]
    try:
        return wanted({one.column: one for one in segmentations}, [name])[0]
    except UsageProblem as error:
        raise UsageProblem(f"{setting}: {error}") from None


def _first(settings: Settings) -> str | None:
    return settings.persona.of[0] if settings.persona.of else None
