"""For the eye in a terminal: aligned columns, bars, framed cards; plain aligned text when piped."""

import io
from collections.abc import Iterable

from rich.box import ASCII, ROUNDED
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text as Styled

from segcli.reports import blocks, safe
from segcli.reports.blocks import Block, Card, Chart, Column, Heading, Table
from segcli.reports.formats import Page
from segcli.reports.result import Result
from segcli.reports.safe import printable

INDENT = (0, 0, 0, 1)  # one column to the left
BARS = (8, 4)  # columns of a full bar, on wide and on narrow pages
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
            for line in lines:
                shown = Styled(printable(line), style="dim" if quiet else "")
                yield _after("- ", shown) if bullets else Padding(shown, INDENT)
        case Table():
            yield Padding(_grid(block, page), INDENT)
        case Card():
            yield _card(block, page)
        case Chart(title=title, instead=instead):
            if instead:
                yield Padding(Styled(printable(title), style="dim"), INDENT)
            for rows in instead:
                yield Padding(_grid(rows, page), INDENT)


def _after(mark: str, text: Styled) -> Grid:
    """A text behind a mark, all its lines."""
    row = Grid.grid()
    row.add_row(mark, text)
    return row


def _grid(table: Table, page: Page) -> Grid:
    """A frameless table; on a narrow page bars give way first, then text wraps at words, then last columns go."""
    bar = next((size for size in BARS if page.width is None or _natural_width(table, size) <= page.width), 0)
    shown = _fitting(table, [place for place, column in enumerate(table.columns) if bar or not column.bar], page)
    longest = max((float(row[i]) for row in table.rows for i in shown if table.columns[i].bar), default=1.0)
    grid = Grid(box=None, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for place in shown:
        column = table.columns[place]
        grid.add_column(
            Styled(column.title),
            justify="right" if column.right and not column.bar else "left",
            no_wrap=column.right,
            min_width=bar if column.bar else _least_width(table, place),
        )
    for row in table.rows:
        cells = [_cell(row[place], table.columns[place], longest, bar, page) for place in shown]
        grid.add_row(*map(Styled, cells))
    return grid


def _fitting(table: Table, places: list[int], page: Page) -> list[int]:
    """The columns that fit whole: numbers are never cut."""
    while page.width is not None and len(places) > 1:
        if sum((BARS[-1] if table.columns[p].bar else _least_width(table, p)) + 1 for p in places) <= page.width:
            break
        places = places[:-1]
    return places


def _least_width(table: Table, place: int) -> int:
    """The longest piece of a column that may not be broken: a word of text, a whole number."""
    column = table.columns[place]
    cells = [column.title, *(safe.cell(row[place]) for row in table.rows)]
    pieces = cells if column.right else [word for cell in cells for word in cell.split()]
    return max(map(cell_len, pieces), default=0)


def _natural_width(table: Table, bar: int) -> int:
    """Columns the table needs when nothing wraps."""
    widths = [
        bar if column.bar else max(map(cell_len, [column.title, *(safe.cell(row[place]) for row in table.rows)]))
        for place, column in enumerate(table.columns)
    ]
    return sum(widths) + len(widths)


def _cell(value: str | float, column: Column, longest: float, bar: int, page: Page) -> str:
    return _bar(float(value) / (longest or 1.0), bar, page) if column.bar else safe.cell(value)


def _bar(share: float, size: int, page: Page) -> str:
    if page.ascii:
        return "#" * round(share * size)
    eighths = round(share * size * 8)
    return "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")


def _card(card: Card, page: Page) -> RenderableType:
    fact = printable(card.fact).replace("·", "-") if page.ascii else printable(card.fact)
    body = Grid.grid(padding=(0, 2))
    for name, text in card.lines:
        body.add_row(Styled(printable(name), style="dim"), Styled(printable(text)))
    lead = Styled(printable(card.lead), style="bold")
    framed = Grid.grid()
    framed.add_row(lead)
    framed.add_row(body)
    if card.footer:
        framed.add_row(Styled(printable(card.footer), style="dim"))
    if page.width is None:
        title = Styled(f"{printable(card.title)} - {fact}")
        framed_plain = Grid.grid()
        for part in (title, framed, Styled("")):
            framed_plain.add_row(part)
        return framed_plain
    return Panel(
        framed,
        title=Styled(f"{printable(card.title)} ", style="bold"),
        title_align="left",
        subtitle=Styled(f" {fact} "),
        subtitle_align="right",
        box=ASCII if page.ascii else ROUNDED,
        width=page.width,
    )
