"""Text from a file is data wherever it is shown: it steers no terminal and becomes no markup."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from segcli.formatting import MAX_CELL_LENGTH, escape_cell, escape_markdown, escape_unprintable
from segcli.reports.blocks import Block, Card, Column, Heading, Result, Table, Text
from segcli.reports.formats import Page, md

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
RENDERER = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify", "strikethrough"])
OURS = {"h1", "h2", "h3", "h4", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "em", "br", ""}

HOSTILE = st.sampled_from(
    [
        "![x](http://evil.example/pixel.png)",
        "[click](javascript:alert(1))",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a@evil.example>",
        "http://evil.example",
        "www.evil.example",
        "evil.example",
        "mail me@evil.example",
        "mailto:me@evil.example",
        "//evil.example/x",
        "| a | b |",
        "*bold* _em_ **strong** __strong__ ~~gone~~ `code`",
        "# heading",
        "- item",
        "1. item",
        "1) item",
        "> quote",
        "---",
        "===",
        "    code",
        "```\ncode",
        "a\n\nb",
        "&lt;b&gt; &amp; &#60; &copy;",
        "\\",
        "a\\",
        "\\*",
        "[x]: http://evil.example",
        "[^1]",
        "- [ ] task",
        "<!-- -->",
        "<http://evil.example>",
        "#123 @team",
        "\x1b[31mred\x1b[0m",
        "\u202eevil",
        ":smile: $x$",
    ]
)
NASTY = st.lists(HOSTILE | st.text(max_size=8), min_size=1, max_size=4).map("".join)
ACTIVE = st.text(st.sampled_from("ab1 \\`*_{}[]()#+-.!|<>~$:@&='\"/\n\t"), max_size=20)
ANYTHING = (NASTY | ACTIVE | st.text(max_size=40)).map(str.strip).filter(bool)


@pytest.mark.bad_input(81)
@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(), max_size=60) | NASTY)
@example("\ud800 lone surrogate")
def test_printable_text_is_one_line_without_control_or_bidirectional_characters(text: str) -> None:
    shown = escape_unprintable(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in BIDI]
    assert shown.encode().decode() == shown


@given(text=st.text(st.characters(categories=["L", "N", "P", "S", "M"]), max_size=40))
def test_printable_text_keeps_what_can_be_shown(text: str) -> None:
    assert escape_unprintable(text) == text


def test_all_of_ascii_that_can_be_shown_is_shown() -> None:
    visible = "".join(map(chr, range(0x20, 0x7F)))
    assert escape_unprintable(visible) == escape_cell(visible) == visible


def test_what_is_not_shown_is_still_seen() -> None:
    assert escape_unprintable("a\x1b]0;x\x07b\u202ec\x9bd") == "a\\x1b]0;x\\x07b\\u202ec\\x9bd"


def test_a_cell_is_bounded_and_says_that_it_was_cut() -> None:
    assert escape_cell("x" * MAX_CELL_LENGTH) == "x" * MAX_CELL_LENGTH
    assert escape_cell("x" * 5000) == "x" * (MAX_CELL_LENGTH - 1) + "…"


def _tokens(text: str) -> list[Token]:
    """Every token of a rendered document, inner ones too."""
    return [inner for token in RENDERER.parse(text) for inner in (token, *(token.children or ()))]


def _shown(tokens: Sequence[Token]) -> str:
    """The text a reader sees, blanks run together."""
    return " ".join("".join(t.content if t.type == "text" else " " for t in tokens).split())


def _rendered(*blocks: Block) -> list[Token]:
    return _tokens(md.render(Result(pd.DataFrame(), {}, blocks, document=True), Page()))


@pytest.mark.bad_input(83)
@settings(max_examples=50, deadline=None)
@given(name=ANYTHING, value=ANYTHING, other=ANYTHING)
def test_a_report_has_no_tag_that_is_not_ours_whatever_segments_and_values_are_called(
    name: str, value: str, other: str
) -> None:
    """Rendered with tables and automatic links, as a forge or a mail program would."""
    tokens = _rendered(
        Heading(name, level=1),
        Heading(name),
        Text([value, other]),
        Text([name, value, other], has_bullets=True),
        Table(
            [Column(name, align_right=False), Column("", is_bar=True), Column("Value")],
            [[value, 0.5, other], [other, 1.0, name]],
        ),
        Card(name, value, other, [("Typical", value), (name, other)], footer=name),
    )
    assert {token.tag for token in tokens} <= OURS
    assert not [t for t in tokens if t.type.startswith(("html", "link", "image", "code", "fence", "hr", "blockquote"))]
    assert sum(t.type == "table_open" for t in tokens) == 1
    assert sum(t.type == "bullet_list_open" for t in tokens) == 2
    assert sum(t.type == "heading_open" for t in tokens) == 3
    assert sum(t.type == "td_open" for t in tokens) == 4


@settings(max_examples=50, deadline=None)
@given(text=ANYTHING)
def test_text_survives_markdown_as_it_was(text: str) -> None:
    wanted = " ".join(escape_unprintable(text).split())
    assert _shown(_rendered(Heading(f"a {text} z"))) == f"a {wanted} z"
    table = _rendered(Table([Column("Name", align_right=False)], [[text]]))
    assert _shown(table) == f"Name {wanted}".strip()


@settings(max_examples=50, deadline=None)
@given(text=ANYTHING)
def test_a_line_of_its_own_survives_markdown_as_it_was(text: str) -> None:
    """Where a line begins, other characters act: lists, headings, indented code."""
    wanted = " ".join(escape_unprintable(text).split())
    assert _shown(_rendered(Text([text]))) == wanted
    assert _shown(_rendered(Text([text], has_bullets=True))) == wanted


@pytest.mark.parametrize(
    ("text", "block"),
    [
        pytest.param("    orders.csv: 4 rows", Text, id="four blanks in front make code"),
        pytest.param("Rank #", Heading, id="a last # is taken for the end of a heading"),
    ],
)
def test_blanks_and_hashes_at_the_ends_survive_markdown_too(text: str, block: Callable[[Any], Block]) -> None:
    tokens = _rendered(block(text if block is Heading else [text]))
    assert {token.tag for token in tokens} <= OURS
    assert _shown(tokens) == text.strip()


def test_each_active_character_has_its_escape() -> None:
    """A backslash would not keep a forge from a mention, nor a browser from a tag."""
    assert escape_markdown("@team <b> a&b http://x #1 *_`") == "&#64;team &lt;b&gt; a&amp;b http&#58;//x \\#1 \\*\\_\\`"


@pytest.mark.parametrize("text", ["orders (2026) cost 3.50, up 4%: good", "k = 3-8 + noise"])
def test_plain_text_stays_readable_in_the_source(text: str) -> None:
    assert escape_markdown(text) == text
