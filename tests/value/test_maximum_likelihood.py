"""The search for the likeliest parameters, on hills whose tops are known, and what is said of its end."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from segcli.value import maximum_likelihood as fitting
from segcli.value.maximum_likelihood import LikelihoodOptimum, fit_order_model, maximise_likelihood
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
    assert found.convergence_note == "all 2 starts reached the same parameters"
    assert maximise_likelihood(hill, known, STARTS[:1], ROWS).convergence_note == "the search reached the maximum"


@pytest.mark.parametrize("known", [None, slopes])
def test_where_the_likelihood_is_no_number_nothing_is_found(known: fitting.GradientFunction | None) -> None:
    """Beyond a = 40, where the first start is; the other one finds the top, and that one alone."""

    def torn(at: Mapping[str, float]) -> float:
        return hill(at) + 0 * float(np.sqrt(40 - at["a"]))

    def torn_slopes(at: Mapping[str, float]) -> tuple[float, np.ndarray]:
        return torn(at), slopes(at)[1]

    found = maximise_likelihood(torn, known and torn_slopes, STARTS[::-1], ROWS)
    assert found.parameters["a"] == pytest.approx(3.0, rel=1e-4)
    assert found.convergence_note == "1 of 2 starts reached the same parameters"


def test_of_two_tops_the_higher_one_is_kept() -> None:
    def two(at: Mapping[str, float]) -> float:
        place = np.log(at["a"])
        return float(-ROWS * ((place**2 - 1) ** 2 - place / 10))

    found = maximise_likelihood(two, None, [{"a": 0.35}, {"a": 3.0}, {"a": 0.37}], ROWS)
    assert found.parameters["a"] == pytest.approx(np.e, rel=0.02)
    assert found.convergence_note == "1 of 3 starts reached the same parameters"


@pytest.mark.parametrize(("rises", "edge"), [(1.0, 1e5), (-1.0, 1e-4)])
def test_a_parameter_that_runs_away_is_named(rises: float, edge: float) -> None:
    found = maximise_likelihood(lambda at: rises * np.log(at["a"]) - np.log(at["b"]) ** 2, None, STARTS, 1.0)
    assert found.parameters["a"] == pytest.approx(edge)
    assert found.convergence_note.startswith("did not converge: a reached a bound")
    assert not found.converged
    assert LikelihoodOptimum({"a": 1.02e-4, "b": 0.98e5}, 0.0, 1, 1).converged
    assert (
        LikelihoodOptimum({"a": 1.02e-4, "b": 0.98e5}, 0.0, 1, 1).convergence_note == "the search reached the maximum"
    )
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
    assert by_part.ended == whole.ended == "all 3 starts reached the same parameters"
    each = HistoryGroups(
        *(np.repeat(one, some.customer_counts.astype(int)) for one in (some.x, some.t_x, some.T)), np.ones(900)
    )
    assert fit_order_model("mbg_nbd", each, [whole.parameters]).log_likelihood == pytest.approx(
        whole.log_likelihood, rel=1e-8
    )
    assert fit_order_model("mbg_nbd", some, [whole.parameters]).ended == "the search reached the maximum"


def test_a_flat_likelihood_is_not_called_converged() -> None:
    """All customers bought once more, after a while that is the same for all: nothing shows when anybody leaves."""
    end = np.linspace(30, 60, 200)
    same = HistoryGroups(np.ones(200), np.full(200, 10.0), end, np.ones(200))
    found = fit_order_model("bg_nbd", same)
    assert not found.converged
    assert found.ended.startswith("did not converge")
    assert fit_order_model("mbg_nbd", groups(600)).converged


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
@pytest.mark.parametrize("kind", ["once", "all alike", "never leave", "two orders"])
def test_the_work_of_a_fit_is_bounded(model: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in evaluations of the likelihood, not in seconds."""
    chance = np.random.default_rng(3)
    x = {
        "once": (chance.random(500) < 0.03) * 1.0,
        "all alike": np.full(500, 4.0),
        "never leave": chance.poisson(50, 500) * 1.0,
        "two orders": np.ones(500),
    }[kind]
    end = chance.uniform(20, 100, 500)
    histories = HistoryGroups(x, np.where(x > 0, end * chance.uniform(0.1, 0.99, 500), 0.0), end, np.ones(500))
    calls = []
    make = fitting._make_likelihood

    def counted(*arguments: object) -> tuple[object, object]:
        total, gradient = make(*arguments)  # type: ignore[arg-type]
        return total, lambda at: (calls.append(1), gradient(at))[1]  # type: ignore[misc,func-returns-value]

    monkeypatch.setattr(fitting, "_make_likelihood", counted)
    found = fit_order_model(model, histories)
    assert len(calls) <= 4 * (fitting.MAX_EVALUATIONS + 25) + 8
    assert np.isfinite(found.log_likelihood)


def test_a_sample_of_customers_has_all_kinds_in_proportion() -> None:
    some = groups(600)
    part = some.sample_customers(300)
    assert part.customer_counts.sum() == pytest.approx(some.customer_counts.sum())
    assert len(part.x) <= 300
    for of in ("x", "t_x", "T"):
        whole = np.average(getattr(some, of), weights=some.customer_counts)
        assert np.average(getattr(part, of), weights=part.customer_counts) == pytest.approx(whole, rel=0.15)
