"""Parse YAML as plain data, with limits, and keep the position of every value.

Scalars follow the YAML 1.2 core schema: `NO` is text, `010` is ten. Duplicate keys, anchors, aliases and tags are
errors, so that a document cannot expand without bound.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

MAX_NUMBER_DIGITS = 18  # longer digit sequences are ids, and would lose digits as numbers

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
    """Plain values and their positions: key path -> (line, column), both from 1.

    `text_positions` holds the start of each text that appears unchanged, and on one line, in the file.
    """

    name: str
    values: Any
    positions: Mapping[KeyPath, tuple[int, int]]
    text_positions: Mapping[KeyPath, tuple[int, int]] = field(default_factory=dict)

    def find_place(self, key: KeyPath, character: int = 0) -> str:
        """Return `name:line:column` of a key, or of its nearest parent that is in the document.

        Args:
            key: path of a value.
            character: position in the value's text (from 1); 0 for the value itself. Used only where the text appears
                unchanged in the file.
        """
        if character and key in self.text_positions:
            line, column = self.text_positions[key]
            return f"{self.name}:{line}:{column + character - 1}"
        for end in range(len(key), -1, -1):
            if key[:end] in self.positions:
                line, column = self.positions[key[:end]]
                return f"{self.name}:{line}:{column}"
        return self.name


def parse_scalar(text: str) -> Any:  # noqa: ANN401 - a YAML scalar may have any type
    """Parse a plain scalar by the YAML 1.2 core schema.

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
    """Parse a document.

    Raises:
        ConfigProblems: with `name:line:column` of each construct that is not allowed.
    """
    from segcli.config import yaml_parser  # imports PyYAML, which only user documents need

    return yaml_parser.parse_with_places(text, name)


def load_text_values(text: str) -> Any:  # noqa: ANN401 - nested lists and mappings of text
    """Load YAML that ships with segcli, with all scalars as text; use the C parser if it is available."""
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - builds text only


def load_shipped(text: str, name: str) -> YamlDocument:
    """Load a document that ships with segcli, without positions: it contains no errors to locate."""
    return YamlDocument(name, _convert_scalars(load_text_values(text)), {})


def _convert_scalars(value: Any) -> Any:  # noqa: ANN401 - data of any shape
    if isinstance(value, dict):
        return {name: _convert_scalars(item) for name, item in value.items()}
    return [_convert_scalars(item) for item in value] if isinstance(value, list) else parse_scalar(value)


def dump_document(data: Mapping[str, Any]) -> str:
    """Return a document as YAML that `parse_document` can read."""
    import yaml

    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
