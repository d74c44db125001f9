"""How far parameters may be off: models fitted again to customers drawn with replacement.

Of many customers a part is drawn, and what its parameters differ by is scaled down to the size of all (m out of n;
Bickel, Goetze and van Zwet 1997).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from segcli.value import gamma_gamma
from segcli.value.fit import Fitted, fit
from segcli.value.summary import Summary

DRAWN = 5_000  # customers at most


@dataclass(frozen=True)
class Draw:
    """Parameters of the order model and, where there is money, of the value of orders."""

    orders: Mapping[str, float]
    value: Mapping[str, float] | None


def draws(summary: Summary, orders: Fitted, value: Fitted | None, samples: int, seed: int) -> Iterator[Draw]:
    """Parameters of so many samples of customers."""
    customers = len(summary.group)
    drawn = min(customers, DRAWN)
    x, repeat = summary.x, (summary.x > 0) & (np.nan_to_num(summary.value) > 0)
    for number in range(samples):
        chosen = np.random.default_rng([seed, number]).integers(0, customers, drawn)
        histories = np.bincount(summary.group[chosen], minlength=len(summary.groups.x)).astype(np.float64)
        some = fit(orders.model, summary.groups.weighted(histories), [orders.parameters])
        shrunk = np.sqrt(drawn / customers)
        if value is None:
            yield Draw(_towards(orders.parameters, some.parameters, shrunk), None)
            continue
        rows = chosen[repeat[chosen]]
        found = gamma_gamma.fit(x[rows], summary.value[rows], np.ones(len(rows)), [value.parameters])
        yield Draw(
            _towards(orders.parameters, some.parameters, shrunk),
            _towards(value.parameters, found.parameters, shrunk),
        )


def _towards(whole: Mapping[str, float], some: Mapping[str, float], shrunk: float) -> dict[str, float]:
    return {name: value * (some[name] / value) ** shrunk for name, value in whole.items()}
