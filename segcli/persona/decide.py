"""Personas, targets and plan of the segmentations that the settings name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True, eq=False)
class Decisions:
    """Personas, targets and plan of segmentations, each found once, when it is asked for."""

    segmentations: Sequence[Segmentation]
    settings: Settings

    @cached_property
    def targets(self) -> Targets:
        """The segments that target.of names, scored and chosen from.

        Raises:
            UsageProblem: there is no such segmentation.
        """
        settings = self.settings
        made = named(self.segmentations, settings.target.of or _first(settings), "target.of")
        return target(
            made,
            settings.target,
            margin=settings.clv.margin,
            words=settings.scorecard.consent,
            most_choices=settings.limits.choices,
        )

    @cached_property
    def plan(self) -> Plan:
        """The plan for the segments that plan.of names; only for chosen ones where that is asked.

        Raises:
            UsageProblem: there is no such segmentation, or not the one that was chosen from.
        """
        settings = self.settings
        made = named(self.segmentations, settings.plan.of or settings.target.of or _first(settings), "plan.of")
        told: Mapping[str, Persona] = {one.segment: one for one in self.described([made])[made.column]}
        if settings.plan.only_targets:
            if self.targets.segmentation.column != made.column:
                raise UsageProblem("plan.only_targets: plan.of and target.of are two segmentations; name one for both")
            told = {name: one for name, one in told.items() if name in self.targets.chosen}
        return laid_out(made, told, self._background.matrix, settings.plan, settings.scorecard.consent)

    def described(self, chosen: Sequence[Segmentation]) -> dict[str, list[Persona]]:
        """Personas of the chosen segmentations, by column."""
        plays = playbook.load(self.settings.persona.playbook)
        return {one.column: personas(one, self.settings.persona, plays, self._background) for one in chosen}

    @cached_property
    def _background(self) -> Background:
        settings = self.settings
        return Background(
            matrix.load(settings.plan.matrix, settings.plan.stages),
            settings.scorecard.consent,
            bases_of(self.segmentations),
            settings.privacy.fewest,
            example=settings.privacy.audience == "internal",
        )


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
