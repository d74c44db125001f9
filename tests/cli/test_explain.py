"""`segcli explain` tells everything that has a code or a name, in the words of whoever defines it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from segcli.cli.explain import find_topics, list_topics
from segcli.errors import EXIT_CODE_MEANINGS, ExitCode
from segcli.ingest import presets
from segcli.ingest.reasons import REASONS
from segcli.segment import bases, maps

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SEGMENTS = {rule.segment for name in maps.list_maps() for rule in maps.load_map(name).rules}


def test_without_a_name_all_there_is_is_listed_by_kind(segcli: Run) -> None:
    lines = segcli("explain").stdout.splitlines()
    kinds = [line for line in lines if line and not line.startswith(" ")]
    assert kinds == ["exit code", "reason", "preset", "segment", "base"]
    listed = {line[2:].split("  ")[0] for line in lines if line.startswith("  ")}
    codes = {str(int(code)) for code in ExitCode}
    assert listed >= {*codes, *REASONS, *presets.list_presets(), *bases.list_bases(), *SEGMENTS}
    assert all(topic.summary for topic in list_topics() if topic.kind != "segment")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("4", EXIT_CODE_MEANINGS[ExitCode.GATE][0]),
        ("no_customer_id", REASONS["no_customer_id"].remedy),
        ("shopify-orders", "amount        Total"),
        ("at-risk", "In the map default: scores of recency 1-2, frequency 3-4."),
        ("CAN'T LOSE", "Suggested: Call or write in person"),
        ("lifecycle", "Required columns: orders, recency_days"),
    ],
)
def test_a_name_is_told_however_it_is_written(segcli: Run, name: str, told: str) -> None:
    done = segcli("explain", name)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


def test_every_topic_has_something_to_say() -> None:
    for topic in list_topics():
        lines = list(topic.explain_lines())
        assert lines[0].casefold().startswith(topic.name.casefold()) or topic.kind == "exit code"
        assert len(lines) > 1, topic.name
        assert topic.name in {found.name for found in find_topics(topic.name)}


def test_an_unknown_name_is_refused_with_the_nearest(segcli: Run) -> None:
    done = segcli("explain", "lifecycel")
    assert done.returncode == 2
    assert "did you mean lifecycle?" in done.stderr
