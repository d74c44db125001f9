"""What customers are expected to order, and what that is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from segcli import columns as c
from segcli.config.clv import ClvSettings
from segcli.value import gamma_gamma, models
from segcli.value.bootstrap import Draw
from segcli.value.fit import Fitted
from segcli.value.summary import Summary, Values

DAYS_A_YEAR = 365.25
DIGITS = 6


@dataclass(frozen=True, eq=False)
class Expecting:
    """Fitted models and the customers they are asked about; `value` where there is money."""

    summary: Summary
    fitted: Fitted
    value: Fitted | None
    settings: ClvSettings

    @property
    def step(self) -> float:
        """Periods in a step of the horizon."""
        return self.settings.step_days / self.summary.period_days

    def orders(self, t: float, parameters: Mapping[str, float] | None = None) -> Values:
        """Expected in the next t periods, by group of customers."""
        model = models.load(self.fitted.model)
        return model.expected(parameters or self.fitted.parameters, self.summary.groups, t)

    @cached_property
    def ahead(self) -> Values:
        """Orders over the whole horizon, by group."""
        return self.orders(self.settings.steps * self.step)

    @cached_property
    def discounted(self) -> Values:
        """Orders over the horizon, later ones counting less, by group."""
        rate = (1 + self.settings.discount) ** (self.settings.step_days / DAYS_A_YEAR)
        before, found = np.zeros_like(self.ahead), np.zeros_like(self.ahead)
        for step in range(1, self.settings.steps + 1):
            now = self.orders(step * self.step)
            found += (now - before) / rate**step
            before = now
        return found

    @cached_property
    def order_value(self) -> Values | None:
        """Of each customer's next orders; NaN where it has no mean."""
        return None if self.value is None else self._value(self.value.parameters)

    @cached_property
    def clv(self) -> Values | None:
        """Of each customer, over the horizon."""
        if self.order_value is None:
            return None
        found: Values = self.settings.margin * self.discounted[self.summary.group] * self.order_value
        return found

    def _value(self, parameters: Mapping[str, float]) -> Values:
        found = gamma_gamma.expected(parameters, self.summary.x, self.summary.value)
        return np.where(found > 0, found, np.nan)

    def drawn(self, draw: Draw) -> tuple[Values, Values | None]:
        """With other parameters: orders over the horizon by group, and the value of an order by customer."""
        orders = self.orders(self.settings.steps * self.step, draw.orders)
        return orders, None if draw.value is None else self._value(draw.value)

    def columns(self) -> dict[str, Values]:
        """Of the customer table."""
        model, group = models.load(self.fitted.model), self.summary.group
        found = {
            c.P_ALIVE: model.alive(self.fitted.parameters, self.summary.groups)[group],
            c.EXPECTED_ORDERS: self.ahead[group],
        }
        if self.order_value is not None and self.clv is not None:
            found |= {c.EXPECTED_ORDER_VALUE: self.order_value, c.CLV: self.clv}
        return {name: values.round(DIGITS) for name, values in found.items()}
