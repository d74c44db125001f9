"""Where a command's customers come from."""

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segcli.cli.options import Asked
from segcli.cli.settings import day, resolve
from segcli.cli.streams import Talk, is_terminal
from segcli.cli.told import tell

if TYPE_CHECKING:
    from segcli.config import Loaded, Settings
    from segcli.model import Customers

PATH = "ingest.transactions.path"
STDIN = "-"


@dataclass(frozen=True)
class Sourced:
    """Settings in force and the customers they lead to."""

    loaded: "Loaded"
    customers: "Customers"

    @property
    def settings(self) -> "Settings":
        """The settings tree."""
        return self.loaded.settings

    @property
    def inputs(self) -> Sequence[str]:
        """Names of the files that were read."""
        return [reading.input.name for reading in self.customers.readings]


def read(
    source: str | None,
    asked: Asked,
    talk: Talk,
    flags: Mapping[str, Any] | None = None,
    *,
    extra: Sequence[str] = (),
) -> Sourced:
    """Check the settings, then read the input: INPUT, or a pipe, or what the settings name."""
    given = {PATH: source if source is not None else STDIN if _is_piped() else None}
    loaded = resolve(asked, {**given, **(flags or {})})
    ingest = loaded.settings.ingest
    if not (ingest.transactions.path or ingest.customers) and not is_terminal(sys.stdin):
        loaded = resolve(asked, {**(flags or {}), PATH: STDIN})
    return Sourced(loaded, read_loaded(loaded, asked, talk, extra=extra))


def read_loaded(loaded: "Loaded", asked: Asked, talk: Talk, *, extra: Sequence[str] = ()) -> "Customers":
    """Read the input that the settings name, and say how it was understood."""
    from segcli import customers

    settings = loaded.settings
    found = customers.read(settings.ingest, day(settings.as_of), extra)
    tell(found, talk, as_of_given=settings.as_of is not None, verbose=asked.verbose)
    return found


def _is_piped() -> bool:
    """Whether something was sent to standard input: a pipe or a file, not a terminal or /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
