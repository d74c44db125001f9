"""The playbook: the segment's own entry, then its leading trait, then otherwise."""

from collections.abc import Callable

import pytest

from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Trait
from segcli.persona import playbook

TEXT = """
segments:
  Champions: Thank them.
traits:
  - {trait: orders, is: low, action: Second order.}
  - {trait: city=Bonn, is: high, action: Invite them.}
  - {trait: orders, is: low, action: Never said.}
otherwise: Look closer.
"""


def trait(name: str, difference: float, level: str | None = None) -> Trait:
    return Trait(name, 1.0, 1.0, None, difference, 10, level)


@pytest.mark.parametrize(
    ("segment", "told", "action"),
    [
        ("Champions", [trait("orders", -1)], "Thank them."),
        ("Other", [trait("orders", -1), trait("city", 1, "Bonn")], "Second order."),
        ("Other", [trait("city", 1, "Bonn"), trait("orders", -1)], "Invite them."),
        ("Other", [trait("age", 3), trait("orders", -1)], "Second order."),
        ("Other", [trait("orders", 1), trait("city", -1, "Bonn"), trait("city", 1, "Ulm")], "Look closer."),
        ("Other", [], "Look closer."),
    ],
)
def test_the_action_of_a_segment(segment: str, told: list[Trait], action: str, file_of: Callable[..., str]) -> None:
    assert playbook.load_playbook(file_of(TEXT, "plays.yaml")).choose_action(segment, told) == action


def test_the_shipped_playbook_has_something_for_everybody() -> None:
    shipped = playbook.load_playbook(None)
    assert shipped.choose_action("no such segment", [])
    assert all(shipped.segment_actions.values())
    assert all(shipped.trait_actions.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segment: {A: b}\n", ":1:1: segment: unknown key; known: segments, avoid, contradicted, traits, otherwise"),
        ("traits:\n  - {trait: orders, is: much, action: a}\n", ":2:5: traits: each is"),
        ("traits:\n  - {trait: orders, is: high}\n", ":2:5: traits: each is"),
        ("traits:\n  - orders\n", ":2:5: traits: each is"),
    ],
)
def test_a_broken_playbook_is_refused_with_the_place(text: str, said: str, file_of: Callable[..., str]) -> None:
    with pytest.raises(ConfigProblems) as refused:
        playbook.load_playbook(file_of(text, "broken.yaml"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "segments: [Champions]\n",
        "segments: Thank them\n",
        "traits: 5\n",
        "traits:\n  - {trait: orders, is: [high], action: a}\n",
    ],
)
def test_a_playbook_of_the_wrong_shape_is_refused_and_not_a_crash(text: str, file_of: Callable[..., str]) -> None:
    with pytest.raises(ConfigProblems):
        playbook.load_playbook(file_of(text, "shape.yaml"))


def test_a_missing_playbook_is_refused() -> None:
    with pytest.raises(InputProblem, match="no such file"):
        playbook.load_playbook("no-such-plays.yaml")


@pytest.mark.parametrize(
    ("claims", "stage", "action"),
    [
        ((), "", "Call or write in person; settle what went wrong before offering anything."),
        ((), "lost", "At most one win-back, then stop spending on them."),
        (("buys still",), "lapsed", "At most one win-back, then stop spending on them."),
        (("buys hardly",), "lost", "Keep a low-cost contact; some of these customers still buy."),
    ],
)
def test_a_contradiction_comes_before_the_stage_and_the_stage_before_the_name(
    claims: tuple[str, ...], stage: str, action: str
) -> None:
    assert playbook.load_playbook(None).choose_action("Can't lose", [], claims, stage) == action


def test_every_contradiction_has_an_action() -> None:
    from segcli.evaluation.name_claims import MARKS

    assert set(playbook.load_playbook(None).claim_actions) == {" ".join(claim) for claim in MARKS}
