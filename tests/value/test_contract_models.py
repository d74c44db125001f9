"""One contract for every order model: closed forms against drawing, recovery of planted parameters, orientation."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import hyp2f1

from segcli.value import models
from segcli.value.maximum_likelihood import fit_order_model
from segcli.value.purchase_summary import HistoryGroups
from tests.oracles.orders import Drawn, simulated

MODELS = sorted(file.stem for file in Path(models.__file__).parent.glob("[a-z]*.py"))
every_model = pytest.mark.parametrize("model", MODELS)
PLANTED = {
    "bg_nbd": {"r": 0.8, "alpha": 6.0, "a": 1.6, "b": 4.0},
    "mbg_nbd": {"r": 0.8, "alpha": 6.0, "a": 1.6, "b": 4.0},
    "pareto_nbd": {"r": 0.9, "alpha": 8.0, "s": 1.4, "beta": 20.0},
}
HISTORIES = [(0, 0.0, 20.0), (1, 3.0, 20.0), (2, 18.0, 20.0), (5, 19.0, 40.0), (7, 10.0, 30.0)]


def groups(*histories: tuple[float, float, float]) -> HistoryGroups:
    x, t_x, end = (np.array(column, dtype=np.float64) for column in zip(*histories, strict=True))
    return HistoryGroups(x, t_x, end, np.ones(len(x)))


def test_every_file_has_planted_parameters() -> None:
    assert models.order_model_names() == MODELS == sorted(PLANTED)


@every_model
def test_closed_forms_are_what_drawing_gives(model: str) -> None:
    known, parameters, drawn = models.load_order_model(model), PLANTED[model], Drawn(model, PLANTED[model])
    likely = known.log_likelihood(parameters, groups(*HISTORIES))
    alive = known.probability_alive(parameters, groups(*HISTORIES))
    ahead = known.conditional_expectation(parameters, groups(*HISTORIES), 13.0)
    for place, history in enumerate(HISTORIES):
        assert likely[place] == pytest.approx(drawn.log_likelihood(*history), abs=0.03), history
        assert alive[place] == pytest.approx(drawn.alive(*history), abs=0.01), history
        assert ahead[place] == pytest.approx(drawn.expected(*history, 13.0), rel=0.03), history
    for t in (1.0, 10.0, 60.0):
        assert known.unconditional_expectation(parameters, t) == pytest.approx(drawn.expected_new(t), rel=0.02)


@every_model
def test_planted_parameters_are_recovered(model: str) -> None:
    """What 6,000 customers would do under the fit is what was planted, within a few per cent."""
    planted = PLANTED[model]
    end = np.random.default_rng(1).uniform(20, 60, 6000)
    orders = simulated(model, planted, 6000, end, 2)
    histories = [
        (len(times), times[-1] if times else 0.0, float(last)) for times, last in zip(orders, end, strict=True)
    ]
    found = fit_order_model(model, groups(*histories))
    assert found.ended.startswith("all 3 starts")
    known = models.load_order_model(model)
    truth = float(known.log_likelihood(planted, groups(*histories)).sum())
    assert truth <= found.log_likelihood <= truth + 10, "twice the gain is chi-square of four parameters"
    for t in (4.0, 26.0, 52.0):
        assert known.unconditional_expectation(found.parameters, t) == pytest.approx(
            known.unconditional_expectation(planted, t), rel=0.05
        )


@every_model
def test_groups_of_customers_are_as_customers_one_by_one(model: str) -> None:
    once = groups(*HISTORIES).reweight_customers(np.array([3.0, 1, 0, 2, 4]))
    each = groups(*[HISTORIES[0]] * 3, HISTORIES[1], *[HISTORIES[3]] * 2, *[HISTORIES[4]] * 4)
    known = models.load_order_model(model)
    one = known.log_likelihood(PLANTED[model], once) @ once.customer_counts
    assert one == pytest.approx(known.log_likelihood(PLANTED[model], each).sum())


@every_model
def test_who_bought_lately_is_alive_and_who_buys_more_will_buy_more(model: str) -> None:
    known, parameters = models.load_order_model(model), PLANTED[model]
    lately = known.probability_alive(parameters, groups((3, 5.0, 40.0), (3, 20.0, 40.0), (3, 39.0, 40.0)))
    assert lately[0] < lately[1] < lately[2] <= 1
    more = known.conditional_expectation(parameters, groups((1, 38.0, 40.0), (5, 38.0, 40.0), (20, 38.0, 40.0)), 10)
    assert more[0] < more[1] < more[2]
    sooner = known.conditional_expectation(parameters, groups((5, 38.0, 40.0)), 10)
    assert sooner < known.conditional_expectation(parameters, groups((5, 38.0, 40.0)), 20)


def test_who_came_once_is_alive_for_certain_only_under_bg_nbd() -> None:
    alone = groups((0, 0.0, 100.0))
    alive = {
        model: float(models.load_order_model(model).probability_alive(PLANTED[model], alone)[0]) for model in MODELS
    }
    assert alive["bg_nbd"] == 1
    assert alive["mbg_nbd"] < 0.7
    assert alive["pareto_nbd"] < 0.7


@every_model
def test_no_history_breaks_the_arithmetic(model: str) -> None:
    odd = groups((0, 0.0, 0.0), (0, 0.0, 1e4), (400, 1000.0, 1000.0), (400, 1.0, 1e4), (1, 1e-3, 1e4))
    known = models.load_order_model(model)
    assert np.isfinite(known.log_likelihood(PLANTED[model], odd)).all()
    alive = known.probability_alive(PLANTED[model], odd)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert np.isfinite(known.conditional_expectation(PLANTED[model], odd, 52.0)).all()


@pytest.mark.parametrize("scale", [1.0, 0.1])
@pytest.mark.parametrize(
    "model", [one for one in MODELS if hasattr(models.load_order_model(one), "likelihood_gradient")]
)
def test_slopes_are_those_of_small_steps(model: str, scale: float) -> None:
    """Also where a and b are below 1, as of customers who are nearly all alike or nearly all different."""
    known, parameters = models.load_order_model(model), {name: scale * value for name, value in PLANTED[model].items()}
    likely, slopes = known.likelihood_gradient(parameters, groups(*HISTORIES))  # type: ignore[attr-defined]
    assert likely == pytest.approx(known.log_likelihood(parameters, groups(*HISTORIES)))
    for name, value in parameters.items():
        more, less = ({**parameters, name: value * step} for step in (1.00001, 0.99999))
        both = [known.log_likelihood(one, groups(*HISTORIES)) for one in (more, less)]
        assert slopes[name] == pytest.approx((both[0] - both[1]) / (0.00002 * value), rel=1e-4, abs=1e-7)


@every_model
def test_expected_orders_have_their_limit_where_the_mean_formula_divides_by_zero(model: str) -> None:
    loaded = models.load_order_model(model)
    name = "s" if model == "pareto_nbd" else "a"
    at, below, above = ({**PLANTED[model], name: value} for value in (1.0, 0.9999, 1.0001))
    histories = groups(*HISTORIES)
    middle = (
        loaded.conditional_expectation(below, histories, 12.0) + loaded.conditional_expectation(above, histories, 12.0)
    ) / 2
    assert loaded.conditional_expectation(at, histories, 12.0) == pytest.approx(middle, rel=1e-6)
    middle_new = (loaded.unconditional_expectation(below, 12.0) + loaded.unconditional_expectation(above, 12.0)) / 2
    assert loaded.unconditional_expectation(at, 12.0) == pytest.approx(middle_new, rel=1e-6)


@every_model
def test_simulated_orders_are_those_that_are_expected(model: str) -> None:
    """Of customers who are alive: the mean is the expectation over the probability to be alive; sure ones spread."""
    loaded, parameters, histories = models.load_order_model(model), PLANTED[model], groups(*HISTORIES)
    drawn = loaded.simulate_orders(parameters, histories, 13.0, 40_000, np.random.default_rng(2))
    assert drawn.shape == (40_000, len(HISTORIES))
    expected = loaded.conditional_expectation(parameters, histories, 13.0)
    alive = loaded.probability_alive(parameters, histories)
    assert drawn.mean(axis=0) == pytest.approx(expected / alive, rel=0.03)
    slow = Drawn(model, parameters)
    for place, history in enumerate(HISTORIES):
        still, _ = slow.parts(*history)
        none = np.exp(-slow.rate * 13.0)
        if model == "pareto_nbd":
            both = slow.rate + slow.stop
            none = slow.stop / both + slow.rate / both * np.exp(-both * 13.0)
        assert (drawn[:, place] == 0).mean() == pytest.approx((still * none).sum() / still.sum(), abs=0.01), history


@every_model
def test_dropout_is_the_mean_of_drawn_customers(model: str) -> None:
    loaded, slow = models.load_order_model(model), Drawn(model, PLANTED[model])
    rate = slow.stop if model == "pareto_nbd" else slow.stop.mean() * slow.rate
    assert loaded.dropout_rate(PLANTED[model]) == pytest.approx(float(rate.mean()), rel=0.02)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
def test_expected_orders_are_those_of_the_closed_form(model: str) -> None:
    """Equation 10 of Fader, Hardie and Lee (2005), with the hypergeometric function of scipy."""
    more = 1 if model == "mbg_nbd" else 0
    loaded, parameters, histories = models.load_order_model(model), PLANTED[model], groups(*HISTORIES)
    r, alpha, a, b = parameters.values()
    chances, end = histories.x + more, histories.T
    z = 26.0 / (alpha + end + 26.0)
    none = ((alpha + end) / (alpha + end + 26.0)) ** (r + histories.x)
    none *= hyp2f1(r + histories.x, b + chances, a + b + chances - 1, z)
    alive = loaded.probability_alive(parameters, histories)
    closed = (a + b + chances - 1) / (a - 1) * (1 - none) * alive
    assert loaded.conditional_expectation(parameters, histories, 26.0) == pytest.approx(closed, rel=1e-9)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
def test_extreme_parameters_have_expectations(model: str) -> None:
    """Where the closed form overflows: nobody leaves, or everybody leaves at once."""
    loaded, histories = models.load_order_model(model), groups(*HISTORIES)
    stay = {"r": 8.0, "alpha": 8.0, "a": 1e-4, "b": 1e5}
    expected = loaded.conditional_expectation(stay, histories, 52.0)
    assert expected == pytest.approx((8 + histories.x) / (8 + histories.T) * 52, rel=2e-4)
    leave = {"r": 14660.0, "alpha": 0.003, "a": 5361.0, "b": 0.02}
    assert np.isfinite(loaded.conditional_expectation(leave, histories, 52.0)).all()
