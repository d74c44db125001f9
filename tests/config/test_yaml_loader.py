"""YAML is read as data: text stays text, nothing executes, nothing explodes, every refusal names its place."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.yaml_loader import YamlDocument, parse_document
from segcli.config.yaml_parser import MAX_CHARACTERS, MAX_DEPTH
from segcli.errors import ConfigProblems


@pytest.mark.bad_input(87)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("010", 10),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-06-30", "2026-06-30"),
        ("~", None),
        ("", None),
        ("null", None),
        ("None", "None"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("-7", -7),
        ("+7", 7),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'5'", "5"),
        ('"5"', "5"),
        ("'true'", "true"),
        ("''", ""),
        ("90071992547409930000000", "90071992547409930000000"),
        ("\u0661\u0662", "\u0661\u0662"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("[NO, 1, '1']", ["NO", 1, "1"]),
    ],
)
def test_a_scalar_means_what_it_says(written: str, meant: object) -> None:
    value = parse_document(f"key: {written}\n", "c.yaml").values["key"]
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.bad_input(85, 86, 90)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "c.yaml:3:1: duplicate key 'a'"),
        ("rfm:\n  bins: 5\n  bins: 4\n", "c.yaml:3:3: duplicate key 'bins'"),
        ("a: {b: 1, b: 2}\n", "c.yaml:1:11: duplicate key 'b'"),
        ("a: &x 1\n", "c.yaml:1:4: anchors and aliases are not supported; hint: write the value in full"),
        ("a: 1\nb: *a\n", "c.yaml:2:4: anchors and aliases are not supported; hint: write the value in full"),
        ("a: !!python/object:os.system x\n", "c.yaml:1:4: tag tag:yaml.org,2002:python/object:os.system "),
        ("a: !!int '3'\n", "c.yaml:1:4: tag tag:yaml.org,2002:int is not supported"),
        ("a: !mine 3\n", "c.yaml:1:4: tag !mine is not supported"),
        ("a:\n\tb: 1\n", "c.yaml:2:1: "),
        ("a: [1, 2\nb: 3\n", "c.yaml:2:"),
        ("a: 'open\n", "c.yaml:2:1: "),
        ("? [a, b]\n: 1\n", "c.yaml:1:3: keys must be plain text"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1: "),
        ("a: b: c\n", "c.yaml:1:5: "),
    ],
)
def test_what_is_not_plain_data_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ConfigProblems) as refused:
        parse_document(text, "c.yaml")
    (line,) = refused.value.message_lines
    assert line.startswith(problem)
    assert "\n" not in line


@pytest.mark.bad_input(86)
def test_a_control_character_is_refused_with_its_place() -> None:
    with pytest.raises(ConfigProblems, match=r"^c\.yaml:2:5: "):
        parse_document("a: 1\nb: x\x1b[31m\n", "c.yaml")


@pytest.mark.bad_input(84)
def test_a_billion_laughs_are_refused_at_the_first() -> None:
    bomb = 'a: &a ["lol", "lol"]\n' + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.process_time()
    with pytest.raises(ConfigProblems, match=r"c\.yaml:1:4: anchors and aliases"):
        parse_document(bomb, "c.yaml")
    assert time.process_time() - started < 0.5


@pytest.mark.bad_input(84)
@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 10_000, "a: " + "[" * 100 + "]" * 100, "\n".join(" " * n + "a:" for n in range(100))],
    ids=["open", "closed", "indented"],
)
def test_depth_is_limited_before_it_can_cost_anything(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ConfigProblems, match=rf"^c\.yaml:\d+:\d+: nested deeper than {MAX_DEPTH} levels"):
        parse_document(text, "c.yaml")
    assert time.process_time() - started < 0.5


@pytest.mark.bad_input(84)
def test_size_is_limited() -> None:
    with pytest.raises(ConfigProblems, match=r"^c\.yaml: not a config: larger than 1,000,000 characters"):
        parse_document("a: " + "x" * MAX_CHARACTERS, "c.yaml")


def test_an_empty_document_says_nothing() -> None:
    assert parse_document("", "c.yaml").values == {}
    assert parse_document("# only a comment\n", "c.yaml").values == {}


def test_every_value_knows_its_line_and_column() -> None:
    document = parse_document("version: 1\nrfm:\n  bins: 5\n  edges: {recency: [1, 2]}\n", "c.yaml")
    assert document.find_place(("rfm", "bins")) == "c.yaml:3:3"
    assert document.find_place(("rfm", "edges", "recency")) == "c.yaml:4:11"
    assert document.find_place(("rfm", "edges", "recency", 1)) == "c.yaml:4:24"
    assert document.find_place(("rfm", "never", "written")) == "c.yaml:2:1"


YAMLISH = st.text(st.sampled_from("ab1:-[]{},&*!|>'\"%@`#?~ \n\t\\\x1b\u2028é"), max_size=60)


@settings(max_examples=50, deadline=None)
@given(text=YAMLISH | st.text(max_size=200))
def test_any_text_is_a_document_or_a_problem_and_nothing_else(text: str) -> None:
    try:
        result: YamlDocument | list[str] = parse_document(text, "c.yaml")
    except ConfigProblems as refused:
        result = list(refused.message_lines)
    assert isinstance(result, YamlDocument) or (result and all(line.startswith("c.yaml:") for line in result))


@settings(max_examples=50, deadline=None)
@given(value=st.text(st.characters(blacklist_categories=["Cc", "Cs", "Cn", "Co"]), max_size=40))
def test_quoted_text_comes_back_as_it_was(value: str) -> None:
    quoted = value.replace("'", "''").replace("\u2028", "").replace("\u2029", "")
    assert parse_document(f"a: '{quoted}'\n", "c.yaml").values["a"] == quoted.replace("''", "'")
