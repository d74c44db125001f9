"""What the reader of simple YAML reads, PyYAML reads the same; all word lists, presets and maps are simple."""

from pathlib import Path

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config import simple_yaml
from segcli.config.yaml import parse, shipped, strings

PACKAGE = Path(__file__).parents[2] / "segcli"
SHIPPED = sorted(PACKAGE.rglob("*.yaml"))
AT_EACH_START = ("ingest/words", "ingest/presets", "segment/maps")
PARTS = [
    *("a", "b: ", "- ", "[", "]", "{", "}", ", ", ",", ": ", ":", '"', "'", "#", " #", "\n", "\n  ", "\n    ", "x y"),
    *("1", "~", "", "&", "*", "!", "|", ">", "%", "@", "`", "?", "\\", "\t", "--- ", "...", "é", "=", "null", "-"),
    *("\n- ", "\nk: ", "\r", "\n\n", "\u00a0", "\u2028", "\ufeff", "\x07", "<<: ", "  ", "''", '""'),
]


def by_pyyaml(text: str) -> object:
    return pyyaml.load(text, Loader=pyyaml.BaseLoader)  # noqa: S506 - builds text only


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_shipped_files_are_what_pyyaml_and_the_strict_parser_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert strings(text) == by_pyyaml(text)
    if path.parent.name in {"maps", "persona"}:  # others are texts only, some of which look like numbers
        assert shipped(text, path.name).values == parse(text, path.name).values


@pytest.mark.parametrize("folder", AT_EACH_START)
def test_files_that_are_read_at_each_start_are_simple(folder: str) -> None:
    files = sorted((PACKAGE / folder).glob("*.yaml"))
    assert files
    for file in files:
        simple_yaml.read(file.read_text(encoding="utf-8"))


@settings(max_examples=2000, deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=14), begin=st.sampled_from(["", "k: ", "- ", "k:\n  "]))
def test_what_is_read_is_read_the_same_by_pyyaml(parts: list[str], begin: str) -> None:
    text = begin + "".join(parts)
    try:
        found = simple_yaml.read(text)
    except simple_yaml.NotSimple:
        return
    assert found == by_pyyaml(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "# nothing\n", "a:\n", "a: |\n  b\n", "a: [1,\n  2]\n", "a: &b c\n", "a: *b\n", "--- a\n", "a: 'b''c'\n"),
        *('a: "b\\n"\n', "a: b # c\n", "a: [[b]]\n", "a: {b: {c: d}}\n", "? a\n", "a: b\n c\n", "a: b\n  c: d\n"),
    ],
)
def test_what_is_more_than_simple_is_left_to_pyyaml(text: str) -> None:
    with pytest.raises(simple_yaml.NotSimple):
        simple_yaml.read(text)


def test_a_document_of_all_there_is() -> None:
    text = (
        "# words\nname: Can't stop\nlists:\n  one: [a b, \"c, d\", 'e: f']\n  two:\n    - [x]\n    - {r: 1-2, s: y z}\n"
    )
    assert simple_yaml.read(text) == {
        "name": "Can't stop",
        "lists": {"one": ["a b", "c, d", "e: f"], "two": [["x"], {"r": "1-2", "s": "y z"}]},
    }
