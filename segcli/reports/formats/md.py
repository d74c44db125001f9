"""Markdown (CommonMark with tables), in which nothing that came from a file can act as markup."""

from collections.abc import Sequence

from segcli.reports import charts
from segcli.reports.blocks import Block, Card, Chart, Heading, Table, Text
from segcli.reports.formats import Page
from segcli.reports.result import Result
from segcli.reports.safe import markdown


def render(result: Result, page: Page) -> str:
    """The blocks; pictures where the page has them."""
    pictures = charts.numbered(result.blocks) if page.charts else []
    links = {id(chart): f"{page.charts}/{name}" for name, chart in pictures}
    shown = (
        _picture(block, links.get(id(block))) if isinstance(block, Chart) else _block(block) for block in result.blocks
    )
    return "\n\n".join(filter(None, shown)) + "\n"


def _picture(chart: Chart, link: str | None) -> str:
    """The picture, the title and the numbers; without the first two where there is nothing to call by them."""
    if link:
        alone = f"![{markdown(chart.says)}]({link})\n\n*{markdown(chart.title)}*"
        return "\n\n".join([alone, *map(_block, chart.instead)])
    return _block(chart)


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {markdown(text)}"
        case Text(lines, bullets=bullets):
            return ("\n- " if bullets else "  \n").join(
                ["- " * bullets + markdown(lines[0]), *map(markdown, lines[1:])]
            )
        case Table(columns):
            shown = [column for column in columns if not column.bar]
            return _table([column.title for column in shown], _rows(block), [column.right for column in shown])
        case Card():
            return _card(block)
        case Chart(title=title, instead=instead):
            return "\n\n".join([f"*{markdown(title)}*", *map(_block, instead)]) if instead else ""


def _rows(table: Table) -> list[list[str]]:
    """Without the bars: their numbers stand in the column beside them."""
    return [[str(cell) for cell, c in zip(row, table.columns, strict=True) if not c.bar] for row in table.rows]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    lines = [titles, ["---:" if r else "---" for r in right], *rows]
    cells = [line if place == 1 else [markdown(cell) or " " for cell in line] for place, line in enumerate(lines)]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _card(card: Card) -> str:
    lines = [f"#### {markdown(card.title)}", "", f"{markdown(card.fact)}  ", markdown(card.lead), ""]
    lines += [f"- **{markdown(name)}**: {markdown(text)}" for name, text in card.lines]
    return "\n".join([*lines, *(["", f"*{markdown(card.footer)}*"] if card.footer else [])])
