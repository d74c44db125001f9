"""Documents that users write, parsed by PyYAML with the places of their values, and nothing in them that could run."""

from collections.abc import Iterator
from typing import Any

import yaml

from segcli.config.yaml import Document, Key, scalar
from segcli.errors import ConfigProblems

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 30


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
