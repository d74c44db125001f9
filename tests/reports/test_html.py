"""HTML: one file, which asks for nothing, runs nothing but its own script, and shows every text as text."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli import formatting
from segcli.reports.blocks import (
    Block,
    Card,
    Chart,
    Column,
    Details,
    Heading,
    Result,
    Statement,
    Statements,
    Table,
    Text,
    Tile,
    Tiles,
)
from segcli.reports.formats import Page, html

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><b>",
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "\x1b[31m\u202ered\u2028",
]
VOID = {"meta", "br", "img", "link", "input", "hr", "rect", "polyline"}


class Seen(HTMLParser):
    """Tags with their attributes, the text, and whether tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", list[str]()
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rendered(*blocks: Block, language: str = "en") -> str:
    return html.render(Result(pd.DataFrame(), dict, blocks), Page(language=language))


def every_kind(name: str) -> list[Block]:
    table = Table(
        [Column(name, align_right=False), Column("", is_bar=True), Column("Money")],
        [[name, 0.25, formatting.format_money(8_911_407.9)], ["b", 0.5, formatting.format_money(4.5)], ["c", 0.0, "-"]],
    )
    return [
        Heading(name, 1),
        Heading("Numbers"),
        Text([name, "two"], has_bullets=True),
        Text([name], is_quiet=True),
        table,
        Heading(name, 3),
        Card(name, name, name, [(name, name)], name, [(name, 0.5)], [(name, name)], 11),
        Tiles([Tile(name, name, name, name, [1.0, 3.0], name, is_worse=True)], [name, name, name, name]),
        Statements(name, [Statement(name, name, "here", name)], [name]),
        Details(name, [Text([name]), Card(name, name, name)], "here"),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_is_a_text(name: str) -> None:
    harmless, seen = Seen(rendered(*every_kind("plain"))), Seen(rendered(*every_kind(name)))
    assert [tag for tag, _ in seen.tags] == [tag for tag, _ in harmless.tags]
    for (tag, attributes), (_, others) in zip(seen.tags, harmless.tags, strict=True):
        assert set(attributes) == set(others), tag
    assert not any(attribute.startswith("on") for _, attributes in seen.tags for attribute in attributes)
    assert "\x1b" not in seen.text
    assert "\u202e" not in seen.text


@settings(max_examples=50, deadline=None)
@given(name=st.text(min_size=1, max_size=30))
def test_any_text_leaves_the_page_as_it_is(name: str) -> None:
    harmless, seen = Seen(rendered(*every_kind("plain"))), Seen(rendered(*every_kind(name)))
    assert [tag for tag, _ in seen.tags] == [tag for tag, _ in harmless.tags]


def test_the_policy_names_the_style_and_the_script_and_allows_nothing_else() -> None:
    page = rendered(*every_kind("plain"))
    policy = next(a["content"] for a in Seen(page).of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(found) == 1
        digest = base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_nothing_is_asked_for_and_nothing_is_styled_in_place() -> None:
    seen = Seen(rendered(*every_kind("plain")))
    for tag, attributes in seen.tags:
        assert "style" not in attributes, tag
        assert "src" not in attributes, tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert not seen.of("link")
    assert not seen.of("iframe")


def test_cells_know_their_numbers() -> None:
    cells = [a.get("data-number") for a in Seen(rendered(*every_kind("plain"))).of("td") if a.get("class") == "number"]
    assert cells == ["8911407.9", "4.5", None]


def test_bars_are_as_long_as_their_share_of_the_longest() -> None:
    assert [a["width"] for a in Seen(rendered(*every_kind("plain"))).of("rect")] == [
        "50.00",
        "100.00",
        "0.00",
        "10",
        "50",
    ]


def test_blocks_on_demand_are_in_the_page_once_and_links_lead_to_them() -> None:
    page = rendered(*every_kind("plain"))
    seen = Seen(page)
    ids = [a["id"] for _, a in seen.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    assert {"href": "#here"} in seen.of("a")
    assert "here" in [a.get("id") for a in seen.of("details")]
    assert "#nowhere" not in rendered(Statements("T", [Statement("a", "b", "nowhere", "c")]))


def test_a_segment_has_one_colour_in_its_table_and_on_its_card() -> None:
    table = Table([Column("Segment", align_right=False), Column("", is_bar=True)], [["a", 0.5], ["b", 0.5]], [1, 0])
    card = Card("b", "", "", bars=[("trait", 1.0)], segment_position=1)
    assert [a.get("class") for a in Seen(rendered(table, card)).of("rect")] == ["c1", "c0", "c1", "c1"]


def test_sections_are_listed_and_found() -> None:
    seen = Seen(rendered(Heading("All", 1), Heading("One"), Text(["x"]), Heading("Two")))
    targets = {a["id"] for _, a in seen.tags if a.get("id")}
    links = [str(a["href"]).removeprefix("#") for a in seen.of("a")]
    assert len(links) == 3
    assert set(links) <= targets


def test_a_page_names_its_language_and_title() -> None:
    page = rendered(Heading("Отчёт", 1), Heading("Главное"), Heading("План"), language="ru")
    assert '<html lang="ru">' in page
    assert "<title>Отчёт</title>" in page
    assert 'aria-label="Разделы"' in page


def test_a_picture_stands_with_its_numbers_behind_it() -> None:
    table = Table([Column("", is_bar=True)], [])
    words = dict.fromkeys(("x_title", "y_title", "gini", "equal", "mark"), "words")
    data = {"customers": [0.0, 0.5, 1.0], "revenue": [0.0, 0.9, 1.0], "marked": (0.5, 0.9), **words}
    page = rendered(Chart("lorenz", "Revenue distribution", "Half bring 90%.", data, [table]))
    assert page.count("<svg") == 1
    assert "Numbers" in Seen(page).text


def test_a_page_without_a_title_is_called_by_the_program_and_speaks_to_who_only_hears_it() -> None:
    page = rendered(Heading("One"), Heading("Two"), every_kind("plain")[4])
    assert "<title>segcli</title>" in page
    assert '<h1 class="unseen">segcli</h1>' in page
    assert ">Skip to the content</a>" in page
    assert 'aria-label="Sections"' in page
    assert ">Bar<" in page


def test_the_same_blocks_are_the_same_bytes() -> None:
    assert rendered(*every_kind("plain")) == rendered(*every_kind("plain"))
