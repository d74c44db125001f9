"""At most three notes, the most important first; the rest and technical details only with -v."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.cli.messages import _print_notes
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.message import detail_message, message
from segcli.model import Input, InputReport

Run = Callable[..., Any]


def printed(capsys: pytest.CaptureFixture[str], notes: list[str], decisive: list[str], **options: Any) -> list[str]:
    input_report = InputReport(
        Input("a.csv", 1, "", 1), "orders", "", {}, notes=tuple(notes), decisive_notes=tuple(decisive)
    )
    with Console(CommonOptions(**options)) as console:
        _print_notes([input_report], console)
    return capsys.readouterr().err.splitlines()


def test_notes_are_in_the_order_of_their_effect_on_figures(capsys: pytest.CaptureFixture[str]) -> None:
    notes = ["plain one", "plain two", "with an option; hint: --set a=b", "on much money"]
    assert printed(capsys, notes, ["on much money"]) == [
        "note      on much money",
        "note      with an option; hint: --set a=b",
        "note      plain one",
        "          (1 more note; -v shows it)",
    ]
    assert len(printed(capsys, notes, [], verbose=True)) == len(notes)
    assert printed(capsys, notes, ["on much money"], quiet=True) == ["note      on much money"]


def test_notes_on_much_money_are_never_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    notes = [f"note {number}" for number in range(6)]
    assert len(printed(capsys, notes, notes)) == len(notes)
    assert len(printed(capsys, notes, [], log_format="json")) == len(notes)


def test_warnings_are_never_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    with Console(CommonOptions()) as console:
        for number in range(9):
            console.log("warning", f"warning {number}")
        console.log("note", detail_message("edges {edges}", edges=1))
        console.log("note", message("plain"))
    lines = capsys.readouterr().err.splitlines()
    assert len([line for line in lines if line.startswith("warning")]) == 9
    assert lines[-2:] == ["note      plain", "          (1 more note; -v shows it)"]


def test_technical_details_are_behind_v_and_in_json(segcli: Run) -> None:
    assert "recency edges" not in segcli("rfm", "orders.csv", "-f", "table").stdout
    assert "recency edges" in segcli("rfm", "orders.csv", "-f", "table", "-v").stdout
    assert any(
        "recency edges" in note for note in json.loads(segcli("rfm", "orders.csv", "-f", "json").stdout)["notes"]
    )
    assert "edges" not in segcli("rfm", "orders.csv", "-o", "a.csv").stderr
    assert "edges" in segcli("rfm", "orders.csv", "-o", "b.csv", "-v").stderr


@pytest.mark.parametrize("command", ["rfm", "rules --base lifecycle", "cluster", "clv"])
def test_a_clean_file_has_at_most_three_notes(segcli: Run, command: str) -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "orders.csv"
    name, *options = command.split()
    done = segcli(name, sample, *options, "-o", "out.csv", env={"SEGCLI_CLUSTER__PAIRS": "8"})  # fewer take less time
    assert done.returncode == 0, done.stderr
    assert sum(line.startswith("note") for line in done.stderr.splitlines()) <= 3
