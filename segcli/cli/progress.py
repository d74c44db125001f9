"""What a long step is at, on stderr: a line that comes after a second, for people only, and goes without a trace."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

from segcli.cli.options import Asked

PATIENCE = 1.0  # seconds in which nothing need be said
EVERY = 0.2
MARKS = "|/-\\"
CLEARED = "\r\x1b[K"


@contextlib.contextmanager
def step(name: str, asked: Asked) -> Iterator[None]:
    """Say what is being done if it takes long and somebody is looking."""
    if not _is_watched(asked):
        yield
        return
    over = threading.Event()
    told = threading.Thread(target=_tell, args=(name, over), daemon=True)
    told.start()
    try:
        yield
    finally:
        over.set()
        told.join()


def _is_watched(asked: Asked) -> bool:
    """Whether stderr is a terminal that can take a line back, and its reader wants to be told."""
    wanted = not asked.quiet and asked.log_format == "text"
    return wanted and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _tell(name: str, over: threading.Event) -> None:
    """The line, with the seconds since the step began, until it is over."""
    began, pause, turn = time.monotonic(), PATIENCE, 0
    while not over.wait(pause):
        _show(f"{CLEARED}{MARKS[turn % len(MARKS)]} {name} ({time.monotonic() - began:.0f} s)")
        pause, turn = EVERY, turn + 1
    if turn:
        _show(CLEARED)


def _show(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # a terminal that went away must not cost the result
        sys.stderr.write(text)
        sys.stderr.flush()
