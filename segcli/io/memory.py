"""Check and tune the memory of the process.

Threads that read chunks allocate and free the same few megabytes repeatedly. By default glibc returns such memory to
the system and requests it again each time, which took a fifth of the CPU time of reading 20 million lines.
"""

import contextlib
import ctypes
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from segcli.errors import EnvironmentProblem
from segcli.io.system_modules import import_if_available
from segcli.message import detail_message

# Checks before loading a file, so that the run fails early instead of being killed by the system
GIB = 2**30
MIN_ADDRESS_SPACE = (
    900 * 2**20
)  # bytes of address space; with less, libraries end the process without an error (measured)
THREADS_ADDRESS_SPACE = 4 * GIB  # bytes; each thread reserves address space, and libraries abort or hang if that fails
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS")
_resource = import_if_available("resource")  # not on Windows
UNKNOWN_MEMORY_NOTE = detail_message(
    "this system does not report free memory: segcli does not check in advance whether the input fits; "
    "hint: set ingest.memory to limit what segcli keeps in memory"
)
PROC_FOLDER, CGROUP_FOLDER = Path("/proc"), Path("/sys/fs/cgroup")


def require_memory(name: str, text_bytes: int, memory_per_byte: float) -> None:
    """Reject a file that needs more memory than is available.

    Args:
        name: name of the file, for the message.
        text_bytes: size of its text in bytes.
        memory_per_byte: bytes of memory needed per byte of text.

    Raises:
        EnvironmentProblem: with the required and the available memory.
    """
    available = available_memory()
    required = text_bytes * memory_per_byte
    if available is not None and required > available:
        raise EnvironmentProblem(
            f"{name}: not enough memory: {text_bytes / GIB:,.2f} GiB of text need about {required / GIB:,.1f} GiB, but "
            f"{available / GIB:,.1f} GiB are free; hint: split the file by customer, or disable this check with "
            "--set ingest.transactions.memory_guard=false"
        )


def require_address_space() -> None:
    """Reject a limit on address space (ulimit -v) that is too low; under a low limit, use one thread.

    Raises:
        EnvironmentProblem: if the limit is lower than what the libraries need.
    """
    soft_limit = _address_space_limit()
    if soft_limit is None or soft_limit >= THREADS_ADDRESS_SPACE:
        return
    if soft_limit < MIN_ADDRESS_SPACE:
        raise EnvironmentProblem(
            f"address space limited to {soft_limit // 1024:,} kB, "
            f"but segcli needs at least {MIN_ADDRESS_SPACE // 1024:,} kB; "
            "hint: raise the limit with ulimit -v"
        )
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))


def _address_space_limit() -> int | None:
    """Return the limit on address space in bytes; None if there is none, or the system has no such limits."""
    if _resource is None:
        return None
    soft_limit: int = _resource.getrlimit(_resource.RLIMIT_AS)[0]
    return None if soft_limit == _resource.RLIM_INFINITY else soft_limit


def available_memory() -> int | None:
    """Return the bytes of memory that this process can still allocate; None if unknown."""
    return min(_memory_limits(), default=None)


def _memory_limits() -> Iterator[int]:
    """Yield the bytes that each limit (address space, control group, system) still allows."""
    soft_limit = _address_space_limit()
    with contextlib.suppress(OSError, ValueError, IndexError):
        used_bytes = int((PROC_FOLDER / "self/statm").read_text(encoding="ascii").split()[0]) * mmap.PAGESIZE
        if soft_limit is not None:
            yield max(soft_limit - used_bytes, 0)
    with contextlib.suppress(OSError, ValueError):  # "max" is not a number: no limit
        group_limit = int((CGROUP_FOLDER / "memory.max").read_text(encoding="ascii"))
        yield max(group_limit - int((CGROUP_FOLDER / "memory.current").read_text(encoding="ascii")), 0)
    with contextlib.suppress(OSError, StopIteration):
        lines = (PROC_FOLDER / "meminfo").read_text(encoding="ascii").splitlines()
        yield int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)
NO_GLIBC_ERRORS = (AttributeError, OSError, TypeError)  # other C libraries lack these functions; Windows needs a name
REUSED_BYTES = 512 << 20
MAX_REUSED_BLOCK = 32 << 20  # maximum that glibc allows


def keep_freed_memory() -> None:
    """Keep freed memory in the process for reuse; `release_memory` returns it to the system."""
    with contextlib.suppress(*NO_GLIBC_ERRORS):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, REUSED_BYTES)
        libc.mallopt(M_MMAP_THRESHOLD, MAX_REUSED_BLOCK)


def release_memory() -> None:
    """Return freed memory to the system, before large arrays are allocated that would not fit into its gaps."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with contextlib.suppress(*NO_GLIBC_ERRORS):
        ctypes.CDLL(None).malloc_trim(0)
