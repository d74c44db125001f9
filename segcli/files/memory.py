"""Whether there is memory enough for a file, asked before it is loaded and not when the system kills the run."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import EnvironmentProblem

GIB = 2**30
LEAST_SPACE = 900 * 2**20  # bytes of address space; with less, libraries end the process without an error (measured)
SPACE_FOR_THREADS = 4 * GIB  # each thread reserves address space, and libraries abort or hang if that fails
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS")
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


def require_address_space() -> None:
    """Refuse a limit on address space (ulimit -v) that is too small, and use one thread under a small one.

    Raises:
        EnvironmentProblem: the limit is smaller than what the libraries need.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or soft >= SPACE_FOR_THREADS:
        return
    if soft < LEAST_SPACE:
        raise EnvironmentProblem(
            f"the limit on address space is {soft // 1024:,} kB, and segcli needs at least {LEAST_SPACE // 1024:,} kB. "
            "Raise it with ulimit -v"
        )
    os.environ.update(dict.fromkeys(THREADS, "1"))


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
