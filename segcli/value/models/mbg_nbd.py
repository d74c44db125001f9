"""MBG/NBD (Batislam, Denizel and Filiztekin 2007; Hoppe and Wagner 2007): BG/NBD with dropout after the first order.

A customer without a repeat order may therefore have dropped out.
"""

from segcli.value.models._geometric_dropout import PARAMETERS, GeometricDropout

__all__ = [
    "MAX_HISTORIES",
    "PARAMETERS",
    "STARTS",
    "conditional_expectation",
    "dropout_rate",
    "likelihood_gradient",
    "log_likelihood",
    "probability_alive",
    "simulate_orders",
    "unconditional_expectation",
]

STARTS = ((0.5, 6.0, 0.9, 1.6), (1.0, 10.0, 1.0, 5.0), (0.7, 1.0, 0.3, 1.0))
MAX_HISTORIES = 200_000
_MODEL = GeometricDropout(first_order_dropout=1)
log_likelihood, likelihood_gradient = _MODEL.log_likelihood, _MODEL.likelihood_gradient
probability_alive, conditional_expectation, unconditional_expectation = (
    _MODEL.probability_alive,
    _MODEL.conditional_expectation,
    _MODEL.unconditional_expectation,
)
dropout_rate, simulate_orders = _MODEL.dropout_rate, _MODEL.simulate_orders
