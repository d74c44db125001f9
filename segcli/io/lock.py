"""Lock output folders, so that only one run writes to a folder at a time."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import LockProblem
from segcli.io import file_lock
from segcli.io.write import report_write_errors
from segcli.message import message

LOCK_FILE = ".segcli-lock"
FOLDER_LOCK_FILE = ".segcli-folder-lock"  # stands for the folder itself on Windows, which cannot lock folders
LOCK_FILES = (LOCK_FILE, FOLDER_LOCK_FILE)
NO_LOCKS_NOTE = message("this system has no file locks: do not start two runs with one output folder at the same time")
_OPEN_FLAGS = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@contextlib.contextmanager
def lock_directory(folder: Path) -> Iterator[None]:
    """Lock a folder for the duration of a run; the system releases the lock even if the run is killed.

    The lock file is never opened through a symbolic link and never truncated, because anyone who can write to the
    folder could replace it with a link to another file.

    Raises:
        LockProblem: if another run holds the lock.
        EnvironmentProblem: if the lock file cannot be opened, or is not a regular file.
    """
    with _open_lock_file(folder / LOCK_FILE) as descriptor:
        _acquire_lock(descriptor, folder)
        yield


@contextlib.contextmanager
def lock_directory_tree(folder: Path) -> Iterator[list[Path]]:
    """Lock a folder and the folders of all runs below it, and return them; on Windows by a lock file.

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
        file_lock.acquire_lock(descriptor, waits=True)
        yield


@contextlib.contextmanager
def _open_lock_file(path: Path) -> Iterator[int]:
    with report_write_errors(str(path)):
        if not hasattr(os, "O_NOFOLLOW") and path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        descriptor = os.open(path, _OPEN_FLAGS, 0o666)
    with _close_at_end(descriptor):
        yield descriptor


@contextlib.contextmanager
def _open_directory(folder: Path) -> Iterator[int]:
    if not file_lock.CAN_LOCK_FOLDERS:
        lock_path = folder / FOLDER_LOCK_FILE
        try:
            with _open_lock_file(lock_path) as descriptor:
                yield descriptor
        finally:
            with contextlib.suppress(OSError):  # Windows does not remove a file that another process has open
                lock_path.unlink()
        return
    with report_write_errors(str(folder)):
        descriptor = os.open(folder, os.O_RDONLY)
    with _close_at_end(descriptor):
        yield descriptor


@contextlib.contextmanager
def _close_at_end(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire_lock(descriptor: int, folder: Path) -> None:
    if not file_lock.acquire_lock(descriptor, waits=False):
        raise LockProblem(
            f"{folder}: locked by another run, so this run is skipped; "
            "hint: wait for it, or write to another folder with -o"
        )
