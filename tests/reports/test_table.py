"""A table for the eye fits its page: numbers are whole, bars give way first, ASCII where nothing else can be shown."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from segcli.reports.blocks import Block, Card, Chart, Column, Heading, RatedText, Result, Table, Text
from segcli.reports.formats import Page, list_formats, table

WIDTHS = [40, 60, 80, 200]
NUMBERS = ["2,000", "100%", "541,909", "8.91 M", "178 d", "12.2", "93.62"]
SEGMENTS = Table(
    [
        Column("Segment", align_right=False),
        Column("", is_bar=True),
        *map(Column, ["Customers", "Share", "Revenue", "Share", "Recency", "Orders", "Basket"]),
    ],
    [
        ["Potential loyalists of the second kind", 1.0, *NUMBERS],
        ["New", 0.01, *NUMBERS],
        ["Frequent, large-basket, high-spend", 0.4, *NUMBERS],
    ],
)
NOTES = Text(
    ["scores: recency edges 71|202|323|555 d, frequency edges 2|3|4|7 and a good deal more to say"], is_quiet=True
)
CARD = Card(
    "Champions", "291 customers · 15% of base", "Bought often.", [("Typical", "orders 12 (8 to 15); " * 6)], "rough"
)


def _render(*blocks: Block, width: int | None, ascii_only: bool = False, colour: bool = False) -> str:
    page = Page(width=width, has_colour=colour, is_ascii=ascii_only)
    return table.render(Result(pd.DataFrame(), {}, blocks), page)


def test_no_line_is_wider_than_the_page() -> None:
    for width in range(WIDTHS[0], WIDTHS[-1]):
        shown = _render(Heading("rfm_segment"), SEGMENTS, NOTES, CARD, width=width)
        assert max(map(cell_len, shown.splitlines())) <= width


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_no_number_is_ever_cut(width: int | None) -> None:
    shown = _render(SEGMENTS, width=width)
    assert "…" not in shown
    for number in re.findall(r"[\d.,]+(?:%| M| d)?", shown):
        assert number.strip(" ,") in {*NUMBERS, ""}, number


@pytest.mark.parametrize("levels", [("Yes", "Bank transfer (automatic)"), ("Wholesale customers abroad", "no")])
def test_no_number_is_cut_beside_two_columns_of_text(levels: tuple[str, str]) -> None:
    texts = [Column(title, align_right=False) for title in ("Driver", "Level")]
    rows = [["Method of payment", level, *["-0.25"] * 7, "28.35"] for level in levels]
    shown = _render(Table([*texts, *map(Column, ["Effect", "Low", "High", "Odds"] * 2)], rows), width=80)
    assert shown.count("28.35") == 2
    assert shown.count("-0.25") == 14


def test_a_hint_is_never_shortened() -> None:
    hint = "hint: " + "--set ingest.x=yes " * 30 + "END"
    columns = [Column("Where", align_right=False), Column("What", align_right=False, has_messages=True)]
    path = "/srv/exports/of/the/shop/2026/nightly/orders-2026-07-01-complete.csv"
    shown = _render(Table(columns, [[path, hint]]), width=80)
    assert shown.count("--set") == 30
    assert "END" in shown
    assert path in "".join(line.split(" ")[1] for line in shown.splitlines())
    assert "END" not in _render(Table(columns[:1], [[hint]]), width=80)


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
    from segcli.reports.persona_cards import build_persona_card

    persona = Persona("New", "Bought once.", 3, 0.1, 9.0, 0.1, (), (), {}, "Write to them.")
    assert _render(build_persona_card(persona), width=80, ascii_only=True).isascii()


def test_colour_is_used_only_where_the_page_has_it() -> None:
    assert "\x1b[" in _render(SEGMENTS, NOTES, width=80, colour=True)
    assert "\x1b" not in _render(SEGMENTS, NOTES, width=80)


# Every kind of block, as it looks

SHARES = Table(
    [Column("Segment", align_right=False), Column("", is_bar=True), Column("Customers")],
    [["Big spenders", 0.8, "1,200"], ["New", 0.1, "30"], ["Gone", 0.0, "-"]],
)
PAGE = (
    Heading("Shop", 1),
    Text(["One line,", "another."]),
    Heading("Segments"),
    SHARES,
    Text(["first", "second, which is longer than a narrow page has room for"], has_bullets=True),
    Text(["set back"], is_quiet=True),
    Card("Big spenders", "1,200 · 80%", "Spend most.", [("Typical", "orders 12"), ("Do", "thank them")], "rough"),
    Card("New", "30", "Came late.", [("Do", "write")]),
    Chart("bars", "Shares", "Big spenders have most.", {}, [SHARES]),
    Chart("bars", "Unseen", "Nothing.", {}, []),
)
WIDE = """\
Shop
 One line,
 another.

Segments
 Segment               Customers
 Big spenders ████████     1,200
 New          █               30
 Gone                          -
- first
- second, which is longer than a narrow page
  has room for
 set back
╭─ Big spenders  ──────────────────────────╮
│ Spend most.                              │
│ Typical  orders 12                       │
│ Do       thank them                      │
│ rough                                    │
╰──────────────────────────  1,200 · 80%  ─╯
╭─ New  ───────────────────────────────────╮
│ Came late.                               │
│ Do  write                                │
╰───────────────────────────────────  30  ─╯
 Shares
 Segment               Customers
 Big spenders ████████     1,200
 New          █               30
 Gone                          -
"""
NARROW = """\
Shop
 One line,
 another.

Segments
 Segment     Customers
 Big             1,200
 spenders
 New                30
 Gone                -
- first
- second, which is
  longer than a narrow
  page has room for
 set back
╭─ Big spenders  ────╮
│ Spend most.        │
│ Typical  orders 12 │
│ Do       thank     │
│          them      │
│ rough              │
╰────  1,200 · 80%  ─╯
╭─ New  ─────────────╮
│ Came late.         │
│ Do  write          │
╰─────────────  30  ─╯
 Shares
 Segment     Customers
 Big             1,200
 spenders
 New                30
 Gone                -
"""
PIPED = """\
Shop
 One line,
 another.

Segments
 Segment               Customers
 Big spenders ████████     1,200
 New          █               30
 Gone                          -
- first
- second, which is longer than a narrow page has room for
 set back
Big spenders - 1,200 · 80%
Spend most.
Typical  orders 12
Do       thank them
rough

New - 30
Came late.
Do  write

 Shares
 Segment               Customers
 Big spenders ████████     1,200
 New          █               30
 Gone                          -
"""


@pytest.mark.parametrize(("width", "page"), [(44, WIDE), (22, NARROW), (None, PIPED)])
def test_a_page_of_every_kind_of_block(width: int | None, page: str) -> None:
    """Bars give way on a narrow page, text wraps behind its mark or label; without a width nothing is framed."""
    assert _render(*PAGE, width=width) == page


def test_the_same_page_in_ascii() -> None:
    frames = str.maketrans("╭╮╰╯─│·█", "++++-|-#")
    assert _render(*PAGE, width=44, ascii_only=True) == WIDE.translate(frames)


def test_the_same_page_in_colour() -> None:
    """Titles, leads and headers are bold, what is set back and labels are dim, and nothing else is."""
    shown = _render(*PAGE, width=44, colour=True)
    assert re.sub("\x1b\\[[0-9;]*m", "", shown) == WIDE
    styled = [(style, text.strip()) for style, text in re.findall("\x1b\\[([12])m(.*?)\x1b\\[0m", shown)]
    header = [("1", "Segment"), ("1", "Customers")]
    assert [one for one in styled if one[1]] == [
        *[("1", "Shop"), ("1", "Segments"), *header, ("2", "set back")],
        *[("1", "Big spenders"), ("1", "Spend most."), ("2", "Typical"), ("2", "Do"), ("2", "rough")],
        *[("1", "New"), ("1", "Came late."), ("2", "Do"), ("2", "Shares"), *header],
    ]


@pytest.mark.parametrize(("share", "bar"), [(1.0, "████████"), (0.5, "████"), (0.56, "████▌"), (0.02, "▏"), (0.0, "")])
def test_bars_are_drawn_to_an_eighth_of_a_column(share: float, bar: str) -> None:
    table = Table([Column("S", align_right=False), Column("", is_bar=True)], [["a", 50.0], ["b", 50 * share]])
    assert _render(table, width=40).splitlines()[2].removeprefix(" b").strip() == bar


def test_nothing_has_no_bar() -> None:
    table = Table([Column("S", align_right=False), Column("", is_bar=True)], [["a", 0.0]])
    assert _render(table, width=40) == " S\n a\n"


def test_markup_and_emoji_are_texts() -> None:
    """As is a number, which no colour sets off."""
    assert "[bold]x[/bold] :smile: 12" in _render(Text(["[bold]x[/bold] :smile: 12"]), width=80, colour=True)


def test_the_last_columns_go_where_numbers_do_not_fit() -> None:
    table = Table(
        [Column("Segment", align_right=False), Column("Customers"), Column("Money")], [["New", "1,200", "30,000.00"]]
    )
    assert _render(table, width=28) == " Segment Customers     Money\n New         1,200 30,000.00\n"
    assert _render(table, width=27) == " Segment Customers\n New         1,200\n"
    assert _render(table, width=18) == " Segment Customers\n New         1,200\n"
    assert _render(table, width=17) == " Segment\n New\n"


# Whatever it is called

NASTY = st.text(max_size=30) | st.sampled_from(
    ["[/x]", "[bold]x", ":smile:", "\x1b[31m", "\u202e", "日本語の名前", "a\nb"]
)


@pytest.mark.bad_input(81, 82)
@settings(max_examples=50, deadline=None)
@given(name=NASTY, width=st.sampled_from([40, 80, None]))
def test_whatever_a_segment_is_called_it_is_shown_and_cannot_act(name: str, width: int | None) -> None:
    shown = _render(
        Heading(name),
        Table([Column("Segment", align_right=False), Column("Customers")], [[name, "17"]]),
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
    assert list_formats() == sorted(p.stem for p in folder.glob("[!_]*.py"))


def test_colour_shows_ratings_only() -> None:
    """Good is green, doubtful yellow and bad red; without colour the text is the same."""
    rows = [
        ["A", RatedText("82% pass", "good")],
        ["B", RatedText("5% warn", "doubtful")],
        ["C", RatedText("0% fail", "bad")],
    ]
    result = Result(pd.DataFrame(), dict, (Table([Column("Segment", align_right=False), Column("Durable")], rows),))
    coloured, plain = (table.render(result, Page(has_colour=has_colour)) for has_colour in (True, False))
    for code, text in (("32", "82% pass"), ("33", "5% warn"), ("31", "0% fail")):
        assert f"\x1b[{code}m" in next(line for line in coloured.splitlines() if text in line)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
