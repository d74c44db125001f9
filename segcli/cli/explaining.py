"""What `segcli explain` knows: exit codes, reasons, presets, segments and bases, told from where they are defined."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from segcli import plugins
from segcli.errors import MEANINGS, Exit

BASES = "segcli.segment.bases"
DIMENSIONS = {"r": "recency", "f": "frequency", "m": "monetary value", "fm": "the mean of frequency and monetary value"}


@dataclass(frozen=True)
class Topic:
    """Something that can be explained: its kind, its name, a line about it, and all there is to say."""

    kind: str
    name: str
    short: str
    text: Callable[[], Iterable[str]]


def topics() -> Iterator[Topic]:
    """All of them, by kind."""
    yield from (Topic("exit code", str(int(code)), MEANINGS[code][0], partial(_exit, code)) for code in Exit)
    yield from _reasons()
    yield from _presets()
    yield from _segments()
    yield from _bases()


def about(name: str) -> list[Topic]:
    """The topics of this name, however it is written: at-risk is At risk."""
    return [topic for topic in topics() if _plain(topic.name) == _plain(name)]


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _exit(code: Exit) -> Iterator[str]:
    meaning, advice = MEANINGS[code]
    yield f"exit code {int(code)}"
    yield f"{meaning}."
    if advice:
        yield f"A cron job should {advice}."


def _reasons() -> Iterator[Topic]:
    from segcli.ingest.reasons import REASONS

    for one in REASONS.values():
        lines = (f"{one.code} ({one.verdict})", one.meaning, one.remedy)
        yield Topic("reason", one.code, f"{one.verdict}: {one.short}", partial(iter, lines))


def _presets() -> Iterator[Topic]:
    from segcli.ingest import presets

    for name in presets.names():
        yield Topic("preset", name, presets.load(name).title, partial(_preset, name))


def _preset(name: str) -> Iterator[str]:
    from segcli.ingest import presets

    one = presets.load(name)
    yield f"{name} (preset)"
    yield f"{one.title}, recognised by a header with {', '.join(one.header)}."
    yield from (f"  {standard:<14}{' or '.join(theirs)}" for standard, theirs in one.columns.items())
    if one.holds == "orders":
        yield f"An amount is that of the {one.amount_per}."
    for column, values in one.void.items():
        yield f"No orders are lines whose {column} is {'filled' if values == ['*'] else ', '.join(values)}."
    if one.advice:
        yield one.advice
    yield f"Force it with --preset {name}; --preset none reads the file as any other."


def _shipped(package: str, name: str) -> Any:  # noqa: ANN401 - nested lists and mappings
    from segcli.config import yaml

    return yaml.strings(files("segcli").joinpath(package, name).read_text(encoding="utf-8"))


def _segments() -> Iterator[Topic]:
    told: dict[str, list[str]] = {}
    for name in plugins.listed("segcli.segment.maps", ".yaml"):
        for rule in _shipped("segment/maps", f"{name}.yaml")["segments"]:
            told.setdefault(rule["segment"], []).append(f"In the map {name}: {_scores(rule)}.")
    playbook, stages = _shipped("persona", "playbook.yaml"), _shipped("persona", "touchpoints.yaml")["stages"]
    for segment in (*playbook["segments"], *(one for names in stages.values() for one in names)):
        told.setdefault(segment, [])
    for segment, places in told.items():
        lines = (f"{segment} (segment)", *places, *_work(segment, playbook, stages))
        yield Topic("segment", segment, lines[1] if len(lines) > 1 else "", partial(iter, lines))


def _scores(rule: Mapping[str, str]) -> str:
    """The scores of a map's rule in words."""
    said = [f"{DIMENSIONS[key]} {value}" for key, value in rule.items() if key in DIMENSIONS]
    return f"scores of {', '.join(said)}" if said else "whatever the scores"


def _work(segment: str, playbook: Mapping[str, Any], stages: Mapping[str, list[str]]) -> Iterator[str]:
    """What is suggested for a segment, and the stage it is in."""
    action, avoid = (playbook[part].get(segment) for part in ("segments", "avoid"))
    stage = next((stage for stage, names in stages.items() if segment in names), None)
    if stage:
        yield f"In the plan its customers are at the stage: {stage}."
    if action:
        yield f"Suggested: {action}"
    if avoid:
        yield f"Better not: {avoid}"


def _bases() -> Iterator[Topic]:
    for name in plugins.listed(BASES):
        source = files("segcli").joinpath("segment/bases", f"{name}.py").read_text(encoding="utf-8")
        what = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
        yield Topic("base", name, what, partial(_base, name, what))


def _base(name: str, what: str) -> Iterator[str]:
    from segcli.config.reference import scalar_text
    from segcli.segment import bases

    one = bases.load(name)
    yield f"{name} (base)"
    yield what
    yield " ".join(str(one.decide.__doc__).split("\n\n", maxsplit=1)[0].split())
    yield f"It reads {one.NEEDS}."
    yield f"Source: {one.SOURCE}."
    for option, value in bases.options(name, {}).effective().items():
        meaning = one.Options.model_fields[option].description
        yield f"  {option}: {scalar_text(value)}".ljust(40) + f"  # {meaning}"
    yield f"Try it: segcli rules INPUT --base {name}"
