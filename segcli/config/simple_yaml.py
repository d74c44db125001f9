"""A reader of simple YAML: block mappings and lists, and lists and mappings on one line, of texts on one line.

segcli reads its word lists, presets and maps at each start, before anything else is known. Loading PyYAML and parsing
them costs as much as reading a small export, and nearly all of them are as simple as this. What is not (a flow over
several lines, an escape, an anchor, a block scalar) is left to PyYAML.
"""

import re
from collections.abc import Iterator
from typing import Any

Row = tuple[int, str]  # indent, text

INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")  # begin something else than an unquoted text
_STRANGE = re.compile("[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")  # controls, other line ends
_HARMLESS = re.compile(r"""[^"'{}\[\]#:&*!|>%@`?\\\t-]*""")
_ITEM = re.compile(r""" *("[^"\\]*"|'[^']*'|[^,"'][^,]*?) *(?:,|$)""")


class NotSimple(Exception):
    """The document has something that this reader does not know."""


def read(text: str) -> Any:  # noqa: ANN401 - nested lists and mappings of text
    """Return the document with all scalars as text.

    Raises:
        NotSimple: PyYAML has to read it.
    """
    if _STRANGE.search(text):
        raise NotSimple
    lines = ((len(line) - len(line.lstrip(" ")), line.strip(" ")) for line in text.split("\n"))
    rows = [(indent, line) for indent, line in lines if line and not line.startswith("#")]
    if not rows:
        raise NotSimple
    value, end = _block(rows, 0)
    if end < len(rows):
        raise NotSimple
    return value


def _block(rows: list[Row], start: int) -> tuple[Any, int]:
    """Return the mapping or list that begins at a row, and the row behind it."""
    if start == len(rows):
        raise NotSimple
    indent, first = rows[start]
    return _sequence(rows, start, indent) if first.startswith("- ") else _mapping(rows, start, indent)


def _sequence(rows: list[Row], start: int, indent: int) -> tuple[list[Any], int]:
    items, at = [], start
    while at < len(rows) and rows[at][0] >= indent:
        if rows[at][0] > indent or not rows[at][1].startswith("- "):
            raise NotSimple
        items.append(_value(rows[at][1][2:].lstrip(" ")))
        at += 1
    return items, at


def _mapping(rows: list[Row], start: int, indent: int) -> tuple[dict[str, Any], int]:
    values: dict[str, Any] = {}
    at = start
    while at < len(rows) and rows[at][0] >= indent:
        name, colon, rest = rows[at][1].partition(":")
        if rows[at][0] > indent or not colon or name.endswith(" ") or (rest and rest[0] != " "):
            raise NotSimple
        key = _scalar(name)
        at += 1
        if rest:
            values[key] = _value(rest.strip(" "))
        elif at < len(rows) and rows[at][0] > indent:
            values[key], at = _block(rows, at)
        else:
            raise NotSimple  # an empty value
    return values, at


def _value(text: str) -> Any:  # noqa: ANN401 - a text, a list or a mapping
    if text.startswith("[") and text.endswith("]"):
        return list(_items(text[1:-1]))
    if text.startswith("{") and text.endswith("}"):
        return dict(map(_pair, _parts(text[1:-1])))
    return _scalar(text)


def _items(inner: str) -> Iterator[str]:
    """Yield the texts of a list on one line; most lists need no look at each of them."""
    if _HARMLESS.fullmatch(inner) and inner:
        items = [item.strip(" ") for item in inner.split(",")]
        if not all(items):
            raise NotSimple
        yield from items
    else:
        yield from map(_in_flow, _parts(inner))


def _pair(part: str) -> tuple[str, str]:
    name, colon, value = part.partition(": ")
    if not colon:
        raise NotSimple
    return _in_flow(name), _in_flow(value.strip(" "))


def _parts(inner: str) -> Iterator[str]:
    """Yield the texts between commas, those in quotes with their quotes."""
    at = 0
    while at < len(inner):
        found = _ITEM.match(inner, at)
        if not found:
            raise NotSimple
        yield found[1]
        at = found.end()


def _in_flow(text: str) -> str:
    if not INDICATORS.isdisjoint(text[:1]) and text[:1] not in {'"', "'"}:
        raise NotSimple
    if text[:1] not in {'"', "'"} and any(mark in text for mark in "[]{}"):
        raise NotSimple
    return _scalar(text)


def _scalar(text: str) -> str:
    """Return an unquoted text, or one in quotes without escapes."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in {'"', "'"} and text[0] not in text[1:-1]:
        if "\\" in text:
            raise NotSimple
        return text[1:-1]
    if (
        not text
        or text[0] in INDICATORS
        or text.startswith("...")
        or text.endswith(":")
        or any(mark in text for mark in (": ", " #", "\t"))
    ):
        raise NotSimple
    return text
