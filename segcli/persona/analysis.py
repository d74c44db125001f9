"""Personas, targets and plan of the configured segmentations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from segcli.config import Settings
from segcli.errors import UsageProblem
from segcli.model import Persona, Segmentation
from segcli.persona import playbook, touchpoints
from segcli.persona.personas import PersonaContext, build_personas
from segcli.persona.plan import TouchpointPlan
from segcli.persona.plan import build_plan as laid_out
from segcli.persona.targets import SelectionTerms, TargetSelection, select_targets
from segcli.persona.traits import map_column_bases
from segcli.segment.segmentation import select_segmentations


@dataclass(frozen=True, eq=False)
class Analysis:
    """Personas, targets and plan of segmentations, each computed at most once, on first use."""

    segmentations: Sequence[Segmentation]
    settings: Settings

    @cached_property
    def targets(self) -> TargetSelection:
        """Scores and selection of the segments of the segmentation in target.of.

        Raises:
            UsageProblem: there is no such segmentation.
        """
        settings = self.settings
        segmentation = find_segmentation(
            self.segmentations, settings.target.of or _first_persona_column(settings), "target.of"
        )
        return select_targets(
            segmentation,
            settings.target,
            SelectionTerms(
                settings.margin_rate,
                settings.scorecard.consent,
                settings.limits.choices,
                settings.compare.smallest_effect,
            ),
        )

    @cached_property
    def plan(self) -> TouchpointPlan:
        """Touchpoint plan for the segments of plan.of, or only for the selected ones if so configured.

        Raises:
            UsageProblem: there is no such segmentation, or it is not the one that targets were selected from.
        """
        settings = self.settings
        segmentation = find_segmentation(
            self.segmentations, settings.plan.of or settings.target.of or _first_persona_column(settings), "plan.of"
        )
        personas: Mapping[str, Persona] = {
            persona.segment: persona for persona in self.describe_segments([segmentation])[segmentation.column]
        }
        if settings.plan.only_targets:
            if self.targets.segmentation.column != segmentation.column:
                raise UsageProblem(
                    "plan.only_targets: plan.of and target.of are two segmentations; set the same for both"
                )
            personas = {
                segment_name: persona
                for segment_name, persona in personas.items()
                if segment_name in self.targets.chosen_segments
            }
        return laid_out(
            segmentation, personas, self._background.touchpoint_matrix, settings.plan, settings.scorecard.consent
        )

    def describe_segments(self, selected: Sequence[Segmentation]) -> dict[str, list[Persona]]:
        """Return the personas of the selected segmentations, by column."""
        loaded_playbook = playbook.load_playbook(self.settings.persona.playbook)
        return {
            segmentation.column: build_personas(segmentation, self.settings.persona, loaded_playbook, self._background)
            for segmentation in selected
        }

    @cached_property
    def _background(self) -> PersonaContext:
        settings = self.settings
        return PersonaContext(
            touchpoints.load_touchpoints(settings.plan.matrix, settings.plan.stages),
            settings.scorecard.consent,
            map_column_bases(self.segmentations),
            settings.privacy.smallest_described_group,
            allows_example=settings.privacy.audience == "internal",
        )


def find_segmentation(
    segmentations: Sequence[Segmentation], segmentation_name: str | None, setting_key: str
) -> Segmentation:
    """Return the segmentation of this name; the first one if no name is given.

    Raises:
        UsageProblem: there is no such segmentation; it names the setting.
    """
    if segmentation_name is None:
        return segmentations[0]
    try:
        return select_segmentations(
            {segmentation.column: segmentation for segmentation in segmentations}, [segmentation_name]
        )[0]
    except UsageProblem as error:
        raise UsageProblem(f"{setting_key}: {error}") from None


def _first_persona_column(settings: Settings) -> str | None:
    return settings.persona.of[0] if settings.persona.of else None
