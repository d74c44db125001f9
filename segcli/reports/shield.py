"""What a report may show: segments too small to be told of are merged before anything is written of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from segcli import columns as c
from segcli.config.privacy import PrivacySettings
from segcli.evidence.disclosure import recoded, small, withheld
from segcli.model import Segmentation
from segcli.persona.plan import Plan
from segcli.persona.target import Targets


@dataclass(frozen=True)
class Shield:
    """The segments withheld, by column; `smallest` is the fewest customers that may be told of."""

    names: Mapping[str, Sequence[str]]
    smallest: int

    def over(self, segmentations: Sequence[Segmentation]) -> list[Segmentation]:
        """The segmentations with those segments merged."""
        every = [name for listed in self.names.values() for name in listed]
        return [recoded(one, self.names.get(one.column, ()), self.smallest, elsewhere=every) for one in segmentations]

    def rows(self, table: pd.DataFrame, column: str) -> pd.DataFrame:
        """A table of segments of this column without the rows of those withheld."""
        kept = table[~table[c.NAME].isin(list(self.names.get(column, ())))]
        return kept.reset_index(drop=True)

    def targets(self, made: Targets) -> Targets:
        """Targets without what would tell of the withheld."""
        column, hidden = made.segmentation.column, self.names.get(made.segmentation.column, ())
        return replace(
            made,
            table=self.rows(made.table, column),
            parts=self.rows(made.parts, column),
            sets=self.rows(made.sets, column),
            notes=tuple(note for note in made.notes if not any(name in note for name in hidden)),
        )

    def plan(self, made: Plan) -> Plan:
        """A plan without what would tell of the withheld."""
        column, hidden = made.segmentation.column, self.names.get(made.segmentation.column, ())
        gaps = tuple(gap for gap in made.gaps if not any(name in gap for name in hidden))
        return replace(made, table=self.rows(made.table, column), gaps=gaps)


def small_segments(one: Segmentation, settings: PrivacySettings) -> list[str]:
    """Name the segments that are shown and have few customers: their shares and averages say little."""
    sizes = zip(one.profile[c.NAME], one.profile[c.CUSTOMERS], strict=True)
    return [str(name) for name, count in sizes if small(int(count), settings.small_numbers)]


def shield(segmentations: Sequence[Segmentation], settings: PrivacySettings) -> Shield:
    """What must be withheld of segmentations that are shown together."""
    return Shield(withheld(segmentations, settings.smallest, settings.dominance_in_force), settings.smallest)
