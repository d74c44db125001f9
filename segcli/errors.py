"""The kinds of error a user can meet, each with its documented exit code.

Anything else that escapes is a bug (exit 1). The shell turns these into one line each.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Self


class ExitCode(IntEnum):
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
EXIT_CODE_MEANINGS: Mapping[ExitCode, tuple[str, str]] = MappingProxyType(
    {
        ExitCode.DONE: ("done; what was repaired or left out is counted on standard error and in run.json", "carry on"),
        ExitCode.BUG: ("a bug; --debug shows the traceback", "report it"),
        ExitCode.USAGE: ("usage or config error; nothing was read or written", "fix the command or the config"),
        ExitCode.INPUT: ("input missing, unreadable or over the reject limit; no output was replaced", "fix the data"),
        ExitCode.GATE: ("ran, but a declared gate failed: quality, privacy, drift or fairness", "look at it"),
        ExitCode.ENVIRONMENT: ("environment: disk full, permission, memory; the previous output is intact", "retry"),
        ExitCode.LOCKED: ("another run holds the lock of the output folder", "skip"),
        ExitCode.INTERRUPTED: ("interrupted", ""),
        ExitCode.PIPE_CLOSED: ("the reader of the pipe went away", ""),
        ExitCode.TERMINATED: ("terminated", ""),
    }
)


class SegcliError(Exception):
    """An expected failure: `message_lines` are what the user reads, `code` is the exit status."""

    code = ExitCode.BUG

    @property
    def message_lines(self) -> Sequence[str]:
        """One line per problem, without the program's name."""
        return [str(self)]


class UsageProblem(SegcliError):
    """The command line asks for something that cannot be done."""

    code = ExitCode.USAGE


class ConfigProblems(SegcliError):
    """Everything that is wrong with the settings, each as `file:line:column: key: what`."""

    code = ExitCode.USAGE

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)

    @property
    def message_lines(self) -> Sequence[str]:
        """The problems, in the order of the file."""
        return self.problems


class InputProblem(SegcliError):
    """An input that is missing, unreadable or unusable.

    Args:
        what: what is wrong, with what was found.
        source: the file's name; `line` its physical line (1-based); `column` the header's name.
        remedy: what to do about it.
    """

    code = ExitCode.INPUT

    def __init__(
        self,
        problem: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: str | None = None,
        remedy: str = "",
    ) -> None:
        place = "" if source is None else f"{source}:{line}: " if line is not None else f"{source}: "
        column_text = "" if column is None else f"column '{column}': "
        super().__init__(f"{place}{column_text}{problem}{'. ' + remedy if remedy else ''}")
        self.what, self.source, self.line, self.column = problem, source, line, column
        self.values: Sequence[str] = ()

    def with_quoted_values(self, input_texts: Sequence[str]) -> Self:
        """The same problem, which knows the texts of the input that it quotes: some readers may not see them."""
        self.values = input_texts
        return self


class ExportProblem(SegcliError):
    """A destination would refuse the file; none is written."""

    code = ExitCode.INPUT


class GateFailure(SegcliError):
    """Everything was done and written, but a declared gate did not pass."""

    code = ExitCode.GATE


class EnvironmentProblem(SegcliError):
    """Disk, memory or permissions stood in the way; earlier output is intact."""

    code = ExitCode.ENVIRONMENT


class LockProblem(SegcliError):
    """Another run holds the output folder."""

    code = ExitCode.LOCKED
