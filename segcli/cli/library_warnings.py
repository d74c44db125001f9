"""Warnings of libraries: users get a note if results may suffer, and --debug shows all warnings."""

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TextIO

IMPORTANT_WARNINGS = frozenset({"ConvergenceWarning", "OptimizeWarning", "IntegrationWarning", "LinAlgWarning"})
OVERFLOW_TEXT = "overflow"  # part of numpy's RuntimeWarning message


@contextlib.contextmanager
def capture_warnings(arguments: Sequence[str]) -> Iterator[None]:
    """Keep warnings of libraries off stderr; print notes on the important ones at the end.

    Args:
        arguments: command-line arguments, searched for --debug, --quiet and --log-format.
    """
    original_hook, captured_warnings = warnings.showwarning, list[warnings.WarningMessage]()

    def collect_warning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        captured_warnings.append(warnings.WarningMessage(message, category, filename, lineno, file, line))

    warnings.showwarning = collect_warning
    try:
        yield
    finally:
        warnings.showwarning = original_hook
        for label, text in _format_warnings(captured_warnings, arguments):
            _print_line(label, text, arguments)


def _format_warnings(
    captured_warnings: Sequence[warnings.WarningMessage], arguments: Sequence[str]
) -> list[tuple[str, str]]:
    """Return unique pairs of label and text."""
    if "--debug" in arguments:
        lines = [
            (
                "debug",
                (
                    f"{captured_warning.filename}:{captured_warning.lineno}: "
                    f"{captured_warning.category.__name__}: {captured_warning.message}"
                ),
            )
            for captured_warning in captured_warnings
        ]
    elif "--quiet" in arguments or "-q" in arguments:
        lines = []
    else:
        lines = [
            ("note", f"a computation may be imprecise ({_summarise_warning(captured_warning)}); --debug shows where")
            for captured_warning in captured_warnings
            if _is_important(captured_warning)
        ]
    return list(dict.fromkeys(lines))


def _is_important(captured_warning: warnings.WarningMessage) -> bool:
    is_overflow = issubclass(captured_warning.category, RuntimeWarning) and OVERFLOW_TEXT in str(
        captured_warning.message
    )
    return is_overflow or captured_warning.category.__name__ in IMPORTANT_WARNINGS


def _summarise_warning(captured_warning: warnings.WarningMessage) -> str:
    lines = str(captured_warning.message).strip().splitlines()
    return (
        f"{Path(captured_warning.filename).stem}: {lines[0].rstrip('.')}"
        if lines
        else captured_warning.category.__name__
    )


def _print_line(label: str, text: str, arguments: Sequence[str]) -> None:
    from segcli.formatting import escape_unprintable

    as_json = "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments)
    line = json.dumps({"event": label, "message": text}) if as_json else f"{label:<10}{escape_unprintable(text)}"
    with contextlib.suppress(OSError, AttributeError):  # stderr is on a full disk or missing
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - messages go to stderr
