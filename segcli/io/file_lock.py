"""Exclusive locks on open files: flock on POSIX systems, msvcrt on Windows.

The library filelock is not used, because it cannot lock a folder without adding a file to it.
"""

import os
import time

from segcli.io.system_modules import import_if_available

_fcntl, _msvcrt = import_if_available("fcntl"), import_if_available("msvcrt")
HAS_LOCKS = (_fcntl or _msvcrt) is not None
CAN_LOCK_FOLDERS = _fcntl is not None
RETRY_SECONDS = 0.05  # between two attempts on Windows, which can wait for a lock only by trying again
LOCKED_BYTES = 1


def acquire_lock(descriptor: int, *, waits: bool) -> bool:
    """Lock an open file until it is closed; the system releases the lock even if the process is killed.

    Args:
        descriptor: descriptor of the file, or of a folder if `CAN_LOCK_FOLDERS`.
        waits: whether to wait for another process that holds the lock.

    Returns:
        Whether the file is locked; True without a lock if the system has none.
    """
    if _fcntl is not None:
        try:
            _fcntl.flock(descriptor, _fcntl.LOCK_EX | (0 if waits else _fcntl.LOCK_NB))
        except BlockingIOError:
            return False
    elif _msvcrt is not None:
        while not _try_windows_lock(descriptor):
            if not waits:
                return False
            time.sleep(RETRY_SECONDS)
    return True


def _try_windows_lock(descriptor: int) -> bool:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        _msvcrt.locking(descriptor, _msvcrt.LK_NBLCK, LOCKED_BYTES)
    except PermissionError:
        return False
    return True
