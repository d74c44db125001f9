"""YAML as data only: 1.2-core scalars, no duplicate keys, no aliases, no tags, capped, every value with its place.

`NO` stays text, `010` is ten, a key said twice is an error; an alias bomb cannot be written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

MAX_NUMBER_DIGITS = 18  # digits; longer runs are ids, and would lose digits as numbers

KeyPath = tuple[str | int, ...]

_SCALAR_PATTERNS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "null": re.compile(r"~|null|Null|NULL|"),
        "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
        "int": re.compile(r"[-+]?[0-9]+"),
        "float": re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    }
)


@dataclass(frozen=True)
class YamlDocument:
    """Plain values, and where each stands: key path -> (line, column), both from 1.

    `text_positions` are the places where texts begin that stand in the file as they are read, on one line.
    """

    name: str
    values: Any
    positions: Mapping[KeyPath, tuple[int, int]]
    text_positions: Mapping[KeyPath, tuple[int, int]] = field(default_factory=dict)

    def find_place(self, key: KeyPath, character: int = 0) -> str:
        """`name:line:column` of a key, or of the nearest parent that was written.

        Args:
            key: where a value stands.
            character: a character of the value's text (from 1), for its own place where the file shows it.
        """
        if character and key in self.text_positions:
            line, column = self.text_positions[key]
            return f"{self.name}:{line}:{column + character - 1}"
        for end in range(len(key), -1, -1):
            if key[:end] in self.positions:
                line, column = self.positions[key[:end]]
                return f"{self.name}:{line}:{column}"
        return self.name


def parse_scalar(text: str) -> Any:  # noqa: ANN401 - a YAML scalar is whatever it says
    """The value of a plain scalar by the YAML 1.2 core schema.

    >>> parse_scalar("NO"), parse_scalar("5"), parse_scalar("1e3"), parse_scalar("true"), parse_scalar("2026-06-30")
    ('NO', 5, 1000.0, True, '2026-06-30')
    """
    if _SCALAR_PATTERNS["null"].fullmatch(text):
        return None
    if _SCALAR_PATTERNS["bool"].fullmatch(text):
        return text.lower() == "true"
    if _SCALAR_PATTERNS["int"].fullmatch(text):
        return int(text) if len(text) <= MAX_NUMBER_DIGITS else text
    if _SCALAR_PATTERNS["float"].fullmatch(text):
        return float(text)
    return text


def parse_document(text: str, name: str) -> YamlDocument:
    """Parse one document.

    Raises:
        ConfigProblems: with `name:line:column` of whatever is not allowed.
    """
    from segcli.config import yaml_parser  # and with it PyYAML, which only documents of the user's need

    return yaml_parser.parse_with_places(text, name)


def load_text_values(text: str) -> Any:  # noqa: ANN401 - nested lists and mappings of text
    """A file that segcli ships, all scalars as text, by the C parser where there is one."""
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - builds text only


def load_shipped(text: str, name: str) -> YamlDocument:
    """A file that segcli ships as a document, without the places of its values: nothing in it is wrong."""
    return YamlDocument(name, _convert_scalars(load_text_values(text)), {})


def _convert_scalars(value: Any) -> Any:  # noqa: ANN401 - data of any shape
    if isinstance(value, dict):
        return {name: _convert_scalars(item) for name, item in value.items()}
    return [_convert_scalars(item) for item in value] if isinstance(value, list) else parse_scalar(value)


def dump_document(data: Mapping[str, Any]) -> str:
    """A document as YAML that `parse_document` reads back."""
    import yaml

    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
