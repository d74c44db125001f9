"""A data package describes the tables of a run: the strictest type that fits all values of a column."""

import csv
import io
import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from segcli.reports.data_package import describe_tables

TABLE = """customer_id,orders,revenue,last_order,rfm_score,is_new,phone,empty,note
007,1,2.50,2026-01-05,555,true,0301,,"a, ""b"
42,-2,1e-05,,111,false,0302,,"two
lines"
"""
EXPECTED = {
    "customer_id": "string",
    "orders": "integer",
    "revenue": "number",
    "last_order": "date",
    "rfm_score": "integer",
    "is_new": "boolean",
    "phone": "string",
    "empty": "string",
    "note": "string",
}
CASTS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "date": date.fromisoformat,
    "boolean": {"true": True, "false": False}.__getitem__,
}
# The part of the Data Package 2.0 profile that tables need
PROFILE = {
    "type": "object",
    "required": ["$schema", "resources"],
    "properties": {
        "resources": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "path", "schema"],
                "properties": {
                    "name": {"pattern": "^[-a-z0-9._/]+$"},
                    "path": {"type": "string"},
                    "type": {"const": "table"},
                    "schema": {
                        "required": ["fields"],
                        "properties": {"fields": {"items": {"required": ["name", "type"]}}},
                    },
                },
            },
        }
    },
}


def describe(**texts: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(describe_tables({f"{name}.csv": text for name, text in texts.items()}, "run"))
    jsonschema.validate(document, PROFILE)
    return document


def test_each_column_has_the_strictest_type_that_fits() -> None:
    (resource,) = describe(customers=TABLE)["resources"]
    schema = resource["schema"]
    assert {field["name"]: field["type"] for field in schema["fields"]} == EXPECTED
    assert schema["primaryKey"] == ["customer_id"]
    for row in csv.DictReader(io.StringIO(TABLE, newline="")):
        for field in schema["fields"]:
            if row[field["name"]] not in schema["missingValues"]:
                CASTS[field["type"]](row[field["name"]])


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("00042", "string"),
        ("12345678901234567890", "number"),
        ("1.", "string"),
        ("2026-1-5", "string"),
        ("0", "integer"),
        ("nan", "string"),
    ],
)
def test_a_value_that_would_change_is_a_text(value: str, type_name: str) -> None:
    (resource,) = describe(x=f"anything\n{value}\n")["resources"]
    assert resource["schema"]["fields"] == [{"name": "anything", "type": type_name}]


def test_only_tables_are_described_and_repeated_ids_are_no_key() -> None:
    texts = {"report.md": "# x\n", "a.csv": "customer_id\n1\n1\n", "b.csv": "segment,customers\n"}
    resources = json.loads(describe_tables(texts, "run"))["resources"]
    assert [resource["path"] for resource in resources] == ["a.csv", "b.csv"]
    assert not any("primaryKey" in resource["schema"] for resource in resources)
