"""A table for the eye fits its page: numbers are whole, bars give way first, ASCII where nothing else can be shown."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from segcli.reports.blocks import Block, Card, Column, Heading, Table, Text
from segcli.reports.formats import Page, names, table
from segcli.reports.result import Result

WIDTHS = [40, 60, 80, 200]
NUMBERS = ["2,000", "100%", "541,909", "8.91 M", "178 d", "12.2", "93.62"]
SEGMENTS = Table(
    [
        Column("Segment", right=False),
        Column("", bar=True),
        *map(Column, ["Customers", "Share", "Revenue", "Share", "Recency", "Orders", "Basket"]),
    ],
    [
        ["Potential loyalists of the second kind", 1.0, *NUMBERS],
        ["New", 0.01, *NUMBERS],
        ["Frequent, large-basket, high-spend", 0.4, *NUMBERS],
    ],
)
NOTES = Text(
    ["scores: recency edges 71|202|323|555 d, frequency edges 2|3|4|7 and a good deal more to say"], quiet=True
)
CARD = Card(
    "Champions", "291 customers · 15% of base", "Bought often.", [("Typical", "orders 12 (8 to 15); " * 6)], "rough"
)


def _render(*blocks: Block, width: int | None, ascii_only: bool = False, colour: bool = False) -> str:
    page = Page(width=width, colour=colour, ascii=ascii_only)
    return table.render(Result(pd.DataFrame(), {}, blocks), page)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_page(width: int) -> None:
    shown = _render(Heading("rfm_segment"), SEGMENTS, NOTES, CARD, width=width)
    assert max(map(cell_len, shown.splitlines())) <= width


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_no_number_is_ever_cut(width: int | None) -> None:
    shown = _render(SEGMENTS, width=width)
    assert "…" not in shown
    for number in re.findall(r"[\d.,]+(?:%| M| d)?", shown):
        assert number.strip(" ,") in {*NUMBERS, ""}, number


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_every_segment_is_named_whole(width: int | None) -> None:
    words = " ".join(_render(SEGMENTS, width=width).split())
    for name in ("loyalists", "second", "New", "high-spend"):
        assert name in words


def test_bars_are_drawn_only_where_they_fit() -> None:
    assert "█" not in _render(SEGMENTS, width=40)
    assert "████████" in _render(SEGMENTS, width=200)
    assert "████████" in _render(SEGMENTS, width=None)


def test_the_longest_bar_is_the_largest_share() -> None:
    lines = _render(SEGMENTS, width=200).splitlines()[1:]
    assert [line.count("█") for line in lines] == [8, 0, 3]


@pytest.mark.bad_input(103)
@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_a_page_of_ascii_gets_only_ascii(width: int | None) -> None:
    shown = _render(Heading("rfm_segment"), SEGMENTS, NOTES, width=width, ascii_only=True)
    assert shown.isascii()


def test_a_card_on_a_page_of_ascii_is_ascii_too() -> None:
    from segcli.model import Persona
    from segcli.reports.cards import card

    persona = Persona("New", "Bought once.", 3, 0.1, 9.0, 0.1, (), (), {}, "Write to them.")
    assert _render(card(persona), width=80, ascii_only=True).isascii()


def test_colour_is_used_only_where_the_page_has_it() -> None:
    assert "\x1b[" in _render(SEGMENTS, NOTES, width=80, colour=True)
    assert "\x1b" not in _render(SEGMENTS, NOTES, width=80)


NASTY = st.text(max_size=30) | st.sampled_from(
    ["[/x]", "[bold]x", ":smile:", "\x1b[31m", "\u202e", "日本語の名前", "a\nb"]
)


@pytest.mark.bad_input(81, 82)
@settings(max_examples=150, deadline=None)
@given(name=NASTY, width=st.sampled_from([40, 80, None]))
def test_whatever_a_segment_is_called_it_is_shown_and_cannot_act(name: str, width: int | None) -> None:
    shown = _render(
        Heading(name),
        Table([Column("Segment", right=False), Column("Customers")], [[name, "17"]]),
        Text([name]),
        Card(name, "17 customers", name, [("Typical", name)]),
        width=width,
    )
    assert "17" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    if width is not None:
        assert max(map(cell_len, shown.splitlines())) <= width
    for markup in ("[/x]", "[bold]x", ":smile:"):
        if name == markup:
            assert shown.count(markup) >= 5


def test_the_formats_are_the_files_of_their_folder() -> None:
    folder = Path(table.__file__).parent
    assert names() == sorted(p.stem for p in folder.glob("[!_]*.py"))
