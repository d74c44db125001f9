"""Maximum likelihood of positive parameters: search over their logarithms from several starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segcli.arrays import FloatArray
from segcli.message import message
from segcli.value.models import OrderModel, load_order_model
from segcli.value.purchase_summary import HistoryGroups

LOWEST_PARAMETER, HIGHEST_PARAMETER = 1e-4, 1e5  # parameter bounds; beyond them the model degenerates to a simpler one
START_TOLERANCE = 1e-5  # log-likelihood per customer; starts within it count as the same optimum
LOSS_TOLERANCE = 1e-11
NEAR_ONE = 1e-8  # closer to 1, rounding errors of the mean formula exceed about this share
MAX_ITERATIONS = 100  # per start: bounds the time of a fit without reading a clock
MAX_EVALUATIONS = 125  # of the likelihood and its gradient, per start
HESSIAN_STEP = 1e-3
MAX_LOG_ERROR = 1.0  # standard error of a logarithm; a parameter is then uncertain by a factor of 2.7 or more
INVALID_LOSS = 1e10
MANY_HISTORIES, SUBSAMPLE_SIZE = 5_000, 1_000  # with more histories, starts are tried on this many customers
FIT_SHARE = 8  # a slow model tries its starts on a subsample from this share of its largest number of histories

LikelihoodFunction = Callable[[Mapping[str, float]], float]
GradientFunction = Callable[[Mapping[str, float]], tuple[float, FloatArray]]


@dataclass(frozen=True)
class ModelFit:
    """A fitted model; `ended` describes in words how the parameter search ended.

    `converged` is whether the data determine the parameters.
    """

    model: str
    parameters: Mapping[str, float]
    log_likelihood: float
    ended: str
    converged: bool = True


@dataclass(frozen=True)
class LikelihoodOptimum:
    """Result of a search: parameters, their log-likelihood, and the number of starts that reached them.

    `is_flat` is whether the likelihood hardly changes in some direction, so that the parameters are arbitrary.
    """

    parameters: Mapping[str, float]
    log_likelihood: float
    agreeing_starts: int
    start_count: int
    hit_iteration_limit: bool = False
    is_flat: bool = False

    @property
    def converged(self) -> bool:
        """Whether the search ended at parameters that the data determine."""
        return not (_find_edge_parameters(self.parameters) or self.hit_iteration_limit or self.is_flat)

    @property
    def convergence_note(self) -> str:
        """How the search ended, in words."""
        edge_parameters = _find_edge_parameters(self.parameters)
        if edge_parameters:
            return message(
                "did not converge: {parameters} reached a bound, so the data do not determine the model",
                parameters=", ".join(edge_parameters),
            )
        if self.hit_iteration_limit:
            return message(
                "did not converge in {count} iterations: many parameters fit the data equally well",
                count=MAX_ITERATIONS,
            )
        if self.is_flat:
            return message("did not converge: many parameters fit the data equally well")
        if self.start_count == 1:
            return message("the search reached the maximum")
        if self.agreeing_starts == self.start_count:
            return message("all {starts} starts reached the same parameters", starts=self.start_count)
        return message(
            "{agreeing} of {starts} starts reached the same parameters",
            agreeing=self.agreeing_starts,
            starts=self.start_count,
        )


def avoid_one(parameter: float) -> float:
    """Move a parameter of 1 slightly: expected counts divide by the parameter minus 1, and have a limit at 1."""
    return parameter if abs(parameter - 1) >= NEAR_ONE else 1 + NEAR_ONE


def _find_edge_parameters(parameters: Mapping[str, float]) -> list[str]:
    """Return the names of the parameters at their bounds."""
    return [
        name for name, value in parameters.items() if not LOWEST_PARAMETER * 1.01 < value < HIGHEST_PARAMETER / 1.01
    ]


def fit_order_model(
    model_name: str, groups: HistoryGroups, start_parameters: Sequence[Mapping[str, float]] = ()
) -> ModelFit:
    """Return the maximum-likelihood parameters for the purchase histories.

    Args:
        model_name: name of the order model.
        groups: histories.
        start_parameters: starting parameters; default: the starts of the model.
    """
    order_model = load_order_model(model_name)
    start_points = start_parameters or [
        dict(zip(order_model.PARAMETERS, start_values, strict=True)) for start_values in order_model.STARTS
    ]
    if len(groups.x) > order_model.MAX_HISTORIES:
        groups = groups.sample_customers(order_model.MAX_HISTORIES)
    start_optimum = None
    many_histories = min(MANY_HISTORIES, order_model.MAX_HISTORIES // FIT_SHARE)
    if len(groups.x) > many_histories and len(start_points) > 1:
        start_optimum = _maximise_order_model(order_model, groups.sample_customers(SUBSAMPLE_SIZE), start_points)
        start_points = [start_optimum.parameters]
    optimum = _maximise_order_model(order_model, groups, start_points)
    if start_optimum:
        optimum = replace(optimum, agreeing_starts=start_optimum.agreeing_starts, start_count=start_optimum.start_count)
    optimum = replace(optimum, is_flat=_is_flat(_make_likelihood(order_model, groups)[1], optimum.parameters))
    return ModelFit(model_name, optimum.parameters, optimum.log_likelihood, optimum.convergence_note, optimum.converged)


def _maximise_order_model(
    order_model: OrderModel, groups: HistoryGroups, start_points: Sequence[Mapping[str, float]]
) -> LikelihoodOptimum:
    customer_count = float(groups.customer_counts.sum())
    return maximise_likelihood(*_make_likelihood(order_model, groups), start_points, customer_count)


def _is_flat(gradient: GradientFunction | None, parameters: Mapping[str, float]) -> bool:
    """Return whether the standard error of a logarithm, in any direction, exceeds MAX_LOG_ERROR.

    The curvature of the likelihood is the difference of its gradients at slightly larger and smaller parameters.
    """
    if gradient is None:
        return False
    hessian_rows = []
    with np.errstate(all="ignore"):
        for name, value in parameters.items():
            above, below = (
                gradient({**parameters, name: value * np.exp(step)})[1] for step in (HESSIAN_STEP, -HESSIAN_STEP)
            )
            hessian_rows.append((above - below) / (2 * HESSIAN_STEP))
    hessian = np.array(hessian_rows)
    if not np.isfinite(hessian).all():
        return True
    return float(np.linalg.eigvalsh(-(hessian + hessian.T) / 2)[0]) < 1 / MAX_LOG_ERROR**2


def _make_likelihood(
    order_model: OrderModel, groups: HistoryGroups
) -> tuple[LikelihoodFunction, GradientFunction | None]:
    """Return the log-likelihood of all customers and, where the model has it, the gradient by the log parameters."""

    def total_likelihood(parameters: Mapping[str, float]) -> float:
        return float(groups.customer_counts @ order_model.log_likelihood(parameters, groups))

    model_gradient = getattr(order_model, "likelihood_gradient", None)
    if model_gradient is None:
        return total_likelihood, None

    def total_gradient(parameters: Mapping[str, float]) -> tuple[float, FloatArray]:
        log_likelihoods, derivatives = model_gradient(parameters, groups)
        gradient = [groups.customer_counts @ derivatives[name] * value for name, value in parameters.items()]
        return float(groups.customer_counts @ log_likelihoods), np.array(gradient)

    return total_likelihood, total_gradient


def maximise_likelihood(
    log_likelihood: LikelihoodFunction,
    gradient: GradientFunction | None,
    start_points: Sequence[Mapping[str, float]],
    customer_count: float,
) -> LikelihoodOptimum:
    """Return the parameters with the highest `log_likelihood`, summed over `customer_count` customers.

    Without `gradient`, derivatives are finite differences.
    """
    from scipy.optimize import minimize

    names = list(start_points[0])

    def to_parameters(log_parameters: FloatArray) -> dict[str, float]:
        return dict(zip(names, np.exp(log_parameters).tolist(), strict=True))

    def compute_loss(log_parameters: FloatArray) -> float:
        with np.errstate(all="ignore"):
            likelihood_value = log_likelihood(to_parameters(log_parameters))
        return -likelihood_value / customer_count if np.isfinite(likelihood_value) else INVALID_LOSS

    def compute_loss_gradient(log_parameters: FloatArray) -> tuple[float, FloatArray]:
        assert gradient is not None
        with np.errstate(all="ignore"):
            likelihood_value, likelihood_gradient = gradient(to_parameters(log_parameters))
        if not np.isfinite(likelihood_value):
            return INVALID_LOSS, np.zeros(len(names))
        return -likelihood_value / customer_count, -likelihood_gradient / customer_count

    objective = (
        {"fun": compute_loss, "jac": "3-point"} if gradient is None else {"fun": compute_loss_gradient, "jac": True}
    )
    calls_per_gradient = 1 if gradient else 2 * len(names) + 1
    options = {
        "ftol": LOSS_TOLERANCE,
        "gtol": 1e-6,
        "maxiter": MAX_ITERATIONS,
        "maxfun": MAX_EVALUATIONS * calls_per_gradient,
    }
    log_bounds = [(np.log(LOWEST_PARAMETER), np.log(HIGHEST_PARAMETER))] * len(names)
    log_starts = [np.log([start[name] for name in names]) for start in start_points]
    results = [
        minimize(x0=start, method="L-BFGS-B", bounds=log_bounds, options=options, **objective)  # type: ignore[call-overload]
        for start in log_starts
    ]
    best_result = min(results, key=lambda end: float(end.fun))
    agreeing_starts = sum(float(result.fun) <= float(best_result.fun) + START_TOLERANCE for result in results)
    return LikelihoodOptimum(
        to_parameters(best_result.x),
        -float(best_result.fun) * customer_count,
        agreeing_starts,
        len(results),
        int(best_result.status) == 1,
    )
