"""Lock output folders, so that only one run writes to a folder at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import LockProblem
from segcli.io.write import report_write_errors

LOCK_FILE = ".segcli-lock"


@contextlib.contextmanager
def lock_directory(folder: Path) -> Iterator[None]:
    """Lock a folder for the duration of a run; the system releases the lock even if the run is killed.

    The lock file is never opened through a symbolic link and never truncated, because anyone who can write to the
    folder could replace it with a link to another file.

    Raises:
        LockProblem: if another run holds the lock.
        EnvironmentProblem: if the lock file cannot be opened, or is not a regular file.
    """
    open_flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with report_write_errors(str(folder / LOCK_FILE)):
        lock_file = os.fdopen(os.open(folder / LOCK_FILE, open_flags, 0o666), "w")
    with lock_file:
        _acquire_lock(lock_file.fileno(), folder)
        yield


@contextlib.contextmanager
def lock_directory_tree(folder: Path) -> Iterator[list[Path]]:
    """Lock a folder and the folders of all runs below it, and return them; no file is added to the folder.

    Raises:
        LockProblem: if a run, or another process that locked the folder in this way, is active.
    """
    run_folders = sorted(path.parent for path in folder.rglob(LOCK_FILE))
    with contextlib.ExitStack() as stack:
        _acquire_lock(stack.enter_context(_open_directory(folder)), folder)
        for run_folder in run_folders:
            stack.enter_context(lock_directory(run_folder))
        yield list(dict.fromkeys([folder, *run_folders]))


@contextlib.contextmanager
def wait_for_directory(folder: Path) -> Iterator[None]:
    """Lock a folder, after waiting for all other processes that are in this function."""
    with _open_directory(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _open_directory(folder: Path) -> Iterator[int]:
    with report_write_errors(str(folder)):
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire_lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LockProblem(
            f"{folder}: locked by another run, so this run is skipped; "
            "hint: wait for it, or write to another folder with -o"
        ) from None
