"""Take a person out of JSON: their objects, and mentions in other values; the layout stays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segcli.files.person import FORGOTTEN_TEXT, Person, classify_column

_JSON_STYLES = tuple((indent, is_ascii) for indent in (1, None, 2, 4) for is_ascii in (True, False))
_REMOVED_VALUE = object()


@dataclass(frozen=True)
class ErasureResult:
    """A JSON value or text without the person, and what was taken out of it; `place` is a possible mention."""

    value: Any
    rows: int = 0
    mentions: int = 0
    contacts: frozenset[str] = frozenset()
    place: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether anything was taken out."""
        return bool(self.rows or self.mentions)

    def add_counts(self, other: "ErasureResult") -> "ErasureResult":
        """Return the same value, with what was taken out of another one too."""
        return ErasureResult(
            self.value,
            self.rows + other.rows,
            self.mentions + other.mentions,
            self.contacts | other.contacts,
            self.place or other.place,
        )


def erase_json_lines(text: str, person: Person) -> ErasureResult:
    """Take a person out of a text of one JSON value a line.

    Raises:
        ValueError: it is no such text.
    """
    kept_lines, result = list[str](), ErasureResult(None)
    for line in text.split("\n"):
        erasure = _erase_value(json.loads(line), "", person) if line.strip() else ErasureResult(None)
        result = result.add_counts(erasure)
        if erasure.value is not _REMOVED_VALUE:
            kept_lines.append(_dump_like(line, erasure.value) if erasure.is_changed else line)
    return replace(result, value="\n".join(kept_lines))


def erase_json(text: str, person: Person) -> ErasureResult:
    """Take a person out of a JSON document.

    Raises:
        ValueError: it is none.
    """
    erasure = _erase_value(json.loads(text), "", person)
    if erasure.value is _REMOVED_VALUE:  # the whole file is about the person
        return replace(erasure, value="{}\n")
    return replace(erasure, value=_dump_like(text, erasure.value) if erasure.is_changed else text)


def _erase_value(value: Any, key: str, person: Person) -> ErasureResult:  # noqa: ANN401 - JSON is data of any shape
    if isinstance(value, Mapping):
        return _erase_object(value, person)
    if isinstance(value, list):
        return _erase_list(value, key, person)
    if isinstance(value, str) or (classify_column(key) == "id" and _is_scalar(value)):
        if person.is_named_by(str(value), key):
            return ErasureResult(FORGOTTEN_TEXT, mentions=1)
        if isinstance(value, str):
            text, count = person.replace_mentions(value)
            return ErasureResult(text if count else value, mentions=count)
    return ErasureResult(value)


def _erase_object(json_object: Mapping[str, Any], person: Person) -> ErasureResult:
    row = [(key, str(item)) for key, item in json_object.items() if _is_scalar(item)]
    if person.owns_row(row):
        contacts = frozenset(item for key, item in row if item and classify_column(key) == "contact")
        return ErasureResult(_REMOVED_VALUE, rows=1, contacts=contacts)
    place = next((f"key {key}" for key, item in row if person.may_own_row([(key, item)])), "")
    result, kept_items = ErasureResult(None, place=place), dict[str, Any]()
    for key, item in json_object.items():
        if person.is_named_by(key, ""):
            result = result.add_counts(ErasureResult(None, rows=1))
            continue
        erasure = _erase_value(item, key, person)
        result = result.add_counts(erasure)
        if erasure.value is not _REMOVED_VALUE:
            kept_items[key] = erasure.value
    return replace(result, value=kept_items)


def _erase_list(items: Sequence[Any], key: str, person: Person) -> ErasureResult:
    result, kept_items = ErasureResult(None), list[Any]()
    for item in items:
        is_row = isinstance(item, list) and any(_is_scalar(cell) and person.is_named_by(str(cell), "") for cell in item)
        erasure = ErasureResult(_REMOVED_VALUE, rows=1) if is_row else _erase_value(item, key, person)
        result = result.add_counts(erasure)
        if erasure.value is not _REMOVED_VALUE:
            kept_items.append(erasure.value)
    return replace(result, value=kept_items)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _dump_like(text: str, value: Any) -> str:  # noqa: ANN401 - JSON is data of any shape
    """Write a value in the layout of the text that it came from."""
    parsed = json.loads(text)
    end = text[len(text.rstrip()) :]
    styles = [style for style in _JSON_STYLES if _dump_json(parsed, *style) + end == text]
    indent, is_ascii = styles[0] if styles else (1, False)
    return _dump_json(value, indent, is_ascii) + end


def _dump_json(value: Any, indent: int | None, is_ascii: bool) -> str:  # noqa: ANN401, FBT001 - a style
    return json.dumps(value, indent=indent, ensure_ascii=is_ascii)
