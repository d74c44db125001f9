"""Notes about a file, with the money that hangs on them, and the options that they recommend."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from segcli.counting import counted

DECISIVE = 0.01  # share of a file's money from which a note is printed even with --quiet
END_OF_SCALAR = "\n...\n"
VALUES_SHOWN = 8  # values of a column that one note lists


@dataclass(frozen=True)
class Note:
    """What a person should know of a file, and how much money (not in units) it decides on."""

    text: str
    money: float = 0.0

    def is_decisive(self, total: float) -> bool:
        """Tell whether more than 1 % of the file's money hangs on it."""
        return abs(self.money) > DECISIVE * abs(total)


def set_option(setting: str, value: Any) -> str:  # noqa: ANN401 - whatever YAML can hold
    """Return an option that can be pasted into a command.

    >>> set_option("ingest.transactions.void", {"Status": ["on hold"]})
    "--set 'ingest.transactions.void={Status: [on hold]}'"
    """
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    assignment = f"{setting}={text.removesuffix(END_OF_SCALAR).strip()}"
    return f"--set {shlex.quote(assignment)}"


def list_values(entries: Sequence[tuple[str, int, int]], scale: int) -> str:
    """List values with their lines and money, the most frequent first if there are many."""
    shown = sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:VALUES_SHOWN]
    texts = [f"{value} on {counted(lines, 'line')} ({units / scale:,.2f})" for value, lines, units in sorted(shown)]
    return ", ".join([*texts, *[f"and {len(entries) - len(shown)} more"] * (len(entries) > len(shown))])
