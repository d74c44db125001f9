"""The matrix of stages and touchpoints, from an editable file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from segcli.config.yaml import YamlDocument, load_shipped, parse_document
from segcli.errors import ConfigProblems
from segcli.files import read

TOUCHPOINTS_FILE = "touchpoints.yaml"
LIFECYCLE_STAGES = ("acquire", "activate", "retain", "refer", "win back")


@dataclass(frozen=True)
class Touchpoint:
    """One cell of the matrix: where something is said to customers of a stage, by which way of contact, how often.

    `every_days` 0 means once; `first_day` counts from the as-of day.
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
    """Touchpoints, and the stage of segments (in lower case) that are known by name."""

    stage_by_segment: Mapping[str, str]
    touchpoints: Sequence[Touchpoint]

    def select_touchpoints(self, stage_name: str) -> list[Touchpoint]:
        """The touchpoints of a stage, in the order of the file."""
        return [touchpoint for touchpoint in self.touchpoints if touchpoint.stage == stage_name]


def load_touchpoints(path: str | None, extra_segments: Mapping[str, Sequence[str]]) -> TouchpointMatrix:
    """The user's matrix, or the shipped one; `extra_segments` are further segments by stage, which win.

    Raises:
        ConfigProblems: what is wrong in it and where.
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
    stage_by_segment |= {
        segment_name.casefold(): stage.replace("_", " ")
        for stage, segment_names in extra_segments.items()
        for segment_name in segment_names
    }
    return TouchpointMatrix(
        stage_by_segment, tuple(Touchpoint(**touchpoint_record) for touchpoint_record in touchpoint_records)
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


def _is_touchpoint(touchpoint_record: Any) -> bool:  # noqa: ANN401 - whatever the file says
    field_names = {field.name for field in fields(Touchpoint)}
    if (
        not isinstance(touchpoint_record, dict)
        or set(touchpoint_record) != field_names
        or touchpoint_record["stage"] not in LIFECYCLE_STAGES
    ):
        return False
    days = (touchpoint_record["every_days"], touchpoint_record["first_day"])
    return all(isinstance(number, int) and number >= 0 for number in days)
