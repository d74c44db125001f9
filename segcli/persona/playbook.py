"""Suggested actions, from an editable file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from segcli.config.yaml import Document, parse
from segcli.errors import ConfigProblems
from segcli.files import read
from segcli.model import Trait

SHIPPED = "playbook.yaml"


@dataclass(frozen=True)
class Playbook:
    """Actions by segment name, by (trait, high or low), and for everybody else."""

    segments: Mapping[str, str]
    traits: Mapping[tuple[str, str], str]
    otherwise: str

    def action(self, segment: str, traits: Sequence[Trait]) -> str:
        """The segment's own action, or that of its most distinguishing trait which has one."""
        if segment in self.segments:
            return self.segments[segment]
        told = [
            (t.name if t.level is None else f"{t.name}={t.level}", "high" if t.difference > 0 else "low")
            for t in traits
        ]
        return next((self.traits[key] for key in told if key in self.traits), self.otherwise)


def load(path: str | None) -> Playbook:
    """The user's playbook, or the shipped one.

    Raises:
        ConfigProblems: what is wrong in it and where.
    """
    text = read.text(path) if path else resources.files(__package__).joinpath(SHIPPED).read_text(encoding="utf-8")
    document = parse(text, path or SHIPPED)
    values = document.values if isinstance(document.values, dict) else {}
    problems = [
        f"{document.place((key,))}: {key}: unknown key; known: segments, traits, otherwise"
        for key in values
        if key not in {"segments", "traits", "otherwise"}
    ]
    segments, listed = values.get("segments") or {}, values.get("traits") or []
    for place, entry in enumerate(listed):
        problems += _problems(document, place, entry)
    if problems:
        raise ConfigProblems(problems)
    traits = {(entry["trait"], entry["is"]): entry["action"] for entry in reversed(listed)}
    return Playbook({str(k): str(v) for k, v in segments.items()}, traits, str(values.get("otherwise", "")))


def _problems(document: Document, place: int, entry: Any) -> list[str]:  # noqa: ANN401 - what a file says
    if isinstance(entry, dict) and set(entry) == {"trait", "is", "action"} and entry["is"] in {"high", "low"}:
        return []
    at = document.place(("traits", place))
    return [f"{at}: traits: each is {{trait: column, is: high or low, action: text}}"]
