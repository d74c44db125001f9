"""What a report may show: segments too small to be told of are merged before anything is written of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from segcli import columns
from segcli.config.privacy import PrivacySettings
from segcli.evidence.disclosure import find_suppressed_segments, is_small_count, merge_segments
from segcli.model import Segmentation
from segcli.persona.plan import TouchpointPlan
from segcli.persona.target import TargetSelection


@dataclass(frozen=True)
class DisclosureGuard:
    """The segments withheld, by column; `min_customers` is the fewest customers that may be told of."""

    withheld_names: Mapping[str, Sequence[str]]
    min_customers: int

    def merge_withheld(self, segmentations: Sequence[Segmentation]) -> list[Segmentation]:
        """The segmentations with those segments merged."""
        all_withheld = [name for column_names in self.withheld_names.values() for name in column_names]
        return [
            merge_segments(
                segmentation,
                self.withheld_names.get(segmentation.column, ()),
                self.min_customers,
                other_names=all_withheld,
            )
            for segmentation in segmentations
        ]

    def drop_withheld_rows(self, segment_table: pd.DataFrame, column: str) -> pd.DataFrame:
        """A table of segments of this column without the rows of those withheld."""
        visible_rows = segment_table[
            ~segment_table[columns.SEGMENT_NAME].isin(list(self.withheld_names.get(column, ())))
        ]
        return visible_rows.reset_index(drop=True)

    def filter_targets(self, targets: TargetSelection) -> TargetSelection:
        """Targets without what would tell of the withheld."""
        column, hidden_names = targets.segmentation.column, self.withheld_names.get(targets.segmentation.column, ())
        return replace(
            targets,
            table=self.drop_withheld_rows(targets.table, column),
            contributions=self.drop_withheld_rows(targets.contributions, column),
            weight_set_scores=self.drop_withheld_rows(targets.weight_set_scores, column),
            notes=tuple(note for note in targets.notes if not any(name in note for name in hidden_names)),
        )

    def filter_plan(self, plan: TouchpointPlan) -> TouchpointPlan:
        """A plan without what would tell of the withheld."""
        column, hidden_names = plan.segmentation.column, self.withheld_names.get(plan.segmentation.column, ())
        gaps = tuple(gap for gap in plan.gaps if not any(name in gap for name in hidden_names))
        return replace(plan, table=self.drop_withheld_rows(plan.table, column), gaps=gaps)


def find_small_segments(segmentation: Segmentation, privacy_settings: PrivacySettings) -> list[str]:
    """Name the segments that are shown and have few customers: their shares and averages say little."""
    sizes = zip(segmentation.profile[columns.SEGMENT_NAME], segmentation.profile[columns.CUSTOMERS], strict=True)
    return [
        str(name)
        for name, customer_count in sizes
        if is_small_count(int(customer_count), privacy_settings.small_numbers)
    ]


def build_guard(segmentations: Sequence[Segmentation], privacy_settings: PrivacySettings) -> DisclosureGuard:
    """What must be withheld of segmentations that are shown together."""
    return DisclosureGuard(
        find_suppressed_segments(segmentations, privacy_settings.smallest_group, privacy_settings.dominance_limit),
        privacy_settings.smallest_group,
    )
