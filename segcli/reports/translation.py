"""Translation of results: the same blocks with messages and numbers in another language."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segcli.i18n.catalogue import Catalogue
from segcli.reports.blocks import (
    Block,
    Card,
    Chart,
    Details,
    Heading,
    RatedText,
    Result,
    Statement,
    Statements,
    Table,
    Text,
    Tile,
    Tiles,
)


def translate_result(result: Result, language: Catalogue) -> Result:
    """Return the result with translated blocks; rows and envelope, which programs read, stay unchanged."""
    if language.is_english:
        return result
    return replace(result, blocks=tuple(_translate_block(block, language) for block in result.blocks))


def _translate_block(block: Block, language: Catalogue) -> Block:
    match block:
        case Heading(text):
            return replace(block, text=language.translate(text))
        case Text(lines):
            return replace(block, lines=[language.translate(line) for line in lines])
        case Table():
            return _translate_table(block, language)
        case Card():
            return Card(
                language.translate(block.title),
                language.translate(block.fact),
                language.translate(block.lead),
                [(language.translate(name), language.translate(text)) for name, text in block.lines],
                language.translate(block.footer),
            )
        case Tiles() | Statements() | Details():
            return _translate_group(block, language)
        case Chart():
            return replace(
                block,
                title=language.translate(block.title),
                alt_text=language.translate(block.alt_text),
                data=_translate_chart_data(block.data, language),
                fallback_tables=[_translate_table(table, language) for table in block.fallback_tables],
            )


def _translate_group(block: Tiles | Statements | Details, language: Catalogue) -> Block:
    """Return a block of several parts with the texts of its parts translated."""
    match block:
        case Tiles(tiles, titles):
            translated_tiles = [replace(tile, **_translate_texts(tile, language)) for tile in tiles]
            return Tiles(translated_tiles, [language.translate(title) for title in titles])
        case Statements(items):
            return Statements([replace(item, **_translate_texts(item, language)) for item in items])
        case Details(title, blocks):
            inner_blocks = [_translate_block(inner_block, language) for inner_block in blocks]
            return replace(block, title=language.translate(title), blocks=inner_blocks)


def _translate_texts(part: Tile | Statement, language: Catalogue) -> dict[str, Any]:
    return {name: language.translate(value) for name, value in vars(part).items() if isinstance(value, str)}


def _translate_chart_data(value: Any, language: Catalogue) -> Any:  # noqa: ANN401 - chart data of any type
    if isinstance(value, str):
        return language.translate(value)
    if isinstance(value, Mapping):
        return {key: _translate_chart_data(inner_value, language) for key, inner_value in value.items()}
    if isinstance(value, list | tuple):
        return [_translate_chart_data(inner_value, language) for inner_value in value]
    return value


def _translate_table(table: Table, language: Catalogue) -> Table:
    columns = [replace(column, title=language.translate(column.title)) for column in table.columns]
    rows = [[_translate_cell(cell, language) for cell in row] for row in table.rows]
    return Table(columns, rows)


def _translate_cell(cell: str | float, language: Catalogue) -> str | float:
    if isinstance(cell, RatedText):
        return RatedText(language.translate(cell.text), cell.rating)
    return language.translate(cell) if isinstance(cell, str) else cell
