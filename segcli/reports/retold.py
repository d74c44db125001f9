"""A result in another language: the same blocks, their texts and figures retold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segcli.languages.language import Language
from segcli.reports.blocks import Block, Card, Chart, Column, Heading, Table, Text
from segcli.reports.numbers import Figure
from segcli.reports.result import Result


def retold(result: Result, language: Language) -> Result:
    """What people are shown, in a language; rows and envelope, which programs read, stay as they are."""
    if language.tells_english:
        return result
    return replace(result, blocks=tuple(_block(block, language) for block in result.blocks))


def _block(block: Block, language: Language) -> Block:
    match block:
        case Heading(text, level):
            return Heading(language.title(text), level)
        case Text(lines):
            return replace(block, lines=[language.tell(line) for line in lines])
        case Table():
            return _table(block, language)
        case Card():
            return Card(
                block.title,
                language.tell(block.fact),
                language.tell(block.lead),
                [(language.title(name), language.tell(text)) for name, text in block.lines],
                language.tell(block.footer),
            )
        case Chart():
            tables = [_table(one, language) for one in block.instead]
            drawn = {name: _drawn(name, value, language) for name, value in block.data.items()}
            told = {"title": language.tell(block.title), "says": language.tell(block.says)}
            return replace(block, **told, data=drawn, instead=tables)


def _drawn(name: str, value: Any, language: Language) -> Any:  # noqa: ANN401 - what charts are drawn from
    """What a chart writes; the same text is told in the same way, so that what belongs together still does."""
    if isinstance(value, str):
        return value if name.endswith("_kind") else language.tell(value)
    if isinstance(value, Mapping):
        return {inner: _drawn(inner, one, language) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [_drawn(name, one, language) for one in value]
    return value


def _table(table: Table, language: Language) -> Table:
    columns = [replace(column, title=language.title(column.title)) for column in table.columns]
    rows = [[_cell(*pair, language) for pair in zip(row, table.columns, strict=True)] for row in table.rows]
    return Table(columns, rows)


def _cell(value: str | float, column: Column, language: Language) -> str | float:
    """Figures stand to the right; what looks like one to the left is a name, or a setting to be typed again."""
    if isinstance(value, Figure):
        return Figure(language.figures.told(value) or value, value.number)
    if not isinstance(value, str):
        return value
    return (language.figures.told(value) if column.right else None) or language.cell(value)
