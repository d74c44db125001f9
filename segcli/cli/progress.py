"""What a long step is at, on stderr: a line that comes after a second, for people only, and goes without a trace."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

from segcli.cli.options import CommonOptions

FIRST_DELAY_SECONDS = 1.0  # seconds in which nothing need be said
UPDATE_SECONDS = 0.2
SPINNER_MARKS = "|/-\\"
CLEAR_LINE = "\r\x1b[K"


@contextlib.contextmanager
def show_progress(step_name: str, common_options: CommonOptions) -> Iterator[None]:
    """Say what is being done if it takes long and somebody is looking."""
    if not _can_show_progress(common_options):
        yield
        return
    finished_event = threading.Event()
    update_thread = threading.Thread(target=_update_line, args=(step_name, finished_event), daemon=True)
    update_thread.start()
    try:
        yield
    finally:
        finished_event.set()
        update_thread.join()


def _can_show_progress(common_options: CommonOptions) -> bool:
    """Whether stderr is a terminal that can take a line back, and its reader wants to be told."""
    is_text_log = not common_options.quiet and common_options.log_format == "text"
    return is_text_log and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _update_line(step_name: str, finished_event: threading.Event) -> None:
    """The line, with the seconds since the step began, until it is over."""
    start_time, delay, update_count = time.monotonic(), FIRST_DELAY_SECONDS, 0
    while not finished_event.wait(delay):
        _write_line(
            f"{CLEAR_LINE}{SPINNER_MARKS[update_count % len(SPINNER_MARKS)]} "
            f"{step_name} ({time.monotonic() - start_time:.0f} s)"
        )
        delay, update_count = UPDATE_SECONDS, update_count + 1
    if update_count:
        _write_line(CLEAR_LINE)


def _write_line(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # a terminal that went away must not cost the result
        sys.stderr.write(text)
        sys.stderr.flush()
