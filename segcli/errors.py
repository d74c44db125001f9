"""Types of user-facing errors, each with its documented exit code.

Any other exception is a bug (exit code 1). The CLI prints each error as one line.
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


# Meaning of each code, and how a cron job should react.
EXIT_CODE_MEANINGS: Mapping[ExitCode, tuple[str, str]] = MappingProxyType(
    {
        ExitCode.DONE: ("done; repaired and excluded lines are counted on stderr and in run.json", "carry on"),
        ExitCode.BUG: ("a bug; --debug shows the traceback", "report it"),
        ExitCode.USAGE: ("usage or config error; nothing was read or written", "fix the command or the config"),
        ExitCode.INPUT: ("input missing, unreadable or over the reject limit; no output was replaced", "fix the data"),
        ExitCode.GATE: (
            "results written, but a declared gate failed: quality, privacy, drift, fairness or an empty export",
            "inspect the report",
        ),
        ExitCode.ENVIRONMENT: (
            "environment: disk full, no permission or out of memory; the previous output is intact",
            "retry",
        ),
        ExitCode.LOCKED: ("another run has locked the output folder", "skip"),
        ExitCode.INTERRUPTED: ("interrupted", ""),
        ExitCode.PIPE_CLOSED: ("the reader closed the pipe", ""),
        ExitCode.TERMINATED: ("terminated", ""),
    }
)


class SegcliError(Exception):
    """Expected failure: `message_lines` are printed to the user, `code` is the exit status."""

    code = ExitCode.BUG

    @property
    def message_lines(self) -> Sequence[str]:
        """One line per problem, without the program's name."""
        return [str(self)]


class UsageProblem(SegcliError):
    """Command line that requests something impossible."""

    code = ExitCode.USAGE


class ConfigProblems(SegcliError):
    """All problems in the settings, each as `file:line:column: key: problem`."""

    code = ExitCode.USAGE

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)

    @property
    def message_lines(self) -> Sequence[str]:
        """The problems, in the order of the file."""
        return self.problems


class InputProblem(SegcliError):
    """Missing, unreadable or unusable input.

    Args:
        problem: description of the problem, with the value found.
        source: name of the file.
        line: physical line in the file (1-based).
        column: name of the column in the header.
        remedy: suggested fix.
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
        super().__init__(f"{place}{column_text}{problem}{'; hint: ' + remedy if remedy else ''}")
        self.what, self.source, self.line, self.column = problem, source, line, column
        self.values: Sequence[str] = ()

    def with_quoted_values(self, input_texts: Sequence[str]) -> Self:
        """Record the input values that the message quotes, so that they can be masked; return the problem itself."""
        self.values = input_texts
        return self


class ExportProblem(SegcliError):
    """Export that the destination would reject; no file is written."""

    code = ExitCode.INPUT


class GateFailure(SegcliError):
    """Failed gate: all results are computed and written, but a declared gate did not pass."""

    code = ExitCode.GATE


class EnvironmentProblem(SegcliError):
    """Failure of disk, memory or permissions; earlier output is intact."""

    code = ExitCode.ENVIRONMENT


class LockProblem(SegcliError):
    """Output folder that is locked by another run."""

    code = ExitCode.LOCKED
