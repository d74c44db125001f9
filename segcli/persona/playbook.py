"""Suggested actions, from an editable file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from segcli.config.yaml import Document, parse, shipped
from segcli.errors import ConfigProblems
from segcli.files import read
from segcli.model import Trait

SHIPPED = "playbook.yaml"


@dataclass(frozen=True)
class Playbook:
    """Actions by segment name (in any case), by (trait, high or low), and for everybody else.

    `avoid` is what not to do, by segment name.
    """

    segments: Mapping[str, str]
    traits: Mapping[tuple[str, str], str]
    otherwise: str
    avoid: Mapping[str, str] = field(default_factory=dict)

    def action(self, segment: str, traits: Sequence[Trait]) -> str:
        """The segment's own action, or that of its most distinguishing trait which has one."""
        own = self.segments.get(segment.casefold())
        if own is not None:
            return own
        for trait in traits:
            name = trait.name if trait.level is None else f"{trait.name}={trait.level}"
            action = self.traits.get((name, "high" if trait.difference > 0 else "low"))
            if action is not None:
                return action
        return self.otherwise

    def kinds(self, traits: Mapping[str, Sequence[Trait]]) -> tuple[frozenset[str], frozenset[str]]:
        """The segments that have an action of their own, and those whose traits suggest one."""
        own = frozenset(name for name in traits if name.casefold() in self.segments)
        others = {name: self.action(name, listed) for name, listed in traits.items() if name not in own}
        return own, frozenset(name for name, action in others.items() if action not in {"", self.otherwise})


def load(path: str | None) -> Playbook:
    """The user's playbook, or the shipped one.

    Raises:
        ConfigProblems: what is wrong in it and where.
    """
    ours = resources.files(__package__).joinpath(SHIPPED)
    document = parse(read.text(path), path) if path else shipped(ours.read_text(encoding="utf-8"), SHIPPED)
    values = document.values if isinstance(document.values, dict) else {}
    problems = [
        f"{document.place((key,))}: {key}: unknown key; known: segments, avoid, traits, otherwise"
        for key in values
        if key not in {"segments", "avoid", "traits", "otherwise"}
    ]
    segments, listed = values.get("segments") or {}, values.get("traits") or []
    avoid = values.get("avoid") or {}
    problems += _shape_problems(document, segments, listed)
    if not isinstance(avoid, dict):
        problems.append(f"{document.place(('avoid',))}: avoid: must be `segment name: what not to do` lines")
    if problems:
        raise ConfigProblems(problems)
    traits = {(entry["trait"], entry["is"]): entry["action"] for entry in reversed(listed)}
    actions = {str(name).casefold(): str(action) for name, action in segments.items()}
    not_to_do = {str(name).casefold(): str(what) for name, what in avoid.items()}
    return Playbook(actions, traits, str(values.get("otherwise", "")), not_to_do)


def _shape_problems(document: Document, segments: object, listed: object) -> list[str]:
    problems = []
    if not isinstance(segments, dict):
        problems.append(f"{document.place(('segments',))}: segments: must be `segment name: action` lines")
    if not isinstance(listed, list):
        problems.append(f"{document.place(('traits',))}: traits: must be a list")
        return problems
    for place, entry in enumerate(listed):
        fits = isinstance(entry, dict) and set(entry) == {"trait", "is", "action"} and entry["is"] in ("high", "low")
        if not fits:
            at = document.place(("traits", place))
            problems.append(f"{at}: traits: each is {{trait: column, is: high or low, action: text}}")
    return problems
