"""Customer lifetime value: the orders a customer is expected to make, times what they are expected to be worth.

CLV = sum over steps of margin x E[value of an order] x (E[orders to step k] - E[orders to step k - 1]) / (1 + d)^k
(Fader and Hardie 2005; 2013). Purchases of one day are one; money is what was bought, before returns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.clv import PERIODS, ClvSettings
from segcli.customers.history import earlier
from segcli.customers.reduce import CUSTOMER
from segcli.errors import InputProblem
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment.provenance import LIBRARIES, provenance
from segcli.value import gamma_gamma, models
from segcli.value.bootstrap import draws
from segcli.value.bounds import bounds
from segcli.value.expecting import Expecting
from segcli.value.fit import Fitted, fit
from segcli.value.holdout import Holdout, holdout
from segcli.value.summary import Summary, per_day, summarise

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


@dataclass(frozen=True, eq=False)
class Valued:
    """Customers with p_alive, expected_orders and, where there is money, what they are worth, as `table`.

    `totals` has the sums of all customers, `segments` by segmentation column those of each segment, with intervals.
    """

    customers: Customers
    table: pd.DataFrame
    forecast: Forecast
    end: date
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]
    holdout: Holdout | None
    new_customer: Mapping[str, Mapping[float, float]]
    provenance: Provenance
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def until(customers: Customers, settings: ClvSettings) -> tuple[Customers, date]:
    """The customers known at the end of what the model learns from, measured then, and that day.

    Raises:
        InputProblem: the input is no order export, or nobody had bought by then.
    """
    if settings.calibration_end is None:
        if customers.as_of is None or customers.transactions is None:
            raise InputProblem("holds no single orders", source=customers.readings[0].input.name)
        return customers, customers.as_of - timedelta(days=1)
    end = date.fromisoformat(settings.calibration_end)
    return earlier(customers, end + timedelta(days=1)), end


def forecast(customers: Customers, end: date, settings: ClvSettings) -> tuple[Forecast, Summary]:
    """Fit the models to the orders until the end of a day.

    Raises:
        InputProblem: too few customers came back.
    """
    summary = summarise(customers, end, PERIODS[settings.period])
    if summary.repeat < FEWEST:
        raise InputProblem(
            f"{summary.repeat:,} customers bought on a second day by {end.isoformat()}; these models need {FEWEST}",
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


def value(
    everybody: Customers,
    settings: ClvSettings,
    seed: int,
    segmentations: Sequence[Segmentation],
    known: Forecast | None = None,
) -> Valued:
    """Expect orders and value.

    Args:
        everybody: customers with all their orders.
        settings: which model, which time.
        seed: of the samples for intervals.
        segmentations: of the customers as `until` gives them, whose segments are told.
        known: a forecast saved before; nothing is fitted then.
    """
    customers, end = until(everybody, settings)
    if known:
        made, summary = known, summarise(customers, end, PERIODS[settings.period])
    else:
        made, summary = forecast(customers, end, settings)
    expecting = Expecting(summary, made.orders, made.value, settings)
    several = [] if known else list(draws(summary, made.orders, made.value, settings.bootstrap, seed))
    found = bounds(expecting, several, segmentations)
    watched = _watched(everybody, customers, expecting, end) if settings.calibration_end else None
    return Valued(
        customers=customers,
        table=customers.table.assign(**expecting.columns(), **found.customers),
        forecast=made,
        end=end,
        totals=found.totals,
        segments=found.segments,
        holdout=watched,
        new_customer={one.model: _new(one, settings.times) for one in made.tried},
        provenance=provenance(customers, "clv", settings, seed, (*LIBRARIES, "scipy")),
        warnings=tuple(_warnings(made)),
        notes=tuple(_notes(made, summary, settings, end, watched)),
    )


def _new(fitted: Fitted, times: Sequence[float]) -> dict[float, float]:
    """Repeat orders of a new customer after some times."""
    return {t: models.load(fitted.model).expected_new(fitted.parameters, t) for t in times}


def _watched(everybody: Customers, customers: Customers, expecting: Expecting, end: date) -> Holdout | None:
    """Purchases after the calibration, of those who were customers then; none where nothing came after."""
    bought = per_day(everybody)
    after = bought[bought["day"] > np.datetime64(end).astype("datetime64[D]").astype(np.int64)]
    if everybody.as_of is None or after.empty:
        return None
    counts = after.groupby(CUSTOMER).size()
    ids = everybody.table[c.CUSTOMER_ID]
    later = pd.Series(counts.to_numpy(), index=ids.iloc[counts.index].to_numpy())
    actual = later.reindex(customers.table[c.CUSTOMER_ID]).fillna(0.0).to_numpy(dtype=np.float64)
    days = (everybody.as_of - end).days - 1
    summary = expecting.summary
    expected = expecting.orders(days / summary.period_days)[summary.group]
    return holdout(summary, expected, actual, days)


def _warnings(made: Forecast) -> Iterator[str]:
    for one in made.tried:
        if not one.sound:
            yield f"{one.model}: {one.ended}"
    if made.correlation is not None and abs(made.correlation) > INDEPENDENT:
        yield (
            f"customers who order more often spend {'more' if made.correlation > 0 else 'less'} an order (correlation "
            f"{made.correlation:.2f}): orders and their value are modelled apart, so values are off"
        )
    if made.value and made.value.parameters["q"] <= 1:
        yield "order values vary too much between customers for a mean: no value is told of who came once"


def _notes(
    made: Forecast, summary: Summary, settings: ClvSettings, end: date, watched: Holdout | None
) -> Iterator[str]:
    told = ", ".join(f"{name} {value:.4g}" for name, value in made.orders.parameters.items())
    yield f"{made.orders.model} ({told}) on orders to {end.isoformat()}, {summary.repeat:,} customers came back"
    yield f"{made.orders.ended}; log-likelihood " + ", ".join(f"{o.model} {o.log_likelihood:,.1f}" for o in made.tried)
    if made.value:
        told = ", ".join(f"{name} {value:.4g}" for name, value in made.value.parameters.items())
        related = "" if made.correlation is None else f"; correlation with orders {made.correlation:.2f}"
        yield f"gamma_gamma ({told}){related}"
    terms = f"a margin of {settings.margin:.0%} and {settings.discount:.0%} interest a year"
    yield f"value over {settings.horizon} at {terms}"
    if watched:
        model, *guesses = watched.errors.to_dict("records")
        others = ", ".join(f"{one['guess']} {one['mean_absolute_error']:.2f}" for one in guesses)
        yield (
            f"in the {watched.days:,} days after: {watched.actual:,.0f} orders, {watched.expected:,.0f} expected; "
            f"off by {model['mean_absolute_error']:.2f} a customer on average ({others})"
        )
