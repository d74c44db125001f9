"""Memory that is free inside the process, given back to the system: for the little left by pieces, put together."""

import contextlib
import ctypes


def give_back() -> None:
    """Hand over what has been freed, where the C library can; whoever needs large arrays next finds no room in it."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with contextlib.suppress(AttributeError, OSError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
