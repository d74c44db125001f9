"""Which segmentation is decided on, and the decisions that several commands need."""

from typing import TYPE_CHECKING

from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from segcli.config import Settings
    from segcli.model import Persona, Segmentation
    from segcli.persona.plan import Plan
    from segcli.persona.target import Targets


def targets(segmentations: "Sequence[Segmentation]", settings: "Settings") -> "Targets":
    """The segments that target.of names, scored and chosen from."""
    from segcli.persona.target import target

    made = named(segmentations, settings.target.of or _first(settings), "target.of")
    return target(made, settings.target, margin=settings.clv.margin, words=settings.scorecard.consent)


def plan(segmentations: "Sequence[Segmentation]", settings: "Settings") -> "Plan":
    """The plan for the segments that plan.of names; only for chosen ones where that is asked."""
    from segcli.persona import matrix
    from segcli.persona.plan import plan
    from segcli.reports.gather import background

    made = named(segmentations, settings.plan.of or settings.target.of or _first(settings), "plan.of")
    found = matrix.load(settings.plan.matrix, settings.plan.stages)
    personas = _personas(made, settings, background(segmentations, settings))
    if settings.plan.only_targets:
        chosen = targets(segmentations, settings)
        if chosen.segmentation.column != made.column:
            raise UsageProblem("plan.only_targets: plan.of and target.of are two segmentations; name one for both")
        personas = {name: one for name, one in personas.items() if name in chosen.chosen}
    return plan(made, personas, found, settings.plan, settings.scorecard.consent)


def _personas(made: "Segmentation", settings: "Settings", around: object) -> "Mapping[str, Persona]":
    from segcli.persona import personas, playbook

    plays = playbook.load(settings.persona.playbook)
    return {one.segment: one for one in personas(made, settings.persona, plays, around)}  # type: ignore[arg-type]


def _first(settings: "Settings") -> str | None:
    return settings.persona.of[0] if settings.persona.of else None


def named(segmentations: "Sequence[Segmentation]", name: str | None, setting: str) -> "Segmentation":
    """The segmentation of this name; the first where none is named."""
    from segcli.segment.read_back import wanted

    if name is None:
        return segmentations[0]
    try:
        return wanted({one.column: one for one in segmentations}, [name])[0]
    except UsageProblem as error:
        raise UsageProblem(f"{setting}: {error}") from None
