"""Customer lifetime value: the orders a customer is expected to make, times what they are expected to be worth.

CLV = sum over steps of margin x E[value of an order] x (E[orders to step k] - E[orders to step k - 1]) / (1 + d)^k
(Fader and Hardie 2005; 2013). Purchases of one day are one; money is what was bought, before returns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.clv import PERIODS, ClvSettings
from segcli.counting import counted
from segcli.customers.history import CUSTOMER, earlier
from segcli.errors import InputProblem
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment.provenance import LIBRARIES, provenance
from segcli.value import models
from segcli.value.bootstrap import Draw, draws
from segcli.value.bounds import bounds
from segcli.value.expecting import Expecting
from segcli.value.fit import Fitted
from segcli.value.forecast import Forecast, forecast
from segcli.value.holdout import Holdout, holdout
from segcli.value.summary import Summary, per_day, summarise


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
            raise InputProblem(
                "holds no single orders",
                source=customers.readings[0].input.name,
                remedy="Give an order export, not a customer table",
            )
        return customers, customers.as_of - timedelta(days=1)
    end = date.fromisoformat(settings.calibration_end)
    return earlier(customers, end + timedelta(days=1)), end


@dataclass(frozen=True, eq=False)
class Expected:
    """What a fitted (or saved) forecast expects of customers as `until` gives them, and the draws for its intervals."""

    everybody: Customers
    customers: Customers
    end: date
    settings: ClvSettings
    seed: int
    forecast: Forecast
    expecting: Expecting
    draws: Sequence[Draw]

    def valued(self, segmentations: Sequence[Segmentation]) -> Valued:
        """Each customer, all together, and the segments of these segmentations of them."""
        found = bounds(self.expecting, self.draws, segmentations)
        watched = _watched(self.everybody, self.customers, self.expecting, self.end, self.settings)
        return Valued(
            customers=self.customers,
            table=self.customers.table.assign(**self.expecting.columns(), **found.customers),
            forecast=self.forecast,
            end=self.end,
            totals=found.totals,
            segments=found.segments,
            holdout=watched,
            new_customer={one.model: _new(one, self.settings.times) for one in self.forecast.tried},
            provenance=provenance(self.customers, "clv", self.settings, self.seed, (*LIBRARIES, "scipy")),
            warnings=tuple(self.forecast.warnings()),
            notes=tuple(_notes(self.forecast, self.expecting.summary, self.settings, self.end, watched)),
        )


def expected(everybody: Customers, settings: ClvSettings, seed: int, known: Forecast | None = None) -> Expected:
    """Expect orders and value.

    Args:
        everybody: customers with all their orders.
        settings: which model, which time.
        seed: of the samples for intervals.
        known: a forecast saved before; nothing is fitted then.
    """
    customers, end = until(everybody, settings)
    if known:
        made, summary = known, summarise(customers, end, PERIODS[settings.period])
    else:
        made, summary = forecast(customers, end, settings)
    several = [] if known else list(draws(summary, made.orders, made.value, settings.bootstrap, seed))
    expecting = Expecting(summary, made.orders, made.value, settings)
    return Expected(everybody, customers, end, settings, seed, made, expecting, several)


def _new(fitted: Fitted, times: Sequence[float]) -> dict[float, float]:
    """Repeat orders of a new customer after some times."""
    return {t: models.load(fitted.model).expected_new(fitted.parameters, t) for t in times}


def _watched(
    everybody: Customers, customers: Customers, expecting: Expecting, end: date, settings: ClvSettings
) -> Holdout | None:
    """Purchases after a calibration, of those who were customers then; none where nothing came after."""
    if not settings.calibration_end:
        return None
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


def _notes(
    made: Forecast, summary: Summary, settings: ClvSettings, end: date, watched: Holdout | None
) -> Iterator[str]:
    yield f"orders to {end.isoformat()}, {counted(summary.repeat, 'customer')} came back"
    yield from made.notes()
    terms = f"a margin of {settings.margin:.0%} and {settings.discount:.0%} interest a year"
    yield f"value over {settings.horizon} at {terms}"
    if watched:
        model, *guesses = watched.errors.to_dict("records")
        others = ", ".join(f"{one['guess']} {one['mean_absolute_error']:.2f}" for one in guesses)
        yield (
            f"in the {counted(watched.days, 'day')} after: {counted(watched.actual, 'order')}, "
            f"{watched.expected:,.0f} expected; off by {model['mean_absolute_error']:.2f} a customer on average "
            f"({others})"
        )
