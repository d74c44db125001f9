"""What changed in a persona since it was written before."""

import json
from pathlib import Path
from typing import Any

import pytest

from segcli.config.persona import PersonaSettings
from segcli.errors import InputProblem
from segcli.model import Persona
from segcli.persona import build_personas, playbook
from segcli.persona.diff import EarlierPersonas, compare_personas, list_removed_segments, load_personas
from segcli.reports.formats import Page
from segcli.reports.formats.json import render
from segcli.reports.results import build_personas_result
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns


def shop(labels: list[str], **columns: Any) -> tuple[dict[str, list[Persona]], Any]:
    of = from_columns({"orders": [1] * len(labels), "revenue": [1.0] * len(labels), **columns, "x_segment": labels})
    return {
        "x_segment": build_personas(read_segmentation(of, "x_segment"), PersonaSettings(), playbook.load_playbook(None))
    }, of


def saved(tmp_path: Path, labels: list[str], **columns: Any) -> EarlierPersonas:
    described, of = shop(labels, **columns)
    (tmp_path / "personas.json").write_text(render(build_personas_result(described, of), Page()))
    return load_personas(str(tmp_path))


def test_sizes_shares_and_traits_that_came_and_went(tmp_path: Path) -> None:
    was = ["a"] * 10 + ["b"] * 30
    before = saved(tmp_path, was, plan=["pro"] * 10 + ["basic"] * 30)
    now = ["a"] * 20 + ["b"] * 20
    described, _ = shop(now, plan=["basic"] * 40, city=["Bonn"] * 20 + ["Köln"] * 20)
    a, b = compare_personas(described, before)["x_segment"]
    assert a.changed == (
        "10 customers more since 2024-01-01 (10 then)",
        "50% of the base, 25% then",
        "50% of revenue, 25% then",
        "now also more city = Bonn",
        "now also less city = Köln",
        "no longer more plan = pro",
        "no longer less plan = basic",
    )
    assert b.changed[0] == "10 customers fewer since 2024-01-01 (30 then)"


def test_nothing_but_the_size_is_said_where_nothing_changed(tmp_path: Path) -> None:
    labels = ["a"] * 10 + ["b"] * 30
    before = saved(tmp_path, labels)
    described, _ = shop(labels)
    assert compare_personas(described, before)["x_segment"][1].changed == (
        "as many customers since 2024-01-01 (10 then)",
    )


def test_new_segments_and_those_that_are_gone(tmp_path: Path) -> None:
    before = saved(tmp_path, ["a"] * 6 + ["b"] * 6)
    described, _ = shop(["a"] * 6 + ["c"] * 6)
    _, c = compare_personas(described, before)["x_segment"]
    assert c.changed == ("new since 2024-01-01",)
    assert list_removed_segments(described, before) == ["x_segment: b"]


@pytest.mark.parametrize("text", ["no json", json.dumps({"schema": "segcli.rfm/1"}), "[]"])
def test_what_holds_no_personas_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(InputProblem, match=r"contains no personas|not valid JSON"):
        load_personas(str(path))
