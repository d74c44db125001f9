"""Notes about a file, with the affected money, and formatting of the recommended options."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcli.config import yaml_loader
from segcli.formatting import pluralize

DECISIVE_SHARE = 0.01  # share of a file's money from which a note is printed even with --quiet
_PLAIN_YAML_TEXT = re.compile(r"[^\W_](?:[\w .+/%()\u002d]*[\w%)])?")
MAX_VALUES_SHOWN = 8  # maximum number of column values in one note


@dataclass(frozen=True)
class Note:
    """Note for the user, and the money (not in units) that it affects."""

    text: str
    money: float = 0.0

    def is_decisive_for(self, total: float) -> bool:
        """Return whether the note affects more than 1% of the file's money."""
        return is_decisive_share(self.money, total)


def is_decisive_share(money: float, total: float) -> bool:
    """Return whether an amount exceeds the decisive share of a file's money."""
    return abs(money) > DECISIVE_SHARE * abs(total)


def format_set_option(setting: str, value: Any) -> str:  # noqa: ANN401 - any value that YAML can represent
    r"""Format a `--set` option that can be pasted into a command.

    >>> format_set_option("ingest.transactions.void", {"Status": ["on hold"]})
    "--set 'ingest.transactions.void={Status: [on hold]}'"
    >>> format_set_option("ingest.transactions.void", {"Cancelled at": ["*"]})
    '--set \'ingest.transactions.void={Cancelled at: ["*"]}\''
    """
    return f"--set {shlex.quote(f'{setting}={_format_inline_yaml(value)}')}"


def _format_inline_yaml(value: Any) -> str:  # noqa: ANN401 - any value that YAML can represent
    """Format YAML on one line; texts that need quotes get double quotes, which need no escape in a shell argument."""
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_format_inline_yaml(key)}: {_format_inline_yaml(entry)}" for key, entry in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_format_inline_yaml, value))}]"
    text = str(value)
    is_plain = bool(_PLAIN_YAML_TEXT.fullmatch(text)) and yaml_loader.parse_scalar(text) == value
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def format_value_totals(entries: Sequence[tuple[str, int, int]], scale: int) -> str:
    """Format values with their lines and money; if there are many, only the most frequent."""
    most_frequent = sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:MAX_VALUES_SHOWN]
    descriptions = [
        f"{value} on {pluralize(lines, 'line')} ({units / scale:,.2f})" for value, lines, units in sorted(most_frequent)
    ]
    return ", ".join(
        [*descriptions, *[f"and {len(entries) - len(most_frequent)} more"] * (len(entries) > len(most_frequent))]
    )
