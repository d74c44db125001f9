"""What customers are expected to order, and what that is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from segcli import columns
from segcli.config.clv import ClvSettings
from segcli.value import gamma_gamma, models
from segcli.value.bootstrap import ParameterDraw
from segcli.value.fit import ModelFit
from segcli.value.summary import FloatArray, PurchaseSummary

DAYS_PER_YEAR = 365.25
ROUND_DIGITS = 6


@dataclass(frozen=True, eq=False)
class OrderForecast:
    """Fitted models and the customers they are asked about; `value_fit` where there is money."""

    summary: PurchaseSummary
    order_fit: ModelFit
    value_fit: ModelFit | None
    settings: ClvSettings

    @property
    def periods_per_step(self) -> float:
        """Periods in a step of the horizon."""
        return self.settings.step_days / self.summary.period_days

    def predict_orders(self, periods: float, parameters: Mapping[str, float] | None = None) -> FloatArray:
        """Expected in the next t periods, by group of customers."""
        model = models.load_order_model(self.order_fit.model)
        return model.conditional_expectation(parameters or self.order_fit.parameters, self.summary.groups, periods)

    @cached_property
    def horizon_orders(self) -> FloatArray:
        """Orders over the whole horizon, by group."""
        return self.predict_orders(self.settings.horizon_steps * self.periods_per_step)

    @cached_property
    def horizon_orders_discounted(self) -> FloatArray:
        """Orders over the horizon, later ones counting less, by group."""
        discount_factor = (1 + self.settings.discount) ** (self.settings.step_days / DAYS_PER_YEAR)
        previous_orders, total_orders = np.zeros_like(self.horizon_orders), np.zeros_like(self.horizon_orders)
        for step in range(1, self.settings.horizon_steps + 1):
            cumulative_orders = self.predict_orders(step * self.periods_per_step)
            total_orders += (cumulative_orders - previous_orders) / discount_factor**step
            previous_orders = cumulative_orders
        return total_orders

    @cached_property
    def order_value(self) -> FloatArray | None:
        """Of each customer's next orders; NaN where it has no mean."""
        return None if self.value_fit is None else self._predict_order_value(self.value_fit.parameters)

    @cached_property
    def clv(self) -> FloatArray | None:
        """Of each customer, over the horizon."""
        if self.order_value is None:
            return None
        customer_clv: FloatArray = (
            self.settings.margin * self.horizon_orders_discounted[self.summary.group_codes] * self.order_value
        )
        return customer_clv

    def _predict_order_value(self, parameters: Mapping[str, float]) -> FloatArray:
        order_values = gamma_gamma.predict_order_value(parameters, self.summary.x, self.summary.mean_value)
        return np.where(order_values > 0, order_values, np.nan)

    def predict_from_draw(self, parameter_draw: ParameterDraw) -> tuple[FloatArray, FloatArray | None]:
        """With other parameters: orders over the horizon by group, and the value of an order by customer."""
        orders = self.predict_orders(
            self.settings.horizon_steps * self.periods_per_step, parameter_draw.order_parameters
        )
        return orders, None if parameter_draw.value_parameters is None else self._predict_order_value(
            parameter_draw.value_parameters
        )

    def to_columns(self) -> dict[str, FloatArray]:
        """Of the customer table."""
        model, group_codes = models.load_order_model(self.order_fit.model), self.summary.group_codes
        customer_columns = {
            columns.P_ALIVE: model.probability_alive(self.order_fit.parameters, self.summary.groups)[group_codes],
            columns.EXPECTED_ORDERS: self.horizon_orders[group_codes],
        }
        if self.order_value is not None and self.clv is not None:
            customer_columns |= {columns.EXPECTED_ORDER_VALUE: self.order_value, columns.CLV: self.clv}
        return {name: values.round(ROUND_DIGITS) for name, values in customer_columns.items()}
