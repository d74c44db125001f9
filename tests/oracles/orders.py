"""Order models by drawing: what a customer's rate and chance to stop may be, weighted by how well they fit the history.

Slow, and without any of the closed forms that segcli uses.
"""

from collections.abc import Mapping

import numpy as np

DRAWS = 400_000


class Drawn:
    """Customers drawn from a model: `rate` of orders, and the chance to stop at an order or the rate of stopping."""

    def __init__(self, model: str, parameters: Mapping[str, float], seed: int = 5) -> None:
        chance = np.random.default_rng(seed)
        self.model = model
        self.rate = chance.gamma(parameters["r"], 1 / parameters["alpha"], DRAWS)
        if model == "pareto_nbd":
            self.stop = chance.gamma(parameters["s"], 1 / parameters["beta"], DRAWS)
        else:
            self.stop = chance.beta(parameters["a"], parameters["b"], DRAWS)

    def parts(self, x: int, t_x: float, end: float) -> tuple[np.ndarray, np.ndarray]:
        """Likelihood of the history with the customer still there at the end, and gone."""
        rate, stop = self.rate, self.stop
        if self.model == "pareto_nbd":
            both = rate + stop
            alive = rate**x * np.exp(-both * end)
            return alive, rate**x * stop / both * (np.exp(-both * t_x) - np.exp(-both * end))
        first = 1 if self.model == "mbg_nbd" else 0  # whether the first order may have been the last
        alive = (1 - stop) ** (x + first) * rate**x * np.exp(-rate * end)
        gone = stop * (1 - stop) ** (x + first - 1) * rate**x * np.exp(-rate * t_x)
        return alive, gone if x + first > 0 else np.zeros_like(gone)

    def log_likelihood(self, x: int, t_x: float, end: float) -> float:
        alive, gone = self.parts(x, t_x, end)
        return float(np.log((alive + gone).mean()))

    def alive(self, x: int, t_x: float, end: float) -> float:
        alive, gone = self.parts(x, t_x, end)
        return float(alive.sum() / (alive + gone).sum())

    def expected(self, x: int, t_x: float, end: float, t: float) -> float:
        alive, gone = self.parts(x, t_x, end)
        return float((alive * self.ahead(t)).sum() / (alive + gone).sum())

    def ahead(self, t: float) -> np.ndarray:
        """Orders in the next t of somebody who is still a customer."""
        rate, stop = self.rate, self.stop
        if self.model == "pareto_nbd":
            return rate / stop * -np.expm1(-stop * t)
        return -np.expm1(-rate * stop * t) / stop

    def expected_new(self, t: float) -> float:
        stays = 1 - self.stop if self.model == "mbg_nbd" else 1.0
        return float((stays * self.ahead(t)).mean())


def simulated(
    model: str, parameters: Mapping[str, float], customers: int, end: np.ndarray, seed: int
) -> list[list[float]]:
    """Times of repeat orders of each customer, one by one."""
    chance = np.random.default_rng(seed)
    found = []
    for last in end[:customers]:
        rate = chance.gamma(parameters["r"], 1 / parameters["alpha"])
        times: list[float] = []
        now = 0.0
        if model == "pareto_nbd":
            gone = chance.exponential(1 / chance.gamma(parameters["s"], 1 / parameters["beta"]))
            until = min(gone, last)
            while (now := now + chance.exponential(1 / rate)) < until:
                times.append(now)
        else:
            stop = chance.beta(parameters["a"], parameters["b"])
            alive = model == "bg_nbd" or chance.random() >= stop
            while alive and (now := now + chance.exponential(1 / rate)) < last:
                times.append(now)
                alive = chance.random() >= stop
        found.append(times)
    return found
