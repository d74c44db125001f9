"""Parse user documents with PyYAML: keep the position of every value, and reject everything but plain data."""

from collections.abc import Iterator
from typing import Any

import yaml

from segcli.config.yaml_loader import KeyPath, YamlDocument, parse_scalar
from segcli.errors import ConfigProblems

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 30


def parse_with_places(text: str, name: str) -> YamlDocument:
    """Parse a document.

    Raises:
        ConfigProblems: with `name:line:column` of each construct that is not allowed.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigProblems([f"{name}: not a config: larger than {MAX_CHARACTERS:,} characters"])
    positions: dict[KeyPath, tuple[int, int]] = {}
    try:
        root = _compose_node(text)
        values = _convert_node(root, (), positions) if root else {}
        return YamlDocument(name, values, positions, dict(_iterate_text_places(root, ())) if root else {})
    except yaml.MarkedYAMLError as error:
        problem_mark = error.problem_mark
        location = f"{name}:{problem_mark.line + 1}:{problem_mark.column + 1}" if problem_mark else name
        raise ConfigProblems([f"{location}: {error.problem or error.context}"]) from None
    except yaml.reader.ReaderError as error:
        text_before = text[: error.position]
        location = f"{name}:{text_before.count(chr(10)) + 1}:{len(text_before) - text_before.rfind(chr(10))}"
        raise ConfigProblems(
            [f"{location}: the character {error.character!r} is not allowed here; hint: remove it"]
        ) from None
    except yaml.YAMLError as error:
        raise ConfigProblems([f"{name}: {' '.join(str(error).split())}"]) from None


def _compose_node(text: str) -> yaml.Node | None:
    loader = _LimitedLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _LimitedLoader(yaml.SafeLoader):
    """YAML loader that composes nodes, and rejects aliases and deep nesting before they use resources."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - inherited signature
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _syntax_problem(event, "anchors and aliases are not supported; hint: write the value in full")
        if getattr(event, "tag", None):
            raise _syntax_problem(event, f"tag {event.tag} is not supported; hint: use a plain value")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _syntax_problem(event, f"nested deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _syntax_problem(event: yaml.Event, problem: str) -> yaml.MarkedYAMLError:
    start_mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=start_mark)


def _convert_node(node: yaml.Node, key: KeyPath, positions: dict[KeyPath, tuple[int, int]]) -> Any:  # noqa: ANN401 - data of any shape
    positions.setdefault(key, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        return _convert_mapping(node, key, positions)
    if isinstance(node, yaml.SequenceNode):
        return [_convert_node(item, (*key, index), positions) for index, item in enumerate(node.value)]
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return parse_scalar(node.value) if is_plain else node.value


def _iterate_text_places(node: yaml.Node, key: KeyPath) -> Iterator[tuple[KeyPath, tuple[int, int]]]:
    """Yield the start of each text, inside its quotes; skip texts that are folded, escaped or on several lines."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _iterate_text_places(value, (*key, name.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _iterate_text_places(item, (*key, index))
    elif isinstance(node, yaml.ScalarNode):
        quotes = 1 if node.style in {"'", '"'} else 0
        start, end = node.start_mark, node.end_mark
        if start.line == end.line and end.column - start.column == len(node.value) + 2 * quotes:
            yield key, (start.line + 1, start.column + 1 + quotes)


def _convert_mapping(node: yaml.MappingNode, key: KeyPath, positions: dict[KeyPath, tuple[int, int]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name_mark = name_node.start_mark
        if not isinstance(name_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="keys must be plain text", problem_mark=name_mark)
        if name_node.value in values:
            raise yaml.MarkedYAMLError(
                problem=f"duplicate key '{name_node.value}'; hint: keep one", problem_mark=name_mark
            )
        positions[(*key, name_node.value)] = (name_mark.line + 1, name_mark.column + 1)
        values[name_node.value] = _convert_node(value_node, (*key, name_node.value), positions)
    return values
