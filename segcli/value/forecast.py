"""A forecast: the order model under which the orders are likeliest, and a model of what an order is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from segcli.config.clv import PERIODS, ClvSettings
from segcli.counting import counted
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.value import gamma_gamma, models
from segcli.value.fit import Fitted, fit
from segcli.value.summary import Summary, summarise

FEWEST = 100  # repeat customers below which parameters are guesses
MANY = 50_000  # histories from which the slow model is fitted only if it is asked for
SLOW = "pareto_nbd"
INDEPENDENT = 0.2  # correlation of orders and their value up to which the two are modelled apart


@dataclass(frozen=True)
class Forecast:
    """Fitted models of orders and, where there is money, of their value; `tried` are all order models.

    `correlation` is of orders and their mean value among customers with a repeat.
    """

    orders: Fitted
    value: Fitted | None
    tried: Sequence[Fitted]
    correlation: float | None

    def as_dict(self) -> dict[str, Any]:
        """By model its parameters, log-likelihood and how the search for them ended."""
        several = [*self.tried, *([self.value] if self.value else [])]
        return {
            one.model: {**one.parameters, "log_likelihood": one.log_likelihood, "ended": one.ended} for one in several
        }

    def warnings(self) -> Iterator[str]:
        """What makes the forecast less sure."""
        for one in self.tried:
            if not one.sound:
                yield f"{one.model}: {one.ended}"
        if self.correlation is not None and abs(self.correlation) > INDEPENDENT:
            how = "more" if self.correlation > 0 else "less"
            yield (
                f"customers who order more often spend {how} an order (correlation {self.correlation:.2f}): orders and "
                "their value are modelled apart, so values are off"
            )
        if self.value and self.value.parameters["q"] <= 1:
            yield "order values vary too much between customers for a mean: no value is told of who came once"

    def notes(self) -> Iterator[str]:
        """Models, parameters, and how they were found."""
        yield f"{_told(self.orders)}; {self.orders.ended}"
        likelihoods = ", ".join(f"{one.model} {one.log_likelihood:,.1f}" for one in self.tried)
        slow = "" if len(self.tried) == 1 or SLOW in {one.model for one in self.tried} else f"; {SLOW} was not tried"
        yield f"log-likelihood {likelihoods}{slow}"
        if self.value:
            related = "" if self.correlation is None else f"; correlation with orders {self.correlation:.2f}"
            yield f"{_told(self.value)}{related}"


def _told(one: Fitted) -> str:
    return f"{one.model} (" + ", ".join(f"{name} {value:.4g}" for name, value in one.parameters.items()) + ")"


def forecast(customers: Customers, end: date, settings: ClvSettings) -> tuple[Forecast, Summary]:
    """Fit the models to the orders until the end of a day.

    Raises:
        InputProblem: too few customers came back.
    """
    summary = summarise(customers, end, PERIODS[settings.period])
    if summary.repeat < FEWEST:
        raise InputProblem(
            f"{counted(summary.repeat, 'customer')} bought on a second day by {end.isoformat()}; these models "
            f"need {FEWEST}",
            source=customers.readings[0].input.name,
            remedy="Use segments by rfm or rules instead",
        )
    wanted: list[str] = [settings.model] if settings.model != "auto" else models.names()
    if settings.model == "auto" and len(summary.groups.x) > MANY:
        wanted.remove(SLOW)
    tried = [fit(one, summary.groups) for one in wanted]
    sound = [one for one in tried if one.sound] or tried
    value, correlation = _value(summary)
    return Forecast(max(sound, key=lambda one: one.log_likelihood), value, tried, correlation), summary


def _value(summary: Summary) -> tuple[Fitted | None, float | None]:
    x = summary.x
    known = (x > 0) & (np.nan_to_num(summary.value) > 0)
    if int(known.sum()) < FEWEST or np.ptp(summary.value[known]) == 0:
        return None, None
    together = float(np.corrcoef(x[known], summary.value[known])[0, 1]) if np.ptp(x[known]) else 0.0
    return gamma_gamma.fit(x[known], summary.value[known], np.ones(int(known.sum()))), together
