"""Customer lifetime value: the orders a customer is expected to make, times what they are expected to be worth.

CLV = sum over steps of margin x E[value of an order] x (E[orders to step k] - E[orders to step k - 1]) / (1 + d)^k
(Fader and Hardie 2005; 2013). Purchases of one day are one; money is what was bought, before returns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.clv import DAYS_PER_PERIOD, ClvSettings
from segcli.counting import pluralize
from segcli.customers.history import CUSTOMER_ROW, customers_as_of
from segcli.errors import InputProblem
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment.provenance import DEFAULT_LIBRARIES, build_provenance
from segcli.value import models
from segcli.value.bootstrap import ParameterDraw, draw_parameters
from segcli.value.bounds import bootstrap_intervals
from segcli.value.expecting import OrderForecast
from segcli.value.fit import ModelFit
from segcli.value.forecast import ClvModel, fit_clv_model
from segcli.value.holdout import HoldoutResult, evaluate_holdout
from segcli.value.summary import PurchaseSummary, sum_daily_purchases, summarise_purchases


@dataclass(frozen=True, eq=False)
class ClvResult:
    """Customers with p_alive, expected_orders and, where there is money, what they are worth, as `table`.

    `totals` has the sums of all customers, `segments` by segmentation column those of each segment, with intervals.
    """

    customers: Customers
    table: pd.DataFrame
    clv_model: ClvModel
    calibration_end: date
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]
    holdout: HoldoutResult | None
    new_customer: Mapping[str, Mapping[float, float]]
    provenance: Provenance
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def select_calibration(customers: Customers, settings: ClvSettings) -> tuple[Customers, date]:
    """The customers known at the end of what the model learns from, measured then, and that day.

    Raises:
        InputProblem: the input is no order export, or nobody had bought by then.
    """
    if settings.calibration_end is None:
        if customers.as_of is None or customers.transactions is None:
            raise InputProblem(
                "holds no single orders",
                source=customers.input_reports[0].input.name,
                remedy="Give an order export, not a customer table",
            )
        return customers, customers.as_of - timedelta(days=1)
    calibration_end = date.fromisoformat(settings.calibration_end)
    return customers_as_of(customers, calibration_end + timedelta(days=1)), calibration_end


@dataclass(frozen=True, eq=False)
class ClvInputs:
    """What a fitted (or saved) forecast expects of customers, and the draws for its intervals.

    `customers` are as `select_calibration` gives them.
    """

    all_customers: Customers
    customers: Customers
    calibration_end: date
    settings: ClvSettings
    seed: int
    clv_model: ClvModel
    order_forecast: OrderForecast
    parameter_draws: Sequence[ParameterDraw]

    def compute_clv(self, segmentations: Sequence[Segmentation]) -> ClvResult:
        """Each customer, all together, and the segments of these segmentations of them."""
        intervals = bootstrap_intervals(self.order_forecast, self.parameter_draws, segmentations)
        holdout_result = _evaluate_calibration(
            self.all_customers, self.customers, self.order_forecast, self.calibration_end, self.settings
        )
        return ClvResult(
            customers=self.customers,
            table=self.customers.table.assign(**self.order_forecast.to_columns(), **intervals.customers),
            clv_model=self.clv_model,
            calibration_end=self.calibration_end,
            totals=intervals.totals,
            segments=intervals.segments,
            holdout=holdout_result,
            new_customer={
                order_fit.model: _predict_new_customer(order_fit, self.settings.times)
                for order_fit in self.clv_model.order_fits
            },
            provenance=build_provenance(self.customers, "clv", self.settings, self.seed, (*DEFAULT_LIBRARIES, "scipy")),
            warnings=tuple(self.clv_model.list_warnings()),
            notes=tuple(
                _build_notes(
                    self.clv_model, self.order_forecast.summary, self.settings, self.calibration_end, holdout_result
                )
            ),
        )


def prepare_clv(
    all_customers: Customers, settings: ClvSettings, seed: int, saved_model: ClvModel | None = None
) -> ClvInputs:
    """Expect orders and value.

    Args:
        all_customers: customers with all their orders.
        settings: which model, which time.
        seed: of the samples for intervals.
        saved_model: a forecast saved before; nothing is fitted then.
    """
    customers, calibration_end = select_calibration(all_customers, settings)
    if saved_model:
        clv_model, summary = (
            saved_model,
            summarise_purchases(customers, calibration_end, DAYS_PER_PERIOD[settings.period]),
        )
    else:
        clv_model, summary = fit_clv_model(customers, calibration_end, settings)
    parameter_draws = (
        []
        if saved_model
        else list(draw_parameters(summary, clv_model.order_fit, clv_model.value_fit, settings.bootstrap, seed))
    )
    order_forecast = OrderForecast(summary, clv_model.order_fit, clv_model.value_fit, settings)
    return ClvInputs(
        all_customers, customers, calibration_end, settings, seed, clv_model, order_forecast, parameter_draws
    )


def _predict_new_customer(order_fit: ModelFit, times: Sequence[float]) -> dict[float, float]:
    """Repeat orders of a new customer after some times."""
    return {
        time: models.load_order_model(order_fit.model).unconditional_expectation(order_fit.parameters, time)
        for time in times
    }


def _evaluate_calibration(
    all_customers: Customers,
    customers: Customers,
    order_forecast: OrderForecast,
    calibration_end: date,
    settings: ClvSettings,
) -> HoldoutResult | None:
    """Purchases after a calibration, of those who were customers then; none where nothing came after."""
    if not settings.calibration_end:
        return None
    purchase_days = sum_daily_purchases(all_customers)
    later_days = purchase_days[
        purchase_days["day"] > np.datetime64(calibration_end).astype("datetime64[D]").astype(np.int64)
    ]
    if all_customers.as_of is None or later_days.empty:
        return None
    counts = later_days.groupby(CUSTOMER_ROW).size()
    ids = all_customers.table[columns.CUSTOMER_ID]
    later_counts = pd.Series(counts.to_numpy(), index=ids.iloc[counts.index].to_numpy())
    actual = later_counts.reindex(customers.table[columns.CUSTOMER_ID]).fillna(0.0).to_numpy(dtype=np.float64)
    days = (all_customers.as_of - calibration_end).days - 1
    summary = order_forecast.summary
    predicted = order_forecast.predict_orders(days / summary.period_days)[summary.group_codes]
    return evaluate_holdout(summary, predicted, actual, days)


def _build_notes(
    clv_model: ClvModel,
    summary: PurchaseSummary,
    settings: ClvSettings,
    calibration_end: date,
    holdout_result: HoldoutResult | None,
) -> Iterator[str]:
    yield f"orders to {calibration_end.isoformat()}, {pluralize(summary.repeat_customers, 'customer')} came back"
    yield from clv_model.list_notes()
    terms = f"a margin of {settings.margin:.0%} and {settings.discount:.0%} interest a year"
    yield f"value over {settings.horizon} at {terms}"
    if holdout_result:
        model_errors, *guess_errors = holdout_result.errors.to_dict("records")
        guess_texts = ", ".join(
            f"{guess_error['guess']} {guess_error['mean_absolute_error']:.2f}" for guess_error in guess_errors
        )
        yield (
            f"in the {pluralize(holdout_result.days, 'day')} after: {pluralize(holdout_result.actual, 'order')}, "
            f"{holdout_result.expected:,.0f} expected; "
            f"off by {model_errors['mean_absolute_error']:.2f} a customer on average ({guess_texts})"
        )
