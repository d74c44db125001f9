"""Convert JSON to CSV: one object per line, an array of objects, or the customers of a result of segcli."""

import codecs
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from segcli.errors import InputProblem
from segcli.io.csv_stream import CsvStream, encode_records

START_PATTERN = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:\{|\]|$))')  # of an object or an array
LINE_PATTERN = re.compile(rb"\s*\{.*\}\s*", re.DOTALL)  # an object on one line
JSON_REMEDY = "write one JSON object per line, or an array of objects"
RESULT_SCHEMA_PREFIX = "segcli."

Record = dict[str, Any]


def json_to_csv(stream: IO[bytes], name: str) -> CsvStream:
    """Convert JSON objects to CSV with one column per key; keys of nested objects are joined with points.

    Numbers keep their text, so that no digit of an id or an amount is lost.

    Raises:
        InputProblem: if the text is not JSON, holds no objects, or a value is a list.
    """
    if not stream.seekable():
        stream = io.BytesIO(stream.read())
    has_lines = _has_object_lines(stream)
    stream.seek(0)
    if has_lines:
        names = list(dict.fromkeys(key for _, record in _iterate_lines(stream, name) for key in record))
        stream.seek(0)
        numbered_records: Iterable[tuple[int, Record]] = _iterate_lines(stream, name)
    else:
        parsed_records = [_flatten(record) for record in _select_records(_parse_document(stream, name), name)]
        names = list(dict.fromkeys(key for record in parsed_records for key in record))
        numbered_records = enumerate(parsed_records, 1)
    return CsvStream(encode_records(_tabulate(names, numbered_records, name), name))


def _has_object_lines(stream: IO[bytes]) -> bool:
    """Return whether each line is an object: the first is, and it is not the only one with all records inside."""
    line = stream.readline()
    if not LINE_PATTERN.fullmatch(line.removeprefix(codecs.BOM_UTF8)):
        return False
    try:
        record = _loads(line)
    except (ValueError, RecursionError):
        return False
    holds_records = _is_result(record) or any(value and _is_record_list(value) for value in record.values())
    return not (holds_records and not stream.readline().strip())


def _iterate_lines(stream: IO[bytes], name: str) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            record = _loads(line)
        except (ValueError, RecursionError) as error:
            raise InputProblem(f"not valid JSON ({error})", source=name, line=number, remedy=JSON_REMEDY) from None
        if not isinstance(record, dict):
            raise InputProblem("not a JSON object", source=name, line=number, remedy=JSON_REMEDY)
        yield number, _flatten(record)


def _loads(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(text.decode("utf-8-sig"), parse_float=str, parse_int=str)


def _parse_document(stream: IO[bytes], name: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return _loads(stream.read())
    except json.JSONDecodeError as error:
        raise InputProblem(
            f"not valid JSON ({error.msg})", source=name, line=error.lineno, remedy=JSON_REMEDY
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputProblem(f"not readable JSON ({error})", source=name, remedy=JSON_REMEDY) from None


def _is_result(document: object) -> bool:
    return isinstance(document, dict) and str(document.get("schema", "")).startswith(RESULT_SCHEMA_PREFIX)


def _select_records(document: Any, name: str) -> list[Record]:  # noqa: ANN401 - any JSON value
    """Return the objects of a document: its array, the customers of a result, or its only array of objects."""
    if _is_result(document):
        if not _is_record_list(document.get("customers")):
            raise InputProblem(
                f"a result without customers ({document['schema']})",
                source=name,
                remedy="use the result of segcli rfm, rules, cluster or ingest",
            )
        return list(document["customers"])
    arrays = (
        {key: value for key, value in document.items() if value and _is_record_list(value)}
        if isinstance(document, Mapping)
        else {"": document}
    )
    if len(arrays) != 1 or not all(map(_is_record_list, arrays.values())):
        problem = f"several arrays of objects: {', '.join(arrays)}" if len(arrays) > 1 else "no array of objects"
        raise InputProblem(problem, source=name, remedy=JSON_REMEDY)
    return list(*arrays.values())


def _is_record_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _flatten(record: Record, prefix: str = "") -> Record:
    """Return an object with the fields of nested objects as fields of their own."""
    fields: Record = {}
    for key, value in record.items():
        if isinstance(value, dict):
            fields |= _flatten(value, f"{prefix}{key}.")
        else:
            fields[f"{prefix}{key}"] = value
    return fields


def _tabulate(names: list[str], numbered_records: Iterable[tuple[int, Record]], name: str) -> Iterator[list[object]]:
    yield list(names)
    for number, record in numbered_records:
        for key, value in record.items():
            if isinstance(value, list):
                raise InputProblem(
                    "list of values instead of one value",
                    source=name,
                    line=number,
                    column=key,
                    remedy="write one object for each item of the list",
                )
        yield [record.get(key) for key in names]
