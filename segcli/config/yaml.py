"""YAML as data only: 1.2-core scalars, no duplicate keys, no aliases, no tags, capped, every value with its place.

`NO` stays text, `010` is ten, a key said twice is an error; an alias bomb cannot be written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import yaml

from segcli.errors import ConfigProblems

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 30
LONGEST_NUMBER = 18  # digits; longer runs are ids, and would lose digits as numbers

Key = tuple[str | int, ...]

_SCALARS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "null": re.compile(r"~|null|Null|NULL|"),
        "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
        "int": re.compile(r"[-+]?[0-9]+"),
        "float": re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    }
)


@dataclass(frozen=True)
class Document:
    """Plain values, and where each stands: key path -> (line, column), both from 1.

    `texts` are the places where texts begin that stand in the file as they are read, on one line.
    """

    name: str
    values: Any
    places: Mapping[Key, tuple[int, int]]
    texts: Mapping[Key, tuple[int, int]] = field(default_factory=dict)

    def place(self, key: Key, at: int = 0) -> str:
        """`name:line:column` of a key, or of the nearest parent that was written.

        Args:
            key: where a value stands.
            at: a character of the value's text (from 1), for its own place where the file shows it.
        """
        if at and key in self.texts:
            line, column = self.texts[key]
            return f"{self.name}:{line}:{column + at - 1}"
        for end in range(len(key), -1, -1):
            if key[:end] in self.places:
                line, column = self.places[key[:end]]
                return f"{self.name}:{line}:{column}"
        return self.name


def scalar(text: str) -> Any:  # noqa: ANN401 - a YAML scalar is whatever it says
    """The value of a plain scalar by the YAML 1.2 core schema.

    >>> scalar("NO"), scalar("5"), scalar("1e3"), scalar("true"), scalar("2026-06-30")
    ('NO', 5, 1000.0, True, '2026-06-30')
    """
    if _SCALARS["null"].fullmatch(text):
        return None
    if _SCALARS["bool"].fullmatch(text):
        return text.lower() == "true"
    if _SCALARS["int"].fullmatch(text):
        return int(text) if len(text) <= LONGEST_NUMBER else text
    if _SCALARS["float"].fullmatch(text):
        return float(text)
    return text


def parse(text: str, name: str) -> Document:
    """Parse one document.

    Raises:
        ConfigProblems: with `name:line:column` of whatever is not allowed.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigProblems([f"{name}: larger than {MAX_CHARACTERS:,} characters; name a config"])
    places: dict[Key, tuple[int, int]] = {}
    try:
        root = _compose(text)
        values = _value(root, (), places) if root else {}
        return Document(name, values, places, dict(_texts(root, ())) if root else {})
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ConfigProblems([f"{where}: {error.problem or error.context}"]) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        where = f"{name}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        raise ConfigProblems([f"{where}: the character {error.character!r} is not allowed here; take it out"]) from None
    except yaml.YAMLError as error:
        raise ConfigProblems([f"{name}: {' '.join(str(error).split())}"]) from None


def strings(text: str) -> Any:  # noqa: ANN401 - nested lists and mappings of text
    """A file that segcli ships, all scalars as text: the C parser reads it ten times as fast as `parse`."""
    return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - builds text only


def text(document: Mapping[str, Any]) -> str:
    """A document as YAML that `parse` reads back."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses aliases and depth before they can cost anything."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - as inherited
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(event, "anchors and aliases are not supported; write the value out")
        if getattr(event, "tag", None):
            raise _refusal(event, f"the tag {event.tag} is not supported; only plain values are")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _refusal(event, f"nested deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _refusal(event: yaml.Event, why: str) -> yaml.MarkedYAMLError:
    mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=why, problem_mark=mark)


def _value(node: yaml.Node, key: Key, places: dict[Key, tuple[int, int]]) -> Any:  # noqa: ANN401 - data of any shape
    places.setdefault(key, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, key, places)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*key, index), places) for index, item in enumerate(node.value)]
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return scalar(node.value) if is_plain else node.value


def _texts(node: yaml.Node, key: Key) -> Iterator[tuple[Key, tuple[int, int]]]:
    """Where texts begin, inside their quotes; not those that are folded, escaped or on several lines."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _texts(value, (*key, name.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _texts(item, (*key, index))
    elif isinstance(node, yaml.ScalarNode):
        quotes = 1 if node.style in {"'", '"'} else 0
        start, end = node.start_mark, node.end_mark
        if start.line == end.line and end.column - start.column == len(node.value) + 2 * quotes:
            yield key, (start.line + 1, start.column + 1 + quotes)


def _mapping(node: yaml.MappingNode, key: Key, places: dict[Key, tuple[int, int]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name_node, value_node in node.value:
        mark = name_node.start_mark
        if not isinstance(name_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=mark)
        if name_node.value in values:
            raise yaml.MarkedYAMLError(
                problem=f"the key '{name_node.value}' is given twice; keep one", problem_mark=mark
            )
        places[(*key, name_node.value)] = (mark.line + 1, mark.column + 1)
        values[name_node.value] = _value(value_node, (*key, name_node.value), places)
    return values
