"""Memory of the process: what glibc keeps for reuse, and what it returns to the system.

Threads that read chunks allocate and free the same few megabytes again and again. By default glibc returns such memory
to the system each time and asks for it again, which took a fifth of the CPU time of reading 20 million lines.
"""

import contextlib
import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
REUSED_BYTES = 512 << 20
MAX_REUSED_BLOCK = 32 << 20  # glibc allows no more


def keep_freed_memory() -> None:
    """Let the process reuse freed memory instead of returning it; `release_memory` returns it."""
    with contextlib.suppress(AttributeError, OSError):  # only glibc has it
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, REUSED_BYTES)
        libc.mallopt(M_MMAP_THRESHOLD, MAX_REUSED_BLOCK)


def release_memory() -> None:
    """Return freed memory to the system, before large arrays are allocated that would not fit into its gaps."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
