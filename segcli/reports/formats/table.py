"""For the eye in a terminal: aligned columns, bars, framed cards; plain aligned text when piped."""

import io
from collections.abc import Iterable

from rich.box import ASCII, ROUNDED
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text as Styled

from segcli.reports import blocks, safe
from segcli.reports.blocks import Block, Card, Heading, Table
from segcli.reports.formats import Page
from segcli.reports.result import Result
from segcli.reports.safe import printable

BAR = 8  # columns of a full bar
UNLIMITED = 10_000  # a pipe has no width: nothing is wrapped or cut


def render(result: Result, page: Page) -> str:
    """The blocks."""
    text = io.StringIO()
    console = Console(
        file=text,
        width=page.width or UNLIMITED,
        force_terminal=page.colour,
        color_system="standard" if page.colour else None,
        no_color=not page.colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for block in result.blocks:
        for line in _block(block, page):
            console.print(line)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _block(block: Block, page: Page) -> Iterable[RenderableType]:
    match block:
        case Heading(text):
            yield ""
            yield Styled(printable(text), style="bold")
        case blocks.Text(lines, quiet, bullets):
            mark = "- " if bullets else " "
            yield from (Styled(mark + printable(line), style="dim" if quiet else "") for line in lines)
        case Table():
            yield _grid(block, page)
        case Card():
            yield _card(block, page)


def _grid(table: Table, page: Page) -> Grid:
    grid = Grid(box=None, pad_edge=False, show_edge=False, padding=(0, 1), header_style="bold")
    longest = max((float(row[i]) for row in table.rows for i, c in enumerate(table.columns) if c.bar), default=1.0)
    for column in table.columns:
        justify = "right" if column.right and not column.bar else "left"
        grid.add_column(Styled(" " + column.title if not grid.columns else column.title), justify=justify)
    for row in table.rows:
        cells = [
            _bar(float(cell) / (longest or 1.0), page) if column.bar else (" " if place == 0 else "") + safe.cell(cell)
            for place, (cell, column) in enumerate(zip(row, table.columns, strict=True))
        ]
        grid.add_row(*(Styled(cell) for cell in cells))
    return grid


def _bar(share: float, page: Page) -> str:
    if page.ascii:
        return "#" * round(share * BAR)
    eighths = round(share * BAR * 8)
    return "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")


def _card(card: Card, page: Page) -> RenderableType:
    body = Grid.grid(padding=(0, 2))
    for name, text in card.lines:
        body.add_row(Styled(printable(name), style="dim"), Styled(printable(text)))
    lead = Styled(printable(card.lead), style="bold")
    framed = Grid.grid()
    framed.add_row(lead)
    framed.add_row(body)
    if page.width is None:
        title = Styled(f"{printable(card.title)} - {printable(card.fact)}")
        framed_plain = Grid.grid()
        for part in (title, framed, Styled("")):
            framed_plain.add_row(part)
        return framed_plain
    return Panel(
        framed,
        title=Styled(f"{printable(card.title)} ", style="bold"),
        title_align="left",
        subtitle=Styled(f" {printable(card.fact)} "),
        subtitle_align="right",
        box=ASCII if page.ascii else ROUNDED,
        width=page.width,
    )
