"""Playbook of suggested actions, from an editable file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from segcli.config.yaml_loader import YamlDocument, load_shipped, parse_document
from segcli.errors import ConfigProblems
from segcli.io import read
from segcli.message import message
from segcli.model import Trait

PLAYBOOK_FILE = "playbook.yaml"


@dataclass(frozen=True)
class Playbook:
    """Actions by segment name (case-insensitive), by (trait, high or low), and a default action.

    `avoid_by_segment` are actions to avoid, by segment name. `claim_actions` replace the action of a name whose claim,
    such as `buys more`, is contradicted by the data.
    """

    segment_actions: Mapping[str, str]
    trait_actions: Mapping[tuple[str, str], str]
    default_action: str
    avoid_by_segment: Mapping[str, str] = field(default_factory=dict)
    claim_actions: Mapping[str, str] = field(default_factory=dict)

    def choose_action(
        self,
        segment_name: str,
        segment_traits: Sequence[Trait],
        contradicted_claims: Sequence[str] = (),
        stage_name: str = "",
    ) -> str:
        """Return the action for the first contradicted claim, else of the stage, the segment, or its leading trait.

        Args:
            segment_name: name of the segment.
            segment_traits: its traits, the most distinguishing first.
            contradicted_claims: claims of the name that the data contradict, such as `buys more`.
            stage_name: lifecycle stage of most of its customers, if it is one that overrides the name.
        """
        for claim in contradicted_claims:
            if claim in self.claim_actions:
                return self.claim_actions[claim]
        own_action = self.segment_actions.get(stage_name.casefold()) if stage_name else None
        if own_action is not None:
            return own_action
        own_action = self.segment_actions.get(segment_name.casefold())
        if own_action is not None:
            return own_action
        for trait in segment_traits:
            trait_name = trait.name if trait.level is None else f"{trait.name}={trait.level}"
            trait_action = self.trait_actions.get((trait_name, "high" if trait.difference > 0 else "low"))
            if trait_action is not None:
                return trait_action
        return self.default_action

    def classify_segments(
        self, traits_by_segment: Mapping[str, Sequence[Trait]]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Return the segments with an action of their own, and those with an action for one of their traits."""
        own_action_segments = frozenset(
            segment_name for segment_name in traits_by_segment if segment_name.casefold() in self.segment_actions
        )
        suggested_actions = {
            segment_name: self.choose_action(segment_name, segment_traits)
            for segment_name, segment_traits in traits_by_segment.items()
            if segment_name not in own_action_segments
        }
        return own_action_segments, frozenset(
            segment_name
            for segment_name, action in suggested_actions.items()
            if action not in {"", self.default_action}
        )


def load_playbook(path: str | None) -> Playbook:
    """Load the user's playbook, or the built-in one.

    Raises:
        ConfigProblems: the file is invalid; it names each problem and its place.
    """
    default_file = resources.files(__package__).joinpath(PLAYBOOK_FILE)
    document = (
        parse_document(read.read_text(path), path)
        if path
        else load_shipped(default_file.read_text(encoding="utf-8"), PLAYBOOK_FILE)
    )
    document_values = document.values if isinstance(document.values, dict) else {}
    problems = [
        f"{document.find_place((key,))}: {key}: unknown key; known: segments, avoid, contradicted, traits, otherwise"
        for key in document_values
        if key not in {"segments", "avoid", "contradicted", "traits", "otherwise"}
    ]
    segment_section, trait_section = document_values.get("segments") or {}, document_values.get("traits") or []
    avoid_section = document_values.get("avoid") or {}
    problems += _check_shape(document, segment_section, trait_section)
    if not isinstance(avoid_section, dict):
        problems.append(f"{document.find_place(('avoid',))}: avoid: must be `segment name: what not to do` lines")
    claim_section = document_values.get("contradicted") or {}
    if not isinstance(claim_section, dict):
        problems.append(f"{document.find_place(('contradicted',))}: contradicted: must be `claim: action` lines")
    if problems:
        raise ConfigProblems(problems)
    make_text: Callable[[str], str] = str if path else message  # a user's texts are not translated
    trait_actions = {(entry["trait"], entry["is"]): make_text(entry["action"]) for entry in reversed(trait_section)}
    segment_actions = {name.casefold(): make_text(str(action)) for name, action in _by_name(segment_section)}
    actions_to_avoid = {name.casefold(): make_text(str(action)) for name, action in _by_name(avoid_section)}
    claim_actions = {claim: make_text(str(action)) for claim, action in _by_name(claim_section)}
    default_action = make_text(str(document_values.get("otherwise", "")))
    return Playbook(segment_actions, trait_actions, default_action, actions_to_avoid, claim_actions)


def _by_name(section: Mapping[object, object]) -> Iterator[tuple[str, object]]:
    return ((str(segment_name), action) for segment_name, action in section.items())


def _check_shape(document: YamlDocument, segment_section: object, trait_section: object) -> list[str]:
    problems = []
    if not isinstance(segment_section, dict):
        problems.append(f"{document.find_place(('segments',))}: segments: must be `segment name: action` lines")
    if not isinstance(trait_section, list):
        problems.append(f"{document.find_place(('traits',))}: traits: must be a list")
        return problems
    for position, entry in enumerate(trait_section):
        is_trait_action = (
            isinstance(entry, dict) and set(entry) == {"trait", "is", "action"} and entry["is"] in ("high", "low")
        )
        if not is_trait_action:
            document_place = document.find_place(("traits", position))
            problems.append(f"{document_place}: traits: each is {{trait: column, is: high or low, action: text}}")
    return problems
