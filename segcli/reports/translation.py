"""Translation of results: the same blocks in another language, or with labels in place of names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from segcli.i18n.catalogue import Catalogue
from segcli.message import JoinedMessage, Message, fill_template, format_english, numeric_count
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


class Translator(Protocol):
    """Anything that replaces a text of a block."""

    def translate(self, text: str) -> str:
        """Return the text to show instead."""


@dataclass(frozen=True)
class Labels:
    """Labels of columns and segments: data that equal a name are shown by its label, in messages too.

    >>> from segcli.message import message
    >>> Labels({"q09": "skiing"}).translate(message("less {label}", label="q09"))
    'less skiing'
    """

    label_by_name: Mapping[str, str]

    def translate(self, text: str) -> str:
        """Return the label of a name; a message with the labels of its values; any other text unchanged."""
        if isinstance(text, Message):
            return self._relabel_message(text)
        if isinstance(text, JoinedMessage):
            parts = tuple(map(self.translate, text.parts))
            return JoinedMessage(text.separator.join(parts), text.separator, parts)
        return self.label_by_name.get(text, text)

    def _relabel_message(self, text: Message) -> Message:
        values = {
            name: self.translate(value) if isinstance(value, str) else value for name, value in text.values.items()
        }
        is_plural = bool(text.plural) and numeric_count(text.values["count"]) != 1
        template = text.plural if is_plural else text.template
        relabelled = Message(fill_template(template, values, format_english), text.template, text.plural, values)
        relabelled.is_detail = text.is_detail
        return relabelled if text.template and values else text


def apply_labels(result: Result, labels: Labels) -> Result:
    """Return the result with labels in place of names; rows and envelope, which programs read, stay unchanged."""
    return replace(result, blocks=tuple(_translate_block(block, labels) for block in result.blocks))


def translate_result(result: Result, language: Catalogue) -> Result:
    """Return the result with translated blocks; rows and envelope, which programs read, stay unchanged."""
    if language.is_english:
        return result
    return replace(result, blocks=tuple(_translate_block(block, language) for block in result.blocks))


def _translate_block(block: Block, language: Translator) -> Block:
    match block:
        case Heading(text):
            return replace(block, text=language.translate(text))
        case Text(lines):
            return replace(block, lines=[language.translate(line) for line in lines])
        case Table():
            return _translate_table(block, language)
        case Card():
            return _translate_card(block, language)
        case Tiles() | Statements() | Details():
            return _translate_group(block, language)
        case Chart():
            return replace(
                block,
                title=language.translate(block.title),
                alt_text=language.translate(block.alt_text),
                data=_translate_chart_data(block.data, language),
                fallback_tables=[_translate_table(table, language) for table in block.fallback_tables],
                links={anchor: language.translate(text) for anchor, text in block.links.items()},
            )


def _translate_card(card: Card, language: Translator) -> Card:
    def translate_lines(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(language.translate(name), language.translate(text)) for name, text in lines]

    return replace(
        card,
        title=language.translate(card.title),
        fact=language.translate(card.fact),
        lead=language.translate(card.lead),
        lines=translate_lines(card.lines),
        footer=language.translate(card.footer),
        bars=[(language.translate(text), length) for text, length in card.bars],
        detail_lines=translate_lines(card.detail_lines),
    )


def _translate_group(block: Tiles | Statements | Details, language: Translator) -> Block:
    """Return a block of several parts with the texts of its parts translated."""
    match block:
        case Tiles(tiles, titles):
            translated_tiles = [replace(tile, **_translate_texts(tile, language)) for tile in tiles]
            return Tiles(translated_tiles, [language.translate(title) for title in titles])
        case Statements(title, items, notes):
            translated_items = [replace(item, **_translate_texts(item, language)) for item in items]
            return Statements(language.translate(title), translated_items, [language.translate(note) for note in notes])
        case Details(title, blocks):
            inner_blocks = [_translate_block(inner_block, language) for inner_block in blocks]
            return replace(block, title=language.translate(title), blocks=inner_blocks)


def _translate_texts(part: Tile | Statement, language: Translator) -> dict[str, Any]:
    return {
        name: language.translate(value)
        for name, value in vars(part).items()
        if isinstance(value, str) and name != "anchor"
    }


def _translate_chart_data(value: Any, language: Translator) -> Any:  # noqa: ANN401 - chart data of any type
    if isinstance(value, str):
        return language.translate(value)
    if isinstance(value, Mapping):
        return {
            key: inner_value if str(key).endswith("_kind") else _translate_chart_data(inner_value, language)
            for key, inner_value in value.items()
        }
    if isinstance(value, list | tuple):
        return [_translate_chart_data(inner_value, language) for inner_value in value]
    return value


def _translate_table(table: Table, language: Translator) -> Table:
    columns = [replace(column, title=language.translate(column.title)) for column in table.columns]
    rows = [[_translate_cell(cell, language) for cell in row] for row in table.rows]
    return replace(table, columns=columns, rows=rows)


def _translate_cell(cell: str | float, language: Translator) -> str | float:
    if isinstance(cell, RatedText):
        return RatedText(language.translate(cell.text), cell.rating)
    return language.translate(cell) if isinstance(cell, str) else cell
