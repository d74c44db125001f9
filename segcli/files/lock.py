"""One run at a time per output folder."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import Locked
from segcli.files.write import environment

NAME = ".segcli-lock"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for the length of a run; the system lets go even when the run is killed.

    Raises:
        Locked: another run holds it.
    """
    with environment(str(folder)):
        file = (folder / NAME).open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(
                f"{folder}: another run is writing here; skipped. Wait for it, or write to another folder with -o"
            ) from None
        yield
