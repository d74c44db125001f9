"""How far parameters may be off: models fitted again to customers drawn with replacement.

Of many customers a part is drawn, and what its parameters differ by is scaled down to the size of all (m out of n;
Bickel, Goetze and van Zwet 1997).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from segcli.value import gamma_gamma
from segcli.value.fit import ModelFit, fit_order_model
from segcli.value.summary import PurchaseSummary

MAX_SAMPLE_SIZE = 5_000  # customers at most


@dataclass(frozen=True)
class ParameterDraw:
    """Parameters of the order model and, where there is money, of the value of orders."""

    order_parameters: Mapping[str, float]
    value_parameters: Mapping[str, float] | None


def draw_parameters(
    summary: PurchaseSummary, order_fit: ModelFit, value_fit: ModelFit | None, samples: int, seed: int
) -> Iterator[ParameterDraw]:
    """Parameters of so many samples of customers."""
    customer_count = len(summary.group_codes)
    sample_size = min(customer_count, MAX_SAMPLE_SIZE)
    repeats, is_repeat = summary.x, (summary.x > 0) & (np.nan_to_num(summary.mean_value) > 0)
    for sample_number in range(samples):
        sampled_rows = np.random.default_rng([seed, sample_number]).integers(0, customer_count, sample_size)
        history_counts = np.bincount(summary.group_codes[sampled_rows], minlength=len(summary.groups.x)).astype(
            np.float64
        )
        sample_fit = fit_order_model(
            order_fit.model, summary.groups.reweight_customers(history_counts), [order_fit.parameters]
        )
        shrinkage = np.sqrt(sample_size / customer_count)
        if value_fit is None:
            yield ParameterDraw(_shrink_towards(order_fit.parameters, sample_fit.parameters, shrinkage), None)
            continue
        repeat_rows = sampled_rows[is_repeat[sampled_rows]]
        sample_value_fit = gamma_gamma.fit_gamma_gamma(
            repeats[repeat_rows], summary.mean_value[repeat_rows], np.ones(len(repeat_rows)), [value_fit.parameters]
        )
        yield ParameterDraw(
            _shrink_towards(order_fit.parameters, sample_fit.parameters, shrinkage),
            _shrink_towards(value_fit.parameters, sample_value_fit.parameters, shrinkage),
        )


def _shrink_towards(
    full_parameters: Mapping[str, float], sample_parameters: Mapping[str, float], shrinkage: float
) -> dict[str, float]:
    return {
        name: full_value * (sample_parameters[name] / full_value) ** shrinkage
        for name, full_value in full_parameters.items()
    }
