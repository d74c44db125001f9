"""Prose is plain English: a short list of tell-tale patterns over pages, help, messages and docstrings."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Forms that a native technical writer would not use here.
TELL_TALES = re.compile(
    r"(?i)\b(there is: |once more\b|is said\b|are said\b|is told\b|are told\b|what came of\b|what became of\b"
    r"|of those that there are\b|stands? in for\b|is kept to\b|foretells?\b|retold\b|surely\b"
    r"|nothing is known of\b)"
)
# Reviewed places in which such a word is right.
ALLOWED: frozenset[str] = frozenset()
MAX_SAY = {"README": 0.5, "docs": 1.0, "messages": 1.0, "docstrings": 0.5, "help": 0.5}  # per 1,000 words

spec = importlib.util.spec_from_file_location("prose", ROOT / "benchmarks" / "prose.py")
assert spec
assert spec.loader
prose = importlib.util.module_from_spec(spec)
spec.loader.exec_module(prose)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {**prose.collect(), "help": prose.read_help()}


@pytest.mark.parametrize("kind", MAX_SAY)
def test_no_tell_tale_pattern_is_used(texts: dict[str, str], kind: str) -> None:
    sentences = prose.split_sentences(texts[kind])
    assert len(sentences) > 50
    assert [text for text in sentences if TELL_TALES.search(text) and text not in ALLOWED] == []


@pytest.mark.parametrize("kind", MAX_SAY)
def test_programs_print_and_do_not_say(texts: dict[str, str], kind: str) -> None:
    assert prose.measure(texts[kind]).say <= MAX_SAY[kind]


def test_readme_and_tutorial_are_easy_to_read(texts: dict[str, str]) -> None:
    tutorial = prose.strip_markdown((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    for text in (texts["README"], tutorial):
        measured = prose.measure(text)
        assert measured.ease >= 55
        assert measured.sentence <= 16
        assert measured.you >= 8


def test_the_measure_sees_what_it_counts() -> None:
    measured = prose.measure(
        prose.strip_markdown("You run it. It says so.\n\n```sh\nsay say say\n```\n\n| says | told |\n")
    )
    assert (measured.words, measured.sentence) == (6, 3)
    assert measured.say == pytest.approx(1000 / 6)
    assert measured.you == pytest.approx(1000 / 6)
    assert TELL_TALES.search("no column; there is: a, b")
