"""Maximum likelihood of positive parameters: in their logarithms, from several starts, with what to say of the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segcli.value.models import OrderModel, load
from segcli.value.summary import Groups, Values

LOWEST, HIGHEST = 1e-4, 1e5  # bounds of parameters: beyond them a model has become a simpler one
AGREE = 1e-5  # of the log-likelihood of one customer, within which starts ended alike
STILL = 1e-11
NEAR_ONE = 1e-8  # a mean formula loses about this share of its digits there
ROUNDS = 150
HOPELESS = 1e10
MANY, SOME = 5_000, 1_000  # histories from which starts are tried on a part of them, and how many that are

Likelihood = Callable[[Mapping[str, float]], float]
Slopes = Callable[[Mapping[str, float]], tuple[float, Values]]


@dataclass(frozen=True)
class Fitted:
    """A fitted model: `ended` says in words how the search for its parameters ended."""

    model: str
    parameters: Mapping[str, float]
    log_likelihood: float
    ended: str

    @property
    def sound(self) -> bool:
        """Whether the parameters are inside their bounds."""
        return not _at_edge(self.parameters)


@dataclass(frozen=True)
class Found:
    """What a search found: parameters, their log-likelihood, and how many of its starts ended there."""

    parameters: Mapping[str, float]
    log_likelihood: float
    alike: int
    starts: int
    stopped: bool = False

    @property
    def ended(self) -> str:
        """How the search ended, in words."""
        edge = _at_edge(self.parameters)
        if edge:
            return f"did not converge: {', '.join(edge)} ran to the edge, so the data hold less than the model asks for"
        if self.stopped:
            return f"did not converge in {ROUNDS} rounds: many parameters fit the data alike"
        if self.starts == 1:
            return "converged"
        how = "all" if self.alike == self.starts else f"{self.alike} of"
        return f"converged: {how} {self.starts} starts end at the same parameters"


def avoid_one(parameter: float) -> float:
    """Move a parameter of 1 a little: expected counts divide by the parameter less 1, and have a limit there."""
    return parameter if abs(parameter - 1) >= NEAR_ONE else 1 + NEAR_ONE


def _at_edge(parameters: Mapping[str, float]) -> list[str]:
    """The parameters that ran to their bounds."""
    return [name for name, value in parameters.items() if not LOWEST * 1.01 < value < HIGHEST / 1.01]


def fit(model: str, groups: Groups, starts: Sequence[Mapping[str, float]] = ()) -> Fitted:
    """The parameters under which the histories are likeliest.

    Args:
        model: name of the order model.
        groups: histories.
        starts: where to begin; otherwise where the model says.
    """
    known = load(model)
    begin = starts or [dict(zip(known.PARAMETERS, one, strict=True)) for one in known.STARTS]
    if len(groups.x) <= MANY or len(begin) == 1:
        found = maximise(*_sums(known, groups), begin, float(groups.customers.sum()))
        return Fitted(model, found.parameters, found.log_likelihood, found.ended)
    part = groups.every(len(groups.x) // SOME)
    first = maximise(*_sums(known, part), begin, float(part.customers.sum()))
    found = maximise(*_sums(known, groups), [first.parameters], float(groups.customers.sum()))
    ended = replace(found, alike=first.alike, starts=first.starts).ended
    return Fitted(model, found.parameters, found.log_likelihood, ended)


def _sums(model: OrderModel, groups: Groups) -> tuple[Likelihood, Slopes | None]:
    """Log-likelihood of all customers, and its derivatives by the logarithms of the parameters where they are known."""

    def total(parameters: Mapping[str, float]) -> float:
        return float(groups.customers @ model.log_likelihood(parameters, groups))

    known = getattr(model, "slopes", None)
    if known is None:
        return total, None

    def slopes(parameters: Mapping[str, float]) -> tuple[float, Values]:
        likely, by = known(parameters, groups)
        several = [groups.customers @ by[name] * value for name, value in parameters.items()]
        return float(groups.customers @ likely), np.array(several)

    return total, slopes


def maximise(total: Likelihood, slopes: Slopes | None, starts: Sequence[Mapping[str, float]], rows: float) -> Found:
    """The parameters with the highest `total` log-likelihood of so many rows; without `slopes` by differences."""
    from scipy.optimize import minimize

    names = list(starts[0])

    def named(logs: Values) -> dict[str, float]:
        return dict(zip(names, np.exp(logs).tolist(), strict=True))

    def lost(logs: Values) -> float:
        with np.errstate(all="ignore"):
            value = total(named(logs))
        return -value / rows if np.isfinite(value) else HOPELESS

    def lost_and_slope(logs: Values) -> tuple[float, Values]:
        assert slopes is not None
        with np.errstate(all="ignore"):
            value, slope = slopes(named(logs))
        if not np.isfinite(value):
            return HOPELESS, np.zeros(len(names))
        return -value / rows, -slope / rows

    asked = {"fun": lost, "jac": "3-point"} if slopes is None else {"fun": lost_and_slope, "jac": True}
    options = {"ftol": STILL, "gtol": 1e-6, "maxiter": ROUNDS, "maxfun": 20 * ROUNDS}
    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * len(names)
    begins = [np.log([one[name] for name in names]) for one in starts]
    ends = [
        minimize(x0=one, method="L-BFGS-B", bounds=bounds, options=options, **asked)  # type: ignore[call-overload]
        for one in begins
    ]
    best = min(ends, key=lambda end: float(end.fun))
    alike = sum(float(end.fun) <= float(best.fun) + AGREE for end in ends)
    return Found(named(best.x), -float(best.fun) * rows, alike, len(ends), int(best.status) == 1)
