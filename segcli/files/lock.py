"""One run at a time per output folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import Locked
from segcli.files.write import environment

NAME = ".segcli-lock"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for the length of a run; the system lets go even when the run is killed.

    The lock file is never followed through a symbolic link and never emptied, since anybody who may write to the
    folder could put a link to another file in its place.

    Raises:
        Locked: another run holds it.
        EnvironmentProblem: the lock file cannot be opened, or is not a regular file.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with environment(str(folder / NAME)):
        file = os.fdopen(os.open(folder / NAME, flags, 0o666), "w")
    with file:
        _lock(file.fileno(), folder)
        yield


@contextlib.contextmanager
def lock_below(folder: Path) -> Iterator[list[Path]]:
    """Hold a folder and the folder of every run below it; return them. No file is added to the folder.

    Raises:
        Locked: a run, or another process that holds the folder in this way, is at work.
    """
    runs = sorted(path.parent for path in folder.rglob(NAME))
    with contextlib.ExitStack() as stack:
        _lock(stack.enter_context(_directory(folder)), folder)
        for run in runs:
            stack.enter_context(held(run))
        yield list(dict.fromkeys([folder, *runs]))


@contextlib.contextmanager
def wait_for_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process is in `wait_for_turn` for this folder."""
    with _directory(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _directory(folder: Path) -> Iterator[int]:
    with environment(str(folder)):
        handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(
            f"{folder}: another run is writing here; skipped. Wait for it, or write to another folder with -o"
        ) from None
