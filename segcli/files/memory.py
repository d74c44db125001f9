"""Whether there is memory enough for a file, asked before it is loaded and not when the system kills the run."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import EnvironmentProblem

GIB = 2**30
MIN_ADDRESS_SPACE = (
    900 * 2**20
)  # bytes of address space; with less, libraries end the process without an error (measured)
THREADS_ADDRESS_SPACE = 4 * GIB  # each thread reserves address space, and libraries abort or hang if that fails
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS")
PROC_FOLDER, CGROUP_FOLDER = Path("/proc"), Path("/sys/fs/cgroup")


def require_memory(name: str, text_bytes: int, memory_per_byte: float) -> None:
    """Refuse a file that surely needs more memory than there is.

    Args:
        name: of the file, for the message.
        text_bytes: of its text in bytes.
        memory_per_byte: bytes of memory that working on one byte of text takes.

    Raises:
        EnvironmentProblem: with what is needed and what is there.
    """
    available = available_memory()
    required = text_bytes * memory_per_byte
    if available is not None and required > available:
        raise EnvironmentProblem(
            f"{name}: {text_bytes / GIB:,.2f} GiB of text need about {required / GIB:,.1f} GiB of memory, and "
            f"{available / GIB:,.1f} GiB are free. Split the file by customer, or try all the same with "
            "--set ingest.transactions.memory_guard=false"
        )


def require_address_space() -> None:
    """Refuse a limit on address space (ulimit -v) that is too small, and use one thread under a small one.

    Raises:
        EnvironmentProblem: the limit is smaller than what the libraries need.
    """
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft_limit == resource.RLIM_INFINITY or soft_limit >= THREADS_ADDRESS_SPACE:
        return
    if soft_limit < MIN_ADDRESS_SPACE:
        raise EnvironmentProblem(
            f"the limit on address space is {soft_limit // 1024:,} kB, "
            f"and segcli needs at least {MIN_ADDRESS_SPACE // 1024:,} kB. "
            "Raise it with ulimit -v"
        )
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))


def available_memory() -> int | None:
    """Bytes of memory that this process may still take; None where nobody says."""
    return min(_memory_limits(), default=None)


def _memory_limits() -> Iterator[int]:
    """What this process may still take, by each authority that says so."""
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError, IndexError):
        used_bytes = int((PROC_FOLDER / "self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        if soft_limit != resource.RLIM_INFINITY:
            yield max(soft_limit - used_bytes, 0)
    with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit
        group_limit = int((CGROUP_FOLDER / "memory.max").read_text(encoding="ascii"))
        yield max(group_limit - int((CGROUP_FOLDER / "memory.current").read_text(encoding="ascii")), 0)
    with contextlib.suppress(OSError, StopIteration):
        lines = (PROC_FOLDER / "meminfo").read_text(encoding="ascii").splitlines()
        yield int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024
