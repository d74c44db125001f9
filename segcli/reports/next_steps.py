"""Next steps of a report: what to do with the chosen segments, and what is not known of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from segcli import columns
from segcli.config import Settings
from segcli.evaluation.disclosure_control import is_small_count
from segcli.message import message
from segcli.model import Persona, Segmentation
from segcli.persona.targets import TargetSelection


@dataclass(frozen=True)
class NextStep:
    """What to do with a chosen segment; None and blank stand for what is unknown, which `missing` names.

    `reach`, and so cost and margin, are known only if there are contacts or consents for the channel. `exclusion` is
    the reason why the segment was not chosen; blank if it was.
    """

    segment: str
    customers: int
    action: str
    channel: str
    reach: int | None
    cost: float | None
    expected_margin: float | None
    holdout_share: float | None
    missing: Sequence[str]
    exclusion: str = ""


def list_next_steps(
    targets: TargetSelection, personas: Mapping[str, Sequence[Persona]], settings: Settings
) -> Iterator[NextStep]:
    """Yield the chosen segments with their action, channel, reach, margin and holdout.

    If no segment was chosen, the one with the highest score is yielded, with the reason why it was not.
    """
    segmentation = targets.segmentation
    action_by_segment = {persona.segment: persona.action for persona in personas.get(segmentation.column, ())}
    holdout_share = _find_holdout(segmentation, settings)
    chosen_rows = targets.table[targets.table["chosen"] == "yes"]
    rows = chosen_rows if len(chosen_rows) else targets.table.head(1)
    for row in rows.to_dict("records"):
        segment, channel = str(row[columns.SEGMENT_NAME]), str(row["way"])
        reach = None if pd.isna(row["contacts"]) else int(row["contacts"])
        shows_reach = reach is not None and not any(
            is_small_count(count, settings.privacy.smallest_group)
            for count in (reach, int(row[columns.CUSTOMERS]) - reach)
        )
        missing = [
            *([] if action_by_segment.get(segment) else [message("action")]),
            *([] if shows_reach else [message("reach")]),
            *(figure for figure in targets.missing_figures if figure != message("reach")),
            *([] if holdout_share is not None else [message("holdout (set holdout in an export of these segments)")]),
        ]
        yield NextStep(
            segment,
            int(row[columns.CUSTOMERS]),
            action_by_segment.get(segment, ""),
            channel,
            reach if shows_reach else None,
            float(row["cost"]) if shows_reach and settings.target.contact_cost else None,
            float(row["expected_margin"]) if shows_reach and not pd.isna(row["expected_margin"]) else None,
            holdout_share,
            missing,
            "" if len(chosen_rows) else row["reason"],
        )


def _find_holdout(segmentation: Segmentation, settings: Settings) -> float | None:
    """Return the share of the first holdout planned in an export of these segments or of the targets."""
    names = {segmentation.name, segmentation.column, "target"}
    shares = [entry.holdout_share for entry in settings.export if entry.of in names and entry.holdout_share > 0]
    return shares[0] if shares else None
