"""Warnings of libraries, which programmers need: people get a note where results may suffer, and --debug shows all."""

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TextIO

MATTERING = frozenset({"ConvergenceWarning", "OptimizeWarning", "IntegrationWarning", "LinAlgWarning"})
OVERFLOW = "overflow"  # in the text of numpy's RuntimeWarning


@contextlib.contextmanager
def caught(arguments: Sequence[str]) -> Iterator[None]:
    """Keep warnings of libraries off stderr; print notes on those that matter once the work is done.

    Args:
        arguments: of the command line, where --debug, --quiet and --log-format are looked for.
    """
    before, found = warnings.showwarning, list[warnings.WarningMessage]()

    def collect(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        found.append(warnings.WarningMessage(message, category, filename, lineno, file, line))

    warnings.showwarning = collect
    try:
        yield
    finally:
        warnings.showwarning = before
        for label, text in _lines(found, arguments):
            _print(label, text, arguments)


def _lines(found: Sequence[warnings.WarningMessage], arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Return labels and texts, each once."""
    if "--debug" in arguments:
        lines = [("debug", f"{one.filename}:{one.lineno}: {one.category.__name__}: {one.message}") for one in found]
    elif "--quiet" in arguments or "-q" in arguments:
        lines = []
    else:
        lines = [
            ("note", f"a computation may be imprecise ({_first_line(one)}); --debug shows where")
            for one in found
            if _matters(one)
        ]
    return list(dict.fromkeys(lines))


def _matters(one: warnings.WarningMessage) -> bool:
    is_overflow = issubclass(one.category, RuntimeWarning) and OVERFLOW in str(one.message)
    return is_overflow or one.category.__name__ in MATTERING


def _first_line(one: warnings.WarningMessage) -> str:
    lines = str(one.message).strip().splitlines()
    return f"{Path(one.filename).stem}: {lines[0].rstrip('.')}" if lines else one.category.__name__


def _print(label: str, text: str, arguments: Sequence[str]) -> None:
    from segcli.reports.safe import printable

    as_json = "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments)
    line = json.dumps({"event": label, "message": text}) if as_json else f"{label:<10}{printable(text)}"
    with contextlib.suppress(OSError, AttributeError):  # a full disk behind stderr, or none
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - as streams prints
