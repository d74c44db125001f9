"""Notes about a file, with the money that hangs on them, and the options that they recommend."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcli.config import yaml
from segcli.counting import pluralize

DECISIVE_SHARE = 0.01  # share of a file's money from which a note is printed even with --quiet
_PLAIN_YAML_TEXT = re.compile(r"[^\W_](?:[\w .+/%()\u002d]*[\w%)])?")
MAX_VALUES_SHOWN = 8  # values of a column that one note lists


@dataclass(frozen=True)
class Note:
    """What a person should know of a file, and how much money (not in units) it decides on."""

    text: str
    money: float = 0.0

    def is_decisive_for(self, total: float) -> bool:
        """Tell whether more than 1 % of the file's money hangs on it."""
        return is_decisive_share(self.money, total)


def is_decisive_share(money: float, total: float) -> bool:
    """Tell whether an amount is so large a share of a file's money that people must know of it."""
    return abs(money) > DECISIVE_SHARE * abs(total)


def format_set_option(setting: str, value: Any) -> str:  # noqa: ANN401 - whatever YAML can hold
    r"""Return an option that can be pasted into a command.

    >>> format_set_option("ingest.transactions.void", {"Status": ["on hold"]})
    "--set 'ingest.transactions.void={Status: [on hold]}'"
    >>> format_set_option("ingest.transactions.void", {"Cancelled at": ["*"]})
    '--set \'ingest.transactions.void={Cancelled at: ["*"]}\''
    """
    return f"--set {shlex.quote(f'{setting}={_format_inline_yaml(value)}')}"


def _format_inline_yaml(value: Any) -> str:  # noqa: ANN401 - whatever YAML can hold
    """Write YAML on one line; texts that need quotes have double ones, which a shell leaves as they are."""
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_format_inline_yaml(key)}: {_format_inline_yaml(entry)}" for key, entry in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_format_inline_yaml, value))}]"
    text = str(value)
    is_plain = bool(_PLAIN_YAML_TEXT.fullmatch(text)) and yaml.parse_scalar(text) == value
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def format_value_totals(entries: Sequence[tuple[str, int, int]], scale: int) -> str:
    """List values with their lines and money, the most frequent first if there are many."""
    most_frequent = sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:MAX_VALUES_SHOWN]
    descriptions = [
        f"{value} on {pluralize(lines, 'line')} ({units / scale:,.2f})" for value, lines, units in sorted(most_frequent)
    ]
    return ", ".join(
        [*descriptions, *[f"and {len(entries) - len(most_frequent)} more"] * (len(entries) > len(most_frequent))]
    )
