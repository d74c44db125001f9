"""Whether there is memory enough for a file, asked before it is loaded and not when the system kills the run."""

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import EnvironmentProblem

GIB = 2**30
PROC, CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


def guard(name: str, size: int, per_byte: float) -> None:
    """Refuse a file that surely needs more memory than there is.

    Args:
        name: of the file, for the message.
        size: of its text in bytes.
        per_byte: bytes of memory that working on one byte of text takes.

    Raises:
        EnvironmentProblem: with what is needed and what is there.
    """
    there = free()
    needed = size * per_byte
    if there is not None and needed > there:
        raise EnvironmentProblem(
            f"{name}: {size / GIB:,.2f} GiB of text need about {needed / GIB:,.1f} GiB of memory, and "
            f"{there / GIB:,.1f} GiB are free. Split the file by customer, or try all the same with "
            "--set ingest.transactions.memory_guard=false"
        )


def free() -> int | None:
    """Bytes of memory that this process may still take; None where nobody says."""
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    """What this process may still take, by each authority that says so."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError, IndexError):
        taken = int((PROC / "self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        if soft != resource.RLIM_INFINITY:
            yield max(soft - taken, 0)
    with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit
        limit = int((CGROUP / "memory.max").read_text(encoding="ascii"))
        yield max(limit - int((CGROUP / "memory.current").read_text(encoding="ascii")), 0)
    with contextlib.suppress(OSError, StopIteration):
        lines = (PROC / "meminfo").read_text(encoding="ascii").splitlines()
        yield int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024
