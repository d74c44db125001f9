"""Markdown (CommonMark with tables); text from input files is escaped and cannot act as markup."""

from collections.abc import Sequence

from segcli.formatting import escape_markdown
from segcli.reports import charts
from segcli.reports.blocks import (
    Block,
    Card,
    Chart,
    Details,
    Heading,
    Result,
    Statement,
    Statements,
    Table,
    Text,
    Tiles,
    iterate_blocks,
)
from segcli.reports.formats import Page

STATEMENTS_LEVEL, DETAILS_LEVEL = 3, 4  # levels of the headings of these blocks


def render(result: Result, page: Page) -> str:
    """Return the blocks as Markdown; charts link to pictures if the page has them."""
    numbered_charts = charts.number_charts(result.blocks) if page.charts_path else []
    link_by_chart = {id(chart): f"{page.charts_path}/{name}.svg" for name, chart in numbered_charts}
    rendered_blocks = (
        _render_picture(block, link_by_chart.get(id(block))) if isinstance(block, Chart) else _render_block(block)
        for block in iterate_blocks(result.blocks)
    )
    return "\n\n".join(filter(None, rendered_blocks)) + "\n"


def _render_picture(chart: Chart, link: str | None) -> str:
    """Return the picture, its title and the numbers; without a link, render the chart as a block."""
    if link:
        picture = f"![{escape_markdown(chart.alt_text)}]({link})\n\n*{escape_markdown(chart.title)}*"
        return "\n\n".join([picture, *map(_render_block, chart.fallback_tables)])
    return _render_block(chart)


def _render_block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape_markdown(text)}"
        case Text(lines, has_bullets=bullets):
            return ("\n- " if bullets else "  \n").join(
                ["- " * bullets + escape_markdown(lines[0]), *map(escape_markdown, lines[1:])]
            )
        case Table(columns):
            visible_columns = [column for column in columns if not column.is_bar]
            return _render_table(
                [column.title for column in visible_columns],
                _text_rows(block),
                [column.align_right for column in visible_columns],
            )
        case Card():
            return _render_card(block)
        case Tiles() | Statements() | Details():
            return _render_group(block)
        case Chart(title=title, fallback_tables=instead):
            return "\n\n".join([f"*{escape_markdown(title)}*", *map(_render_block, instead)]) if instead else ""


def _render_group(block: Tiles | Statements | Details) -> str:
    """Return a block of several parts; the blocks inside of details follow by themselves."""
    match block:
        case Tiles():
            return _render_block(block.to_table())
        case Statements(title, items, notes):
            listed = "\n".join(f"{number}. {_render_statement(item)}" for number, item in enumerate(items, start=1))
            parts = [f"{'#' * STATEMENTS_LEVEL} {escape_markdown(title)}", listed, *map(escape_markdown, notes)]
            return "\n\n".join(parts)
        case Details(title):
            return f"{'#' * DETAILS_LEVEL} {escape_markdown(title)}"


def _render_statement(item: Statement) -> str:
    text = escape_markdown(item.text)
    return f"{text}  \n   *{escape_markdown(item.detail)}*" if item.detail else text


def _text_rows(table: Table) -> list[list[str]]:
    """Return the rows without bar columns, whose numbers are in the next column."""
    return [
        [str(cell) for cell, column in zip(row, table.columns, strict=True) if not column.is_bar] for row in table.rows
    ]


def _render_table(titles: Sequence[str], rows: Sequence[Sequence[str]], align_right: Sequence[bool]) -> str:
    lines = [titles, ["---:" if is_right else "---" for is_right in align_right], *rows]
    cells = [
        line if position == 1 else [escape_markdown(cell) or " " for cell in line]
        for position, line in enumerate(lines)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _render_card(card: Card) -> str:
    lines = [
        f"#### {escape_markdown(card.title)}",
        "",
        f"{escape_markdown(card.fact)}  ",
        escape_markdown(card.lead),
        "",
    ]
    lines += [f"- {escape_markdown(text)}" for text, _ in card.bars]
    lines += [f"- **{escape_markdown(name)}**: {escape_markdown(text)}" for name, text in card.all_lines]
    return "\n".join([*lines, *(["", f"*{escape_markdown(card.footer)}*"] if card.footer else [])])
