"""Work spread over the cores of the machine: Arrow and NumPy let go of the interpreter, so threads do."""

import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

AHEAD = 2  # results per core that may wait for whoever takes them

Thing = TypeVar("Thing")
Made = TypeVar("Made")
Other = TypeVar("Other")


def in_order(work: Callable[[Thing], Made], things: Iterable[Thing], threads: int | None = None) -> Iterator[Made]:
    """What `work` makes of each thing, in their order, whichever is done first.

    Few results are there at a time, however slow their reader; an error comes where its result would have come.

    Args:
        work: function of one thing.
        things: its arguments, one for each call.
        threads: number of threads; 1 is the thread of the caller. Default: one for each core.
    """
    import pyarrow as pa

    cores = threads or pa.cpu_count()  # as many as OMP_NUM_THREADS allows
    if threads == 1:
        yield from map(work, things)
        return
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) > AHEAD * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def both(one: Callable[[], Made], other: Callable[[], Other]) -> tuple[Made, Other]:
    """What both make, worked out at the same time."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one)
        made = other()
        return waiting.result(), made


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Limit the libraries of linear algebra to one thread: sums split over threads differ in their last bits."""
    with _threadpools().limit(limits=1):
        yield


_limited: tuple[int, Any] = (0, None)  # a number of imported modules, and the libraries that were loaded then


def _threadpools() -> Any:  # noqa: ANN401 - of a library that is imported late
    """The libraries with threads of their own; looking for them takes long, and new ones come with new modules only."""
    global _limited  # noqa: PLW0603 - a cache
    from threadpoolctl import ThreadpoolController

    modules = len(sys.modules)
    if _limited[0] != modules:
        _limited = modules, ThreadpoolController()
    return _limited[1]
