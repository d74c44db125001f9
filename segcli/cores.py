"""Work spread over the cores of the machine: Arrow and NumPy let go of the interpreter, so threads do."""

import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

RESULTS_PER_CORE = 2  # results per core that may wait for whoever takes them

Item = TypeVar("Item")
Result = TypeVar("Result")
OtherResult = TypeVar("OtherResult")


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[Result]:
    """What `function` makes of each thing, in their order, whichever is done first.

    Few results are there at a time, however slow their reader; an error comes where its result would have come.

    Args:
        function: function of one thing.
        items: its arguments, one for each call.
        threads: number of threads; 1 is the thread of the caller. Default: one for each core.
    """
    import pyarrow as pa

    cores = threads or pa.cpu_count()  # as many as OMP_NUM_THREADS allows
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


def run_both(background: Callable[[], Result], foreground: Callable[[], OtherResult]) -> tuple[Result, OtherResult]:
    """What both make, worked out at the same time."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(background)
        foreground_result = foreground()
        return waiting.result(), foreground_result


@contextlib.contextmanager
def limit_blas_threads() -> Iterator[None]:
    """Limit the libraries of linear algebra to one thread: sums split over threads differ in their last bits."""
    with _find_threadpools().limit(limits=1):
        yield


_threadpool_cache: tuple[int, Any] = (0, None)  # a number of imported modules, and the libraries that were loaded then


def _find_threadpools() -> Any:  # noqa: ANN401 - of a library that is imported late
    """The libraries with threads of their own; looking for them takes long, and new ones come with new modules only."""
    global _threadpool_cache  # noqa: PLW0603 - a cache
    from threadpoolctl import ThreadpoolController

    module_count = len(sys.modules)
    if _threadpool_cache[0] != module_count:
        _threadpool_cache = module_count, ThreadpoolController()
    return _threadpool_cache[1]
