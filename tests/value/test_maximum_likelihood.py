"""The search for the likeliest parameters, on hills whose tops are known, and what is said of its end."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from segcli.value import maximum_likelihood as fitting
from segcli.value.maximum_likelihood import LikelihoodOptimum, ModelFit, fit_order_model, maximise_likelihood
from segcli.value.purchase_summary import HistoryGroups
from tests.oracles.orders import simulated

ROWS = 7.0
Hill = Callable[[Mapping[str, float]], float]


def hill(at: Mapping[str, float]) -> float:
    """Highest, -70, at a = 3 and b = 0.5."""
    return -ROWS * (10 + np.log(at["a"] / 3) ** 2 + 2 * np.log(at["b"] / 0.5) ** 2)


def slopes(at: Mapping[str, float]) -> tuple[float, np.ndarray]:
    by = [-2 * ROWS * np.log(at["a"] / 3), -4 * ROWS * np.log(at["b"] / 0.5)]
    return hill(at), np.array(by)


STARTS = [{"a": 1.0, "b": 1.0}, {"a": 90.0, "b": 0.01}]


@pytest.mark.parametrize("known", [None, slopes])
def test_the_top_is_found_from_every_start(known: fitting.GradientFunction | None) -> None:
    found = maximise_likelihood(hill, known, STARTS, ROWS)
    assert found.parameters == pytest.approx({"a": 3.0, "b": 0.5}, rel=1e-4)
    assert found.log_likelihood == pytest.approx(-70.0, rel=1e-9)
    assert (found.agreeing_starts, found.start_count, found.hit_iteration_limit) == (2, 2, False)
    assert found.convergence_note == "converged: all 2 starts reached the same parameters"
    assert maximise_likelihood(hill, known, STARTS[:1], ROWS).convergence_note == "converged"


@pytest.mark.parametrize("known", [None, slopes])
def test_where_the_likelihood_is_no_number_nothing_is_found(known: fitting.GradientFunction | None) -> None:
    """Beyond a = 40, where the first start is; the other one finds the top, and that one alone."""

    def torn(at: Mapping[str, float]) -> float:
        return hill(at) + 0 * float(np.sqrt(40 - at["a"]))

    def torn_slopes(at: Mapping[str, float]) -> tuple[float, np.ndarray]:
        return torn(at), slopes(at)[1]

    found = maximise_likelihood(torn, known and torn_slopes, STARTS[::-1], ROWS)
    assert found.parameters["a"] == pytest.approx(3.0, rel=1e-4)
    assert found.convergence_note == "converged: 1 of 2 starts reached the same parameters"


def test_of_two_tops_the_higher_one_is_kept() -> None:
    def two(at: Mapping[str, float]) -> float:
        place = np.log(at["a"])
        return float(-ROWS * ((place**2 - 1) ** 2 - place / 10))

    found = maximise_likelihood(two, None, [{"a": 0.35}, {"a": 3.0}, {"a": 0.37}], ROWS)
    assert found.parameters["a"] == pytest.approx(np.e, rel=0.02)
    assert found.convergence_note == "converged: 1 of 3 starts reached the same parameters"


@pytest.mark.parametrize(("rises", "edge"), [(1.0, 1e5), (-1.0, 1e-4)])
def test_a_parameter_that_runs_away_is_named(rises: float, edge: float) -> None:
    found = maximise_likelihood(lambda at: rises * np.log(at["a"]) - np.log(at["b"]) ** 2, None, STARTS, 1.0)
    assert found.parameters["a"] == pytest.approx(edge)
    assert found.convergence_note.startswith("did not converge: a reached a bound")
    assert not ModelFit("x", found.parameters, 0.0, "").is_within_bounds
    assert ModelFit("x", {"a": 1.02e-4, "b": 0.98e5}, 0.0, "").is_within_bounds
    assert LikelihoodOptimum({"a": 1.02e-4, "b": 0.98e5}, 0.0, 1, 1).convergence_note == "converged"
    assert LikelihoodOptimum({"a": 1e-4, "b": 1e5}, 0.0, 1, 1).convergence_note.startswith(
        "did not converge: a, b reached"
    )


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "MAX_ITERATIONS", 1)
    found = maximise_likelihood(hill, slopes, [{"a": 90.0, "b": 0.01}], ROWS)
    assert found.convergence_note == "did not converge in 1 iterations: many parameters fit the data equally well"


def groups(size: int) -> HistoryGroups:
    planted = {"r": 0.8, "alpha": 6.0, "a": 1.6, "b": 4.0}
    end = np.random.default_rng(1).uniform(20, 60, size)
    orders = simulated("mbg_nbd", planted, size, end, 2)
    x = np.array([len(times) for times in orders], dtype=np.float64)
    last = np.array([times[-1] if times else 0.0 for times in orders])
    return HistoryGroups(x, last, end, np.where(np.arange(size) % 2, 1.0, 2.0))


def test_many_histories_are_fitted_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """All starts are tried on a part; all histories, and customers by their number, count in the end."""
    some = groups(600)
    whole = fit_order_model("mbg_nbd", some)
    monkeypatch.setattr(fitting, "MANY_HISTORIES", 500)
    monkeypatch.setattr(fitting, "SUBSAMPLE_SIZE", 200)
    by_part = fit_order_model("mbg_nbd", some)
    assert whole.model == by_part.model == "mbg_nbd"
    assert by_part.parameters == pytest.approx(whole.parameters, rel=0.02)
    assert by_part.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-3)
    assert by_part.ended == whole.ended == "converged: all 3 starts reached the same parameters"
    each = HistoryGroups(
        *(np.repeat(one, some.customer_counts.astype(int)) for one in (some.x, some.t_x, some.T)), np.ones(900)
    )
    assert fit_order_model("mbg_nbd", each, [whole.parameters]).log_likelihood == pytest.approx(
        whole.log_likelihood, rel=1e-8
    )
    assert fit_order_model("mbg_nbd", some, [whole.parameters]).ended == "converged"
