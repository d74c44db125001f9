"""Translation of results: the same blocks with texts and numbers in another language."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from segcli.formatting import FormattedNumber
from segcli.i18n.catalogue import Catalogue
from segcli.reports.blocks import Block, Card, Chart, Column, Heading, Result, Table, Text

# Columns of tables and keys of chart data that hold names of segments, which are never translated.
NAME_TITLES = frozenset({"Segment", "Segments", "From", "To", "And", "Cohort"})
NAME_KEYS = frozenset({"name", "segment", "segments", "from", "to"})


def translate_result(result: Result, language: Catalogue) -> Result:
    """Return the result with translated blocks; rows and envelope, which programs read, stay unchanged."""
    if language.is_english:
        return result
    names = frozenset(name for block in result.blocks for name in _find_names(block))
    catalogue = replace(language, names=names)
    return replace(result, blocks=tuple(_translate_block(block, catalogue) for block in result.blocks))


def _find_names(block: Block) -> Iterator[str]:
    """Yield the names of segments in a block: a segment may be called "5 orders" or "unknown"."""
    if isinstance(block, Chart):
        yield from _find_data_names("", block.data)
        for table in block.fallback_tables:
            yield from _find_names(table)
    elif isinstance(block, Card):
        yield block.title
    elif isinstance(block, Table):
        positions = [position for position, column in enumerate(block.columns) if column.title in NAME_TITLES]
        yield from (str(row[position]) for row in block.rows for position in positions)


def _find_data_names(data_key: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner_key, inner_value in value.items():
            yield from _find_data_names(inner_key, inner_value)
    elif isinstance(value, list | tuple):
        for inner_value in value:
            yield from _find_data_names(data_key, inner_value)
    elif isinstance(value, str) and data_key in NAME_KEYS:
        yield value


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
