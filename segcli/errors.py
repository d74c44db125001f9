"""The kinds of error a user can meet, each with its documented exit code.

Anything else that escapes is a bug (exit 1). The shell turns these into one line each.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Self


class Exit(IntEnum):
    """Exit codes; part of the public interface."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    GATE = 4
    ENVIRONMENT = 5
    LOCKED = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


# What each code means, and what a cron job should do about it.
MEANINGS: Mapping[Exit, tuple[str, str]] = MappingProxyType(
    {
        Exit.DONE: ("done; what was repaired or left out is counted on standard error and in run.json", "carry on"),
        Exit.BUG: ("a bug; --debug shows the traceback", "report it"),
        Exit.USAGE: ("usage or config error; nothing was read or written", "fix the command or the config"),
        Exit.INPUT: ("input missing, unreadable or over the reject limit; no output was replaced", "fix the data"),
        Exit.GATE: ("ran, but a declared gate failed: quality, privacy, drift or fairness", "look at it"),
        Exit.ENVIRONMENT: ("environment: disk full, permission, memory; the previous output is intact", "retry"),
        Exit.LOCKED: ("another run holds the lock of the output folder", "skip"),
        Exit.INTERRUPTED: ("interrupted", ""),
        Exit.PIPE_CLOSED: ("the reader of the pipe went away", ""),
        Exit.TERMINATED: ("terminated", ""),
    }
)


class SegcliError(Exception):
    """An expected failure: `lines` are what the user reads, `code` is the exit status."""

    code = Exit.BUG

    @property
    def lines(self) -> Sequence[str]:
        """One line per problem, without the program's name."""
        return [str(self)]


class UsageProblem(SegcliError):
    """The command line asks for something that cannot be done."""

    code = Exit.USAGE


class ConfigProblems(SegcliError):
    """Everything that is wrong with the settings, each as `file:line:column: key: what`."""

    code = Exit.USAGE

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)

    @property
    def lines(self) -> Sequence[str]:
        """The problems, in the order of the file."""
        return self.problems


class InputProblem(SegcliError):
    """An input that is missing, unreadable or unusable.

    Args:
        what: what is wrong, with what was found.
        source: the file's name; `line` its physical line (1-based); `column` the header's name.
        remedy: what to do about it.
    """

    code = Exit.INPUT

    def __init__(
        self,
        what: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: str | None = None,
        remedy: str = "",
    ) -> None:
        place = "" if source is None else f"{source}:{line}: " if line is not None else f"{source}: "
        named = "" if column is None else f"column '{column}': "
        super().__init__(f"{place}{named}{what}{'. ' + remedy if remedy else ''}")
        self.what, self.source, self.line, self.column = what, source, line, column
        self.values: Sequence[str] = ()

    def quoting(self, values: Sequence[str]) -> Self:
        """The same problem, which knows the texts of the input that it quotes: some readers may not see them."""
        self.values = values
        return self


class ExportProblem(SegcliError):
    """A destination would refuse the file; none is written."""

    code = Exit.INPUT


class GateFailed(SegcliError):
    """Everything was done and written, but a declared gate did not pass."""

    code = Exit.GATE


class EnvironmentProblem(SegcliError):
    """Disk, memory or permissions stood in the way; earlier output is intact."""

    code = Exit.ENVIRONMENT


class Locked(SegcliError):
    """Another run holds the output folder."""

    code = Exit.LOCKED
