"""Take a person out of JSON: their objects, and mentions in other values; the layout stays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segcli.files.person import FORGOTTEN, Person, column_kind

_STYLES = tuple((indent, is_ascii) for indent in (1, None, 2, 4) for is_ascii in (True, False))
_REMOVED = object()


@dataclass(frozen=True)
class Erased:
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

    def plus(self, other: "Erased") -> "Erased":
        """Return the same value, with what was taken out of another one too."""
        return Erased(
            self.value,
            self.rows + other.rows,
            self.mentions + other.mentions,
            self.contacts | other.contacts,
            self.place or other.place,
        )


def erase_json_lines(text: str, person: Person) -> Erased:
    """Take a person out of a text of one JSON value a line.

    Raises:
        ValueError: it is no such text.
    """
    kept, total = list[str](), Erased(None)
    for line in text.split("\n"):
        erased = _erase_value(json.loads(line), "", person) if line.strip() else Erased(None)
        total = total.plus(erased)
        if erased.value is not _REMOVED:
            kept.append(_dump_like(line, erased.value) if erased.is_changed else line)
    return replace(total, value="\n".join(kept))


def erase_json(text: str, person: Person) -> Erased:
    """Take a person out of a JSON document.

    Raises:
        ValueError: it is none.
    """
    erased = _erase_value(json.loads(text), "", person)
    if erased.value is _REMOVED:  # the whole file is about the person
        return replace(erased, value="{}\n")
    return replace(erased, value=_dump_like(text, erased.value) if erased.is_changed else text)


def _erase_value(value: Any, key: str, person: Person) -> Erased:  # noqa: ANN401 - JSON is data of any shape
    if isinstance(value, Mapping):
        return _erase_object(value, person)
    if isinstance(value, list):
        return _erase_list(value, key, person)
    if isinstance(value, str) or (column_kind(key) == "id" and _is_scalar(value)):
        if person.is_named_by(str(value), key):
            return Erased(FORGOTTEN, mentions=1)
        if isinstance(value, str):
            text, count = person.without_mentions(value)
            return Erased(text if count else value, mentions=count)
    return Erased(value)


def _erase_object(value: Mapping[str, Any], person: Person) -> Erased:
    row = [(key, str(inner)) for key, inner in value.items() if _is_scalar(inner)]
    if person.owns(row):
        contacts = frozenset(inner for key, inner in row if inner and column_kind(key) == "contact")
        return Erased(_REMOVED, rows=1, contacts=contacts)
    place = next((f"key {key}" for key, inner in row if person.may_own([(key, inner)])), "")
    total, kept = Erased(None, place=place), dict[str, Any]()
    for key, inner in value.items():
        if person.is_named_by(key, ""):
            total = total.plus(Erased(None, rows=1))
            continue
        erased = _erase_value(inner, key, person)
        total = total.plus(erased)
        if erased.value is not _REMOVED:
            kept[key] = erased.value
    return replace(total, value=kept)


def _erase_list(values: Sequence[Any], key: str, person: Person) -> Erased:
    total, kept = Erased(None), list[Any]()
    for inner in values:
        is_row = isinstance(inner, list) and any(
            _is_scalar(cell) and person.is_named_by(str(cell), "") for cell in inner
        )
        erased = Erased(_REMOVED, rows=1) if is_row else _erase_value(inner, key, person)
        total = total.plus(erased)
        if erased.value is not _REMOVED:
            kept.append(erased.value)
    return replace(total, value=kept)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _dump_like(text: str, value: Any) -> str:  # noqa: ANN401 - JSON is data of any shape
    """Write a value in the layout of the text that it came from."""
    before = json.loads(text)
    end = text[len(text.rstrip()) :]
    styles = [style for style in _STYLES if _dump(before, *style) + end == text]
    indent, is_ascii = styles[0] if styles else (1, False)
    return _dump(value, indent, is_ascii) + end


def _dump(value: Any, indent: int | None, is_ascii: bool) -> str:  # noqa: ANN401, FBT001 - a style
    return json.dumps(value, indent=indent, ensure_ascii=is_ascii)
