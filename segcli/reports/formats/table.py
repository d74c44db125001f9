"""Terminal output: aligned columns, bars and framed cards; plain aligned text when piped."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich.box import ASCII, ROUNDED
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as Grid
from rich.text import Text as Styled

from segcli import formatting
from segcli.formatting import escape_unprintable
from segcli.reports import blocks
from segcli.reports.blocks import (
    Block,
    Card,
    Chart,
    Column,
    Details,
    Heading,
    RatedText,
    Result,
    Statement,
    Statements,
    Table,
    Tiles,
)
from segcli.reports.formats import Page

INDENT = (0, 0, 0, 1)  # padding of one column on the left
BAR_WIDTHS = (8, 4, 3)  # width of a full bar, on wide and on narrow pages
RATING_STYLES = {"good": "green", "doubtful": "yellow", "bad": "red"}
LONGEST_WORD = 24  # width from which words of a narrow page are folded
UNLIMITED_WIDTH = 10_000  # a pipe has no width: nothing is wrapped or truncated


def render(result: Result, page: Page) -> str:
    """Return the blocks as text."""
    text = io.StringIO()
    console = Console(
        file=text,
        width=page.width or UNLIMITED_WIDTH,
        force_terminal=page.has_colour,
        color_system="standard" if page.has_colour else None,
        no_color=not page.has_colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for block in blocks.iterate_blocks(result.blocks):
        for line in _render_block(block, page):
            console.print(line)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _render_block(block: Block, page: Page) -> Iterable[RenderableType]:
    match block:
        case Heading(text) | Details(title=text):
            yield from ("", Styled(escape_unprintable(text), style="bold"))
        case blocks.Text():
            yield from _render_lines(block)
        case Table():
            yield Padding(_build_grid(block, page), INDENT)
        case Card():
            yield _render_card(block, page)
        case Tiles():
            yield Padding(_build_grid(block.to_table(), page), INDENT)
        case Statements():
            yield from _render_statements(block)
        case Chart(title=title, fallback_tables=instead):
            if instead:
                yield Padding(Styled(escape_unprintable(title), style="dim"), INDENT)
            for rows in instead:
                yield Padding(_build_grid(rows, page), INDENT)


def _render_lines(block: blocks.Text) -> Iterable[RenderableType]:
    for line in block.lines:
        styled_text = Styled(escape_unprintable(line), style="dim" if block.is_quiet else "")
        yield _prefix_text("- ", styled_text) if block.has_bullets else Padding(styled_text, INDENT)


def _render_statements(block: Statements) -> Iterable[RenderableType]:
    yield from ("", Styled(escape_unprintable(block.title), style="bold"))
    yield from (_render_statement(number, item) for number, item in enumerate(block.items, start=1))
    yield from _render_lines(blocks.Text(block.notes, is_quiet=True))


def _render_statement(number: int, item: Statement) -> Grid:
    lines = Grid.grid()
    lines.add_row(Styled(escape_unprintable(item.text)))
    if item.detail:
        lines.add_row(Styled(escape_unprintable(item.detail), style="dim"))
    row = Grid.grid()
    row.add_row(f" {number}. ", lines)
    return row


def _prefix_text(mark: str, styled_text: Styled) -> Grid:
    """Return a text with a mark in front of its first line; the other lines are indented."""
    row = Grid.grid()
    row.add_row(mark, styled_text)
    return row


def _build_grid(table: Table, page: Page) -> Grid:
    """Build a table without a frame.

    On narrow pages, in this order: titles of numbers wrap, bars are dropped, text wraps, last columns are dropped.
    """
    if page.width is not None and _natural_table_width(table, BAR_WIDTHS[0]) > page.width:
        table = replace(table, columns=[_wrap_title(column) for column in table.columns])
    bar_width = next(
        (
            full_width
            for full_width in BAR_WIDTHS
            if page.width is None or _natural_table_width(table, full_width) <= page.width
        ),
        0,
    )
    visible_columns = _fit_columns(
        table, [position for position, column in enumerate(table.columns) if bar_width or not column.is_bar], page
    )
    longest_bar = max(
        (float(row[i]) for row in table.rows for i in visible_columns if table.columns[i].is_bar), default=1.0
    )
    grid = Grid(box=None, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    widths = _share_width(table, visible_columns, bar_width, page)
    for position in visible_columns:
        column = table.columns[position]
        grid.add_column(
            Styled(column.title),
            justify="right" if column.align_right and not column.is_bar else "left",
            no_wrap=column.align_right,
            overflow="ellipsis" if column.align_right else "fold",
            width=widths[position],
        )
    for row in table.rows:
        cells = [
            _render_cell(row[position], table.columns[position], longest_bar, bar_width, page)
            for position in visible_columns
        ]
        styles = [_cell_style(row[position]) for position in visible_columns]
        grid.add_row(*(Styled(text, style=style) for text, style in zip(cells, styles, strict=True)))
    return grid


def _cell_style(cell_value: str | float) -> str:
    """Return the colour of a rated text; all other texts have none."""
    return RATING_STYLES[cell_value.rating] if isinstance(cell_value, RatedText) else ""


def _wrap_title(column: Column) -> Column:
    """Return the column with one word of its title per line, if it holds numbers."""
    return replace(column, title="\n".join(column.title.split())) if column.align_right else column


def _fit_columns(table: Table, positions: list[int], page: Page) -> list[int]:
    """Return the columns that fit completely, because numbers are never truncated."""
    while page.width is not None and len(positions) > 1:
        if (
            sum(
                (BAR_WIDTHS[-1] if table.columns[position].is_bar else _min_column_width(table, position)) + 1
                for position in positions
            )
            <= page.width
        ):
            break
        positions = positions[:-1]
    return positions


def _share_width(table: Table, positions: Sequence[int], bar_width: int, page: Page) -> dict[int, int]:
    """Return the width of each column: its natural width if the page has room, and never less than its minimum.

    Columns that need more than their minimum share the rest of a narrow page equally.
    """
    natural_widths = {position: _natural_column_width(table, position, bar_width) for position in positions}
    if page.width is None:
        return natural_widths
    widths = {
        position: bar_width if table.columns[position].is_bar else _min_column_width(table, position)
        for position in positions
    }
    spare_width = max(page.width - sum(width + 1 for width in widths.values()), 0)
    by_need = sorted(positions, key=lambda position: natural_widths[position] - widths[position])
    for index, position in enumerate(by_need):
        extra_width = min(natural_widths[position] - widths[position], spare_width // (len(by_need) - index))
        widths[position] += extra_width
        spare_width -= extra_width
    return widths


def _natural_column_width(table: Table, position: int, bar_width: int) -> int:
    """Return the width of a column without wrapping, in terminal columns."""
    column = table.columns[position]
    if column.is_bar:
        return bar_width
    cells = [*column.title.split("\n"), *(_format_text(row[position], column) for row in table.rows)]
    return max(map(cell_len, cells))


def _min_column_width(table: Table, position: int) -> int:
    """Return the width of the longest piece of a column that stays on one line: a word of text, a complete number.

    Longer words, such as paths, are folded, so that they do not displace the next column.
    """
    column = table.columns[position]
    cells = [*column.title.split("\n"), *(_format_text(row[position], column) for row in table.rows)]
    if column.align_right:
        return max(map(cell_len, cells), default=0)
    return min(max((cell_len(word) for cell in cells for word in cell.split()), default=0), LONGEST_WORD)


def _natural_table_width(table: Table, bar_width: int) -> int:
    """Return the width of the table without wrapping, in terminal columns."""
    widths = [_natural_column_width(table, position, bar_width) for position in range(len(table.columns))]
    return sum(widths) + len(widths)


def _render_cell(cell_value: str | float, column: Column, longest_bar: float, bar_width: int, page: Page) -> str:
    return (
        _render_bar(float(cell_value) / (longest_bar or 1.0), bar_width, page)
        if column.is_bar
        else _format_text(cell_value, column)
    )


def _format_text(cell_value: str | float, column: Column) -> str:
    return escape_unprintable(cell_value) if column.has_messages else formatting.escape_cell(cell_value)


def _render_bar(share: float, bar_width: int, page: Page) -> str:
    if page.is_ascii:
        return "#" * round(share * bar_width)
    eighths = round(share * bar_width * 8)
    return "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")


def _render_card(card: Card, page: Page) -> RenderableType:
    fact = escape_unprintable(card.fact).replace("·", "-") if page.is_ascii else escape_unprintable(card.fact)
    body = Grid.grid(padding=(0, 2))
    for name, text in card.all_lines:
        body.add_row(Styled(escape_unprintable(name), style="dim"), Styled(escape_unprintable(text)))
    lead = Styled(escape_unprintable(card.lead), style="bold")
    frame = Grid.grid()
    frame.add_row(lead)
    frame.add_row(body)
    if card.footer:
        frame.add_row(Styled(escape_unprintable(card.footer), style="dim"))
    if page.width is None:
        title = Styled(f"{escape_unprintable(card.title)} - {fact}")
        plain_frame = Grid.grid()
        for part in (title, frame, Styled("")):
            plain_frame.add_row(part)
        return plain_frame
    return Panel(
        frame,
        title=Styled(f"{escape_unprintable(card.title)} ", style="bold"),
        title_align="left",
        subtitle=Styled(f" {fact} "),
        subtitle_align="right",
        box=ASCII if page.is_ascii else ROUNDED,
        width=page.width,
    )
