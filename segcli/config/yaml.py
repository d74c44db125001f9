"""YAML as data only: 1.2-core scalars, no duplicate keys, no aliases, no tags, capped, every value with its place.

`NO` stays text, `010` is ten, a key said twice is an error; an alias bomb cannot be written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from segcli.config import simple_yaml

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
    from segcli.config import yaml_parser  # and with it PyYAML, which only documents of the user's need

    return yaml_parser.parse(text, name)


def strings(text: str) -> Any:  # noqa: ANN401 - nested lists and mappings of text
    """A file that segcli ships, all scalars as text: most need no YAML parser, others the C parser."""
    try:
        return simple_yaml.read(text)
    except simple_yaml.NotSimple:
        import yaml

        return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - builds text only


def shipped(text: str, name: str) -> Document:
    """A file that segcli ships as a document, without the places of its values: nothing in it is wrong."""
    return Document(name, _typed(strings(text)), {})


def _typed(value: Any) -> Any:  # noqa: ANN401 - data of any shape
    if isinstance(value, dict):
        return {name: _typed(inner) for name, inner in value.items()}
    return [_typed(inner) for inner in value] if isinstance(value, list) else scalar(value)


def text(document: Mapping[str, Any]) -> str:
    """A document as YAML that `parse` reads back."""
    import yaml

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
