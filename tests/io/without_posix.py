"""Make this process look like one on Windows, or on a system without file locks, as far as segcli depends on it.

Run a program with it: `python tests/io/without_posix.py windows -m segcli rfm orders.csv`. Run tests with it, and all
processes that they start: `pytest --without-posix`.
"""

import errno
import fcntl
import os
import runpy
import shutil
import signal
import stat
import subprocess
import sys
import tempfile  # noqa: F401 - keeps flags of os
import zoneinfo  # noqa: F401 - looks for folders
from pathlib import Path
from types import ModuleType
from typing import Any

POSIX_MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty")
POSIX_NAMES = ("mkfifo", "pread", "O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY")
_flock, _EXCLUSIVE = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
_open = os.open
_start_process = subprocess.Popen.__init__
STARTUP_FOLDER = Path(__file__).with_name("windows_like")


def build_msvcrt() -> ModuleType:
    """The part of Windows' module that locks files, on the locks of this system."""

    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (module.LK_NBLCK, 1)  # type: ignore[attr-defined]
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        try:
            _flock(descriptor, _EXCLUSIVE)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None

    module = ModuleType("msvcrt")
    module.LK_NBLCK, module.locking = 2, locking  # type: ignore[attr-defined]
    return module


def open_files_only(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
    """Open a file; Windows opens no folders."""
    descriptor = _open(path, flags, *arguments, **options)
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return descriptor


def block_posix(*, has_windows_locks: bool) -> None:
    """Block the import of POSIX modules, and remove the functions that Windows lacks."""
    for name in POSIX_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # this is how an import is blocked
    if has_windows_locks:
        sys.modules["msvcrt"] = build_msvcrt()
    for name in POSIX_NAMES:
        delattr(os, name)
    del signal.SIGPIPE
    os.open = open_files_only
    shutil._use_fd_functions = False  # type: ignore[attr-defined]  # it opens folders


def block_posix_in_processes() -> None:
    """Do so in this process, and in each Python process that it starts, whatever environment that gets."""
    block_posix(has_windows_locks=True)

    def start_process(process: Any, *arguments: Any, env: Any = None, **options: Any) -> None:
        environment = dict(os.environ if env is None else env)
        paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(STARTUP_FOLDER), *paths]))
        _start_process(process, *arguments, env=environment, **options)

    subprocess.Popen.__init__ = start_process  # type: ignore[method-assign]


if __name__ == "__main__":
    block_posix(has_windows_locks=sys.argv[1] == "windows")
    sys.argv = sys.argv[3:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
