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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(
                f"{folder}: another run is writing here; skipped. Wait for it, or write to another folder with -o"
            ) from None
        yield
