"""Work on several cores gives what the same work gives one thing after another."""

import threading
import time
from collections.abc import Iterator

import pytest

from segcli.parallel import RESULTS_PER_CORE, map_ordered


def test_results_come_in_the_order_of_the_things_whichever_is_done_first() -> None:
    def slow_first(thing: int) -> int:
        time.sleep(0.02 if thing == 0 else 0)
        return thing * thing

    assert list(map_ordered(slow_first, range(20))) == [thing * thing for thing in range(20)]
    assert list(map_ordered(slow_first, [])) == []


def test_an_error_comes_where_its_result_would_have_come() -> None:
    made = map_ordered(lambda thing: 6 // thing, [1, 2, 0, 3])
    assert [next(made), next(made)] == [6, 3]
    with pytest.raises(ZeroDivisionError):
        next(made)


def test_only_a_few_things_are_taken_before_somebody_takes_their_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyarrow.cpu_count", lambda: 2)
    taken = []

    def things() -> Iterator[int]:
        for thing in range(100):
            taken.append(thing)
            yield thing

    made = map_ordered(str, things())
    assert next(made) == "0"
    assert len(taken) == 2 * RESULTS_PER_CORE + 1
    made.close()  # type: ignore[attr-defined]
    assert len(taken) == 2 * RESULTS_PER_CORE + 1


def test_as_many_threads_work_as_are_wanted_and_one_is_the_caller() -> None:
    met = threading.Barrier(3)
    assert sorted(map_ordered(lambda _: met.wait(timeout=5), range(3), threads=3)) == [0, 1, 2]
    assert set(map_ordered(lambda _: threading.get_ident(), range(3), threads=1)) == {threading.get_ident()}
