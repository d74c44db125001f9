"""Run work on all CPU cores: Arrow and NumPy release the interpreter lock, so threads suffice."""

import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

RESULTS_PER_CORE = 2  # finished results per core that may wait for the consumer

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[Result]:
    """Apply `function` to each item in parallel, and yield the results in the order of the items.

    The number of waiting results is limited, however slow the consumer is; an exception is raised at the position of
    its result.

    Args:
        function: function of one item.
        items: arguments, one per call.
        threads: number of threads; 1 runs in the caller's thread. Default: one per core.
    """
    import pyarrow as pa

    cores = threads or pa.cpu_count()  # respects OMP_NUM_THREADS
    if threads == 1:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > RESULTS_PER_CORE * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextlib.contextmanager
def limit_blas_threads() -> Iterator[None]:
    """Limit linear algebra libraries to one thread: sums split over threads differ in their last bits."""
    with _find_threadpools().limit(limits=1):
        yield


_threadpool_cache: tuple[int, Any] = (0, None)  # number of imported modules, and the libraries loaded at that time


def _find_threadpools() -> Any:  # noqa: ANN401 - type of a library that is imported late
    """Return the libraries with thread pools; the search is slow, so repeat it only after new modules are imported."""
    global _threadpool_cache  # noqa: PLW0603 - a cache
    from threadpoolctl import ThreadpoolController

    module_count = len(sys.modules)
    if _threadpool_cache[0] != module_count:
        _threadpool_cache = module_count, ThreadpoolController()
    return _threadpool_cache[1]
