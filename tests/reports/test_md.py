"""Markdown: every kind of block, as its source looks; that texts cannot act is held by test_safe.py."""

import pandas as pd
import pytest

from segcli.reports.blocks import Block, Card, Chart, Column, Heading, Result, Table, Text
from segcli.reports.formats import Page, md

SHARES = Table(
    [Column("Segment", align_right=False), Column("", is_bar=True), Column("Customers")],
    [["Big spenders", 0.8, "1,200"], ["", 0.0, "30"]],
)
TABLE = """\
| Segment | Customers |
| --- | ---: |
| Big spenders | 1,200 |
|   | 30 |
"""
CHART = Chart("bars", "Shares", "Big spenders have most.", {}, [SHARES])


def rendered(*blocks: Block, links: str = "") -> str:
    return md.render(Result(pd.DataFrame(), dict, blocks), Page(charts_path=links))


@pytest.mark.parametrize(
    ("block", "source"),
    [
        (Heading("Shop", 1), "# Shop\n"),
        (Heading("Segments", 3), "### Segments\n"),
        (Text(["One line,", "another,", "a third."]), "One line,  \nanother,  \na third.\n"),
        (Text(["one", "two", "three"], has_bullets=True), "- one\n- two\n- three\n"),
        (SHARES, TABLE),
        (
            Card("New", "30", "Came late.", [("Typical", "orders 1"), ("Do", "write")], "rough"),
            "#### New\n\n30  \nCame late.\n\n- **Typical**: orders 1\n- **Do**: write\n\n*rough*\n",
        ),
        (Card("New", "30", "Came late.", [("Do", "write")]), "#### New\n\n30  \nCame late.\n\n- **Do**: write\n"),
        (CHART, f"*Shares*\n\n{TABLE}"),
    ],
)
def test_a_block_is_written_as_people_write_it(block: Block, source: str) -> None:
    assert rendered(block) == source


def test_a_blank_line_stands_between_blocks_and_nothing_where_there_is_nothing_to_show() -> None:
    unseen = Chart("bars", "Unseen", "Nothing.", {}, [])
    assert rendered(Heading("A"), unseen, Text(["b"])) == "## A\n\nb\n"


def test_pictures_are_linked_in_their_order_with_what_they_say() -> None:
    """The sentence stands for who cannot see the picture, the numbers under it for who wants them."""
    shown = rendered(Heading("A"), CHART, Chart("heat_map", "Map", "Warm.", {}, [SHARES, SHARES]), links="shop-charts")
    first = f"![Big spenders have most.](shop-charts/01-bars.svg)\n\n*Shares*\n\n{TABLE}"
    second = f"![Warm.](shop-charts/02-heat-map.svg)\n\n*Map*\n\n{TABLE}\n{TABLE}"
    assert shown == f"## A\n\n{first}\n{second}"


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="zip"):
        rendered(Table([Column("a"), Column("b")], [["1"]]))
