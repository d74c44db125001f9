"""Matrix of stages and touchpoints, from an editable file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

import pandas as pd

from segcli import columns
from segcli.config.yaml_loader import YamlDocument, load_shipped, parse_document
from segcli.errors import ConfigProblems
from segcli.evaluation.name_claims import find_contradictions
from segcli.io import read
from segcli.message import message
from segcli.model import Segmentation

# Customer lifecycle stage of segments
STAGE_COLUMNS = (
    "lifecycle",
    "stage",
    columns.RFM_SEGMENT,
)  # columns with the stage of a customer, in order of precedence


# Stage of customers who contradict the claim of their segment's name: they buy as often as active customers, are not
# new, or hardly buy. Other claims leave the stage as it is.
STAGE_IN_SPITE_OF_NAME = {
    "buys less": "retain",
    "orders one": "retain",
    "tenure short": "retain",
    "buys still": "win back",
}


@dataclass(frozen=True)
class SegmentStage:
    """Stage of a segment and its source.

    `share` is the share of the segment's customers in this stage (1 if the stage follows from the segment's name).
    """

    name: str
    share: float
    source: str


def assign_stages(segmentation: Segmentation, touchpoint_matrix: "TouchpointMatrix") -> dict[str, SegmentStage]:
    """Assign a stage to each segment: by its name, or else the most common stage of its customers; none if unknown.

    A name that the purchases of its customers contradict does not decide, unless the user's settings assign its stage.
    """
    contradictions = find_contradictions(segmentation)
    stages = {}
    for segment_name in segmentation.segments:
        claims = [" ".join(check.claim) for check in contradictions.get(segment_name, ())]
        actual_stage = next((STAGE_IN_SPITE_OF_NAME[claim] for claim in claims if claim in STAGE_IN_SPITE_OF_NAME), "")
        if actual_stage and segment_name.casefold() not in touchpoint_matrix.declared_segments:
            stages[segment_name] = SegmentStage(actual_stage, 1.0, "by its purchases")
        elif (stage := _find_stage(segmentation, segment_name, touchpoint_matrix.stage_by_segment)) is not None:
            stages[segment_name] = stage
    return stages


def _find_stage(segmentation: Segmentation, segment: str, stage_by_segment: Mapping[str, str]) -> SegmentStage | None:
    if segment.casefold() in stage_by_segment:
        return SegmentStage(stage_by_segment[segment.casefold()], 1.0, "by its name")
    customer_table = segmentation.customers.table
    stage_column = next(
        (
            column_name
            for column_name in STAGE_COLUMNS
            if column_name in customer_table and column_name != segmentation.column
        ),
        None,
    )
    if stage_column is None:
        return None
    member_labels = (
        customer_table.loc[(segmentation.labels == segment).to_numpy(), stage_column].astype("str").str.casefold()
    )
    stage_shares = _stage_shares(member_labels.map(lambda label: stage_by_segment.get(label, "")))
    return (
        SegmentStage(str(stage_shares.index[0]), float(stage_shares.iloc[0]), f"by {stage_column}")
        if len(stage_shares)
        else None
    )


def _stage_shares(customer_stages: pd.Series) -> pd.Series:
    """Return the shares of known stages, the largest first; ties in alphabetical order."""
    sorted_shares = customer_stages[customer_stages != ""].value_counts(normalize=True, sort=False).sort_index()
    return sorted_shares.sort_values(ascending=False, kind="stable")


TOUCHPOINTS_FILE = "touchpoints.yaml"
_STAGE_LABELS = {
    "acquire": message("acquire"),
    "activate": message("activate"),
    "retain": message("retain"),
    "refer": message("refer"),
    "win back": message("win back"),
}
LIFECYCLE_STAGES = tuple(_STAGE_LABELS)
# Texts of a touchpoint; those of the built-in matrix are translated, those of a user's file stay as they are.
_TEXT_FIELDS = ("touchpoint", "message", "offer", "kpi")


def stage_label(stage: str) -> str:
    """Return the label of a lifecycle stage."""
    return _STAGE_LABELS.get(stage, stage)


@dataclass(frozen=True)
class Touchpoint:
    """Cell of the matrix: message, channel and frequency of a touchpoint for customers in a stage.

    `every_days` 0 means once. `first_day` counts from the as-of day.
    """

    stage: str
    touchpoint: str
    by: str
    message: str
    offer: str
    kpi: str
    every_days: int
    first_day: int


@dataclass(frozen=True)
class TouchpointMatrix:
    """Touchpoints, and stages by segment name (in lower case).

    `declared_segments` are the segments (in lower case) whose stage the user's settings or file assign.
    """

    stage_by_segment: Mapping[str, str]
    touchpoints: Sequence[Touchpoint]
    declared_segments: frozenset[str] = frozenset()

    def select_touchpoints(self, stage_name: str) -> list[Touchpoint]:
        """Return the touchpoints of a stage, in the order of the file."""
        return [touchpoint for touchpoint in self.touchpoints if touchpoint.stage == stage_name]


def load_touchpoints(path: str | None, extra_segments: Mapping[str, Sequence[str]]) -> TouchpointMatrix:
    """Load the user's matrix, or the built-in one.

    Args:
        path: the user's file; None for the built-in matrix.
        extra_segments: further segments by stage, which take precedence.

    Raises:
        ConfigProblems: the file is invalid; it names each problem and its place.
    """
    default_file = resources.files(__package__).joinpath(TOUCHPOINTS_FILE)
    document = (
        parse_document(read.read_text(path), path)
        if path
        else load_shipped(default_file.read_text(encoding="utf-8"), TOUCHPOINTS_FILE)
    )
    document_values = document.values if isinstance(document.values, dict) else {}
    stages, touchpoint_records = document_values.get("stages") or {}, document_values.get("touchpoints") or []
    problems = [
        *_check_keys(document, document_values),
        *_check_stages(extra_segments),
        *_check_shape(document, stages, touchpoint_records),
    ]
    if problems:
        raise ConfigProblems(problems)
    stage_by_segment = {
        str(segment_name).casefold(): stage for stage, segment_names in stages.items() for segment_name in segment_names
    }
    extra_stages = {
        segment_name.casefold(): stage.replace("_", " ")
        for stage, segment_names in extra_segments.items()
        for segment_name in segment_names
    }
    declared_segments = frozenset([*extra_stages, *(stage_by_segment if path else ())])
    if not path:
        touchpoint_records = [
            {**record, **{name: message(record[name]) for name in _TEXT_FIELDS}} for record in touchpoint_records
        ]
    return TouchpointMatrix(
        stage_by_segment | extra_stages,
        tuple(Touchpoint(**touchpoint_record) for touchpoint_record in touchpoint_records),
        declared_segments,
    )


def _check_keys(document: YamlDocument, document_values: Mapping[str, object]) -> Iterator[str]:
    for key in document_values:
        if key not in {"stages", "touchpoints"}:
            yield f"{document.find_place((key,))}: {key}: unknown key; known: stages, touchpoints"


def _check_stages(extra_segments: Mapping[str, object]) -> Iterator[str]:
    for stage in extra_segments:
        if stage.replace("_", " ") not in LIFECYCLE_STAGES:
            yield f"plan.stages: no stage '{stage}'; known: {', '.join(LIFECYCLE_STAGES)}"


def _check_shape(document: YamlDocument, stage_section: object, touchpoint_section: object) -> Iterator[str]:
    if not isinstance(stage_section, dict) or any(
        not isinstance(segment_names, list) for segment_names in stage_section.values()
    ):
        yield f"{document.find_place(('stages',))}: stages: must be `stage: [segment, ...]` lines"
    elif set(stage_section) - set(LIFECYCLE_STAGES):
        yield f"{document.find_place(('stages',))}: stages: known are {', '.join(LIFECYCLE_STAGES)}"
    for position, touchpoint_record in enumerate(
        touchpoint_section if isinstance(touchpoint_section, list) else [None]
    ):
        if not _is_touchpoint(touchpoint_record):
            field_names = ", ".join(field.name for field in fields(Touchpoint))
            yield (
                f"{document.find_place(('touchpoints', position))}: "
                f"touchpoints: each has {field_names}, of a known stage"
            )


def _is_touchpoint(touchpoint_record: Any) -> bool:  # noqa: ANN401 - any type from the file
    field_names = {field.name for field in fields(Touchpoint)}
    if (
        not isinstance(touchpoint_record, dict)
        or set(touchpoint_record) != field_names
        or touchpoint_record["stage"] not in LIFECYCLE_STAGES
    ):
        return False
    days = (touchpoint_record["every_days"], touchpoint_record["first_day"])
    return all(isinstance(number, int) and number >= 0 for number in days)
