"""Describe the tables of a run for other programs: a Frictionless Data Package (https://datapackage.org)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from segcli import columns
from segcli.columns import ColumnKind

DATA_PACKAGE_FILE = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TABLE_SUFFIX = ".csv"
_PATTERNS = {  # of the type names of Table Schema, strictest first
    "boolean": "^(?:true|false)$",
    "integer": r"^-?(?:0|[1-9]\d{0,17})$",
    "number": r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
}
_TEXT_KINDS = (ColumnKind.ID, ColumnKind.TEXT)


def describe_tables(texts_by_name: Mapping[str, str], package_name: str) -> str:
    """Return the description of all CSV files of a run as JSON.

    Args:
        texts_by_name: content of the files by name.
        package_name: name of the run.
    """
    resources = [
        _describe_table(name, text) for name, text in texts_by_name.items() if name.endswith(TABLE_SUFFIX) and text
    ]
    document = {"$schema": PROFILE, "name": package_name, "resources": resources}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _describe_table(name: str, text: str) -> dict[str, Any]:
    table = _parse_texts(text.encode())
    schema: dict[str, Any] = {"fields": list(_describe_fields(table)), "missingValues": [""]}
    if columns.CUSTOMER_ID in table.column_names and _is_unique(table.column(columns.CUSTOMER_ID)):
        schema["primaryKey"] = [columns.CUSTOMER_ID]
    return {
        "name": name.removesuffix(TABLE_SUFFIX).lower(),
        "path": name,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _parse_texts(body: bytes) -> pa.Table:
    header = csv.open_csv(pa.BufferReader(body), parse_options=_parse_options(body)).schema.names
    return csv.read_csv(
        pa.BufferReader(body),
        read_options=csv.ReadOptions(block_size=max(len(body), 1)),
        parse_options=_parse_options(body),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )


def _parse_options(body: bytes) -> csv.ParseOptions:
    return csv.ParseOptions(newlines_in_values=b'"' in body)


def _describe_fields(table: pa.Table) -> Iterator[dict[str, str]]:
    for name in table.column_names:
        is_text = name in columns.CUSTOMER_TABLE_COLUMNS and columns.column_kind(name) in _TEXT_KINDS
        yield {"name": name, "type": "string" if is_text else _infer_type(table.column(name))}


def _infer_type(texts: pa.ChunkedArray) -> str:
    """Return the strictest type that fits all texts; string if there are none."""
    if texts.null_count == len(texts):
        return "string"
    return next(
        (
            type_name
            for type_name, pattern in _PATTERNS.items()
            if pc.all(pc.match_substring_regex(texts, pattern)).as_py()
        ),
        "string",
    )


def _is_unique(texts: pa.ChunkedArray) -> bool:
    return not texts.null_count and pc.count_distinct(texts).as_py() == len(texts)
