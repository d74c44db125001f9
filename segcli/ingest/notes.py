"""Notes about a file, with the money that hangs on them, and the options that they recommend."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcli.config import yaml
from segcli.counting import counted

DECISIVE = 0.01  # share of a file's money from which a note is printed even with --quiet
_PLAIN = re.compile(r"[^\W_](?:[\w .+/%()\u002d]*[\w%)])?")
VALUES_SHOWN = 8  # values of a column that one note lists


@dataclass(frozen=True)
class Note:
    """What a person should know of a file, and how much money (not in units) it decides on."""

    text: str
    money: float = 0.0

    def is_decisive(self, total: float) -> bool:
        """Tell whether more than 1 % of the file's money hangs on it."""
        return is_decisive(self.money, total)


def is_decisive(money: float, total: float) -> bool:
    """Tell whether an amount is so large a share of a file's money that people must know of it."""
    return abs(money) > DECISIVE * abs(total)


def set_option(setting: str, value: Any) -> str:  # noqa: ANN401 - whatever YAML can hold
    r"""Return an option that can be pasted into a command.

    >>> set_option("ingest.transactions.void", {"Status": ["on hold"]})
    "--set 'ingest.transactions.void={Status: [on hold]}'"
    >>> set_option("ingest.transactions.void", {"Cancelled at": ["*"]})
    '--set \'ingest.transactions.void={Cancelled at: ["*"]}\''
    """
    return f"--set {shlex.quote(f'{setting}={_inline(value)}')}"


def _inline(value: Any) -> str:  # noqa: ANN401 - whatever YAML can hold
    """Write YAML on one line; texts that need quotes have double ones, which a shell leaves as they are."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inline(key)}: {_inline(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    text = str(value)
    is_plain = bool(_PLAIN.fullmatch(text)) and yaml.scalar(text) == value
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def list_values(entries: Sequence[tuple[str, int, int]], scale: int) -> str:
    """List values with their lines and money, the most frequent first if there are many."""
    shown = sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:VALUES_SHOWN]
    texts = [f"{value} on {counted(lines, 'line')} ({units / scale:,.2f})" for value, lines, units in sorted(shown)]
    return ", ".join([*texts, *[f"and {len(entries) - len(shown)} more"] * (len(entries) > len(shown))])
