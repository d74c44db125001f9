"""Progress of long work: how much of it is expected and done, in any unit, for whoever shows it.

The code that does the work counts; it neither knows nor changes what is shown. Counts do not affect results.
"""

import threading

_lock = threading.Lock()
_expected = 0.0
_done = 0.0


def start_step() -> None:
    """Begin a new step, of which nothing is known yet."""
    global _expected, _done  # noqa: PLW0603 - there is one screen
    with _lock:
        _expected = _done = 0.0


def expect_work(amount: float) -> None:
    """Add work to the current step."""
    global _expected  # noqa: PLW0603 - there is one screen
    with _lock:
        _expected += amount


def advance(amount: float) -> None:
    """Count work as done."""
    global _done  # noqa: PLW0603 - there is one screen
    with _lock:
        _done += amount


def read_share() -> float | None:
    """Return the share of the expected work that is done, at most 1; None if none is expected.

    >>> start_step()
    >>> expect_work(4)
    >>> advance(1)
    >>> read_share()
    0.25
    """
    with _lock:
        return min(_done / _expected, 1.0) if _expected else None
