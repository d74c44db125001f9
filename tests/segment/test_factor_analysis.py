"""Batteries of items against independent computations, and against attitudes that were planted."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.rules import RulesSettings
from segcli.customers import load_customers
from segcli.segment import rules
from segcli.segment.factor_analysis import (
    cronbach_alpha,
    fit_factors,
    kaiser_factor_count,
    kmo_measure,
    parallel_factor_count,
    rotate_varimax,
)
from tests.oracles.factors import maximum_likelihood
from tests.oracles.factors import varimax as oracle_varimax

ROOT = Path(__file__).parents[2]
Matrix = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def items() -> Matrix:
    """The ten planted items of the sample, complete answers only."""
    answers = pd.read_csv(ROOT / "sample_data" / "responses.csv")
    return answers[[f"q{n:02}" for n in range(1, 11)]].dropna().to_numpy(dtype=np.float64)


@pytest.mark.base("psychographic")
def test_alpha_by_hand() -> None:
    """Items 1,2,3 and 2,2,4: variances 1 and 4/3, of the sum 13/3: alpha = 2 (1 - 7/3 / 13/3) = 12/13."""
    assert cronbach_alpha(np.array([[1.0, 2], [2, 2], [3, 4]])) == pytest.approx(12 / 13)
    assert np.isnan(cronbach_alpha(np.ones((5, 3))))
    assert np.isnan(cronbach_alpha(np.array([[1.0], [2.0]])))


def test_alpha_is_that_of_mean_covariances(items: Matrix) -> None:
    """The other formula: k c / (v + (k - 1) c) with mean variance v and mean covariance c."""
    few = items[:, [0, 1, 2, 4]]
    covariances = np.cov(few, rowvar=False)
    v, c = np.diag(covariances).mean(), covariances[~np.eye(4, dtype=bool)].mean()
    assert cronbach_alpha(few) == pytest.approx(4 * c / (v + 3 * c))


@pytest.mark.base("psychographic")
def test_kmo_by_regressing_each_pair_on_the_rest(items: Matrix) -> None:
    plain, partial = 0.0, 0.0
    for one in range(10):
        for other in range(one):
            rest = [n for n in range(10) if n not in {one, other}]
            design = np.column_stack([np.ones(len(items)), items[:, rest]])
            residuals = [
                items[:, n] - design @ np.linalg.lstsq(design, items[:, n], rcond=None)[0] for n in (one, other)
            ]
            plain += np.corrcoef(items[:, one], items[:, other])[0, 1] ** 2
            partial += np.corrcoef(*residuals)[0, 1] ** 2
    assert kmo_measure(items) == pytest.approx(plain / (plain + partial))


def test_planted_attitudes_are_counted_and_noise_has_none(items: Matrix) -> None:
    assert (kaiser_factor_count(items), parallel_factor_count(items)) == (2, 2)
    assert parallel_factor_count(np.random.default_rng(1).standard_normal((400, 8))) == 0


def _spread(loadings: Matrix) -> float:
    """What varimax makes largest."""
    return float((loadings**2).var(axis=0).sum())


@pytest.mark.base("psychographic")
def test_loadings_are_those_of_an_independent_computation(items: Matrix) -> None:
    own = fit_factors(items, 2).loadings
    other = oracle_varimax(maximum_likelihood(np.corrcoef(items, rowvar=False), 2))
    other = other[:, np.argsort(-(other**2).sum(axis=0))]
    other *= np.sign(other[np.abs(other).argmax(axis=0), np.arange(2)])
    assert np.abs(own - other).max() < 2e-3


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_rotation_is_where_no_other_is_better(count: int) -> None:
    loadings = np.random.default_rng(count).normal(0, 0.5, (12, count))
    turn = rotate_varimax(loadings)
    assert np.abs(turn @ turn.T - np.eye(count)).max() < 1e-12
    assert _spread(loadings @ turn) >= _spread(oracle_varimax(loadings)) - 1e-9


@pytest.mark.base("psychographic")
def test_scores_are_the_planted_attitudes() -> None:
    """Each customer's scores against the values from which the answers were drawn."""
    sources = IngestSettings(
        transactions=Source(path=str(ROOT / "sample_data" / "orders.csv")),
        responses=Source(path=str(ROOT / "sample_data" / "responses.csv")),
        id_case="upper",
    )
    spec = RulesSettings(base="psychographic", options={"reversed": ["q04", "q09"], "names": ["quality", "planning"]})
    (made,) = rules.segment_by_rules(load_customers(sources), rules.prepare_rule_sets([spec]))
    truth = pd.read_csv(ROOT / "sample_data" / "truth.csv").set_index("id")
    joined = made.table.set_index("customer_id").join(truth[["quality", "planning"]]).dropna(subset=["attitude_1"])
    assert joined["attitude_1"].corr(joined["quality"]) > 0.85
    assert joined["attitude_2"].corr(joined["planning"]) > 0.85
    assert abs(joined["attitude_1"].corr(joined["planning"])) < 0.5
    by_segment = joined.groupby("psychographic")[["quality", "planning"]].mean()
    assert by_segment["quality"].idxmax() == "quality"
    assert by_segment["planning"].idxmax() == "planning"
    assert made.segments[-1] == "unknown"


def test_answers_off_the_scale_are_missing_and_said() -> None:
    from segcli.segment.bases import psychographic

    chance = np.random.default_rng(7)
    attitude = chance.standard_normal(80)
    answers = {f"q{n}": np.clip(np.round(3 + attitude + chance.normal(0, 0.5, 80)), 1, 5) for n in range(1, 5)}
    answers["q1"][0] = 9
    from segcli.model import Customers, Input, InputReport

    table = pd.DataFrame({"customer_id": pd.Series([f"{n:02}" for n in range(80)], dtype="str"), **answers})
    found = Customers(table, None, (InputReport(Input("a.csv", 0, "", 80), "customers", "", {}),))
    decided = psychographic.assign_segments(found, psychographic.Options())
    assert decided.labels[0] == "unknown"
    assert decided.notes[-1] == "answers outside the scale: 1; counted as missing"
    assert decided.notes[0].startswith("79 customers answered all 4 items")


def test_chance_is_that_of_random_tables() -> None:
    """Eigenvalues without drawing a table are distributed as those of tables that are drawn."""
    from segcli.segment.factor_analysis import _correlation_eigenvalues, _random_eigenvalues

    chance = np.random.default_rng(4)
    short = np.array([_random_eigenvalues(chance, 60, 5) for _ in range(3000)])
    drawn = np.array([_correlation_eigenvalues(chance.standard_normal((60, 5))) for _ in range(3000)])
    assert np.abs(short.mean(axis=0) - drawn.mean(axis=0)).max() < 0.01
    assert np.abs(np.percentile(short, 95, axis=0) - np.percentile(drawn, 95, axis=0)).max() < 0.03


def test_factors_depend_on_the_correlations_alone(items: Matrix) -> None:
    """Loadings by the short way are those of scikit-learn on the whole table."""
    from sklearn.decomposition import FactorAnalysis

    standard = (items - items.mean(axis=0)) / items.std(axis=0)
    whole = FactorAnalysis(2, svd_method="lapack", tol=1e-9, max_iter=20_000).fit(standard).components_.T
    short = fit_factors(items, 2).loadings
    assert np.abs(whole @ whole.T - short @ short.T).max() < 2e-3
