"""The matrix of stages and touchpoints, from an editable file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from segcli.config.yaml import Document, parse, shipped
from segcli.errors import ConfigProblems
from segcli.files import read

SHIPPED = "touchpoints.yaml"
STAGES = ("acquire", "activate", "retain", "refer", "win back")


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
class Matrix:
    """Touchpoints, and the stage of segments (in lower case) that are known by name."""

    stages: Mapping[str, str]
    touchpoints: Sequence[Touchpoint]

    def of(self, stage: str) -> list[Touchpoint]:
        """The touchpoints of a stage, in the order of the file."""
        return [one for one in self.touchpoints if one.stage == stage]


def load(path: str | None, also: Mapping[str, Sequence[str]]) -> Matrix:
    """The user's matrix, or the shipped one; `also` are further segments by stage, which win.

    Raises:
        ConfigProblems: what is wrong in it and where.
    """
    ours = resources.files(__package__).joinpath(SHIPPED)
    document = parse(read.text(path), path) if path else shipped(ours.read_text(encoding="utf-8"), SHIPPED)
    values = document.values if isinstance(document.values, dict) else {}
    stages, listed = values.get("stages") or {}, values.get("touchpoints") or []
    problems = [*_unknown_keys(document, values), *_stage_problems(also), *_shape_problems(document, stages, listed)]
    if problems:
        raise ConfigProblems(problems)
    known = {str(name).casefold(): stage for stage, names in stages.items() for name in names}
    known |= {name.casefold(): stage.replace("_", " ") for stage, names in also.items() for name in names}
    return Matrix(known, tuple(Touchpoint(**one) for one in listed))


def _unknown_keys(document: Document, values: Mapping[str, object]) -> Iterator[str]:
    for key in values:
        if key not in {"stages", "touchpoints"}:
            yield f"{document.place((key,))}: {key}: unknown key; known: stages, touchpoints"


def _stage_problems(also: Mapping[str, object]) -> Iterator[str]:
    for stage in also:
        if stage.replace("_", " ") not in STAGES:
            yield f"plan.stages: no stage '{stage}'; known: {', '.join(STAGES)}"


def _shape_problems(document: Document, stages: object, listed: object) -> Iterator[str]:
    if not isinstance(stages, dict) or any(not isinstance(names, list) for names in stages.values()):
        yield f"{document.place(('stages',))}: stages: must be `stage: [segment, ...]` lines"
    elif set(stages) - set(STAGES):
        yield f"{document.place(('stages',))}: stages: known are {', '.join(STAGES)}"
    for place, one in enumerate(listed if isinstance(listed, list) else [None]):
        if not _fits(one):
            keys = ", ".join(field.name for field in fields(Touchpoint))
            yield f"{document.place(('touchpoints', place))}: touchpoints: each has {keys}, of a known stage"


def _fits(one: Any) -> bool:  # noqa: ANN401 - whatever the file says
    names = {field.name for field in fields(Touchpoint)}
    if not isinstance(one, dict) or set(one) != names or one["stage"] not in STAGES:
        return False
    days = (one["every_days"], one["first_day"])
    return all(isinstance(number, int) and number >= 0 for number in days)
