"""Translation of results: the same blocks with texts and numbers in another language."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segcli.formatting import FormattedNumber
from segcli.i18n.catalogue import Catalogue
from segcli.reports.blocks import Block, Card, Chart, Column, Heading, Result, Table, Text


def translate_result(result: Result, language: Catalogue) -> Result:
    """Return the result with translated blocks; rows and envelope, which programs read, stay unchanged."""
    if language.is_english:
        return result
    return replace(result, blocks=tuple(_translate_block(block, language) for block in result.blocks))


def _translate_block(block: Block, language: Catalogue) -> Block:
    match block:
        case Heading(text, level):
            return Heading(language.translate_title(text), level)
        case Text(lines):
            return replace(block, lines=[language.translate_text(line) for line in lines])
        case Table():
            return _translate_table(block, language)
        case Card():
            return Card(
                block.title,
                language.translate_text(block.fact),
                language.translate_text(block.lead),
                [(language.translate_title(name), language.translate_text(text)) for name, text in block.lines],
                language.translate_text(block.footer),
            )
        case Chart():
            fallback_tables = [_translate_table(table, language) for table in block.fallback_tables]
            chart_data = {name: _translate_chart_data(name, value, language) for name, value in block.data.items()}
            translated_texts = {
                "title": language.translate_text(block.title),
                "alt_text": language.translate_text(block.alt_text),
            }
            return replace(block, **translated_texts, data=chart_data, fallback_tables=fallback_tables)


def _translate_chart_data(data_key: str, value: Any, language: Catalogue) -> Any:  # noqa: ANN401 - chart data of any type
    """Translate the texts in chart data; equal texts get equal translations, so that references still match."""
    if isinstance(value, str):
        return value if data_key.endswith("_kind") else language.translate_text(value)
    if isinstance(value, Mapping):
        return {
            inner_key: _translate_chart_data(inner_key, inner_value, language)
            for inner_key, inner_value in value.items()
        }
    if isinstance(value, list | tuple):
        return [_translate_chart_data(data_key, inner_value, language) for inner_value in value]
    return value


def _translate_table(table: Table, language: Catalogue) -> Table:
    columns = [replace(column, title=language.translate_title(column.title)) for column in table.columns]
    rows = [[_translate_cell(*pair, language) for pair in zip(row, table.columns, strict=True)] for row in table.rows]
    return Table(columns, rows)


def _translate_cell(cell_value: str | float, column: Column, language: Catalogue) -> str | float:
    """Translate a cell; only right-aligned text can be a number, left-aligned text is a name or a setting."""
    if isinstance(cell_value, FormattedNumber):
        return FormattedNumber(language.number_format.translate_number(cell_value) or cell_value, cell_value.number)
    if not isinstance(cell_value, str):
        return cell_value
    return (
        language.number_format.translate_number(cell_value) if column.align_right else None
    ) or language.translate_cell(cell_value)
