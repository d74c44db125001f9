"""Simulated shops with known rates and dropout, from shops of one-time buyers to subscriptions, and their future.

The simulation uses none of the formulas of segcli.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

FIRST_DAY = date(2023, 1, 1)
KINDS = ("one-time", "bg_nbd", "mbg_nbd", "pareto_nbd", "subscription", "no dropout")


@dataclass(frozen=True)
class Shop:
    """Orders of a shop: `past` up to the last known day, and what each customer orders and pays in the horizon."""

    kind: str
    past: pd.DataFrame
    later_orders: pd.Series
    later_value: pd.Series
    horizon_weeks: int
    weekly_dropout: float
    days: int


def simulate_shop(kind: str, seed: int, customers: int = 1200) -> Shop:
    """Simulate a shop of a kind; the seed also selects its rates, dropout and length of history."""
    chance = np.random.default_rng([seed, KINDS.index(kind)])
    days, horizon_weeks = int(chance.integers(300, 900)), int(chance.integers(12, 52))
    end = days + 7 * horizon_weeks
    rows, weekly_dropout = [], _draw_dropout(kind, chance)
    mean_gap = float(np.exp(chance.uniform(np.log(10), np.log(60))))  # days between the orders of an average customer
    shape = float(chance.uniform(0.6, 2.5))
    loyal_share = float(chance.uniform(0.02, 0.12))
    for customer in range(customers):
        first_day = int(chance.integers(0, days))
        scale = chance.gamma(5.0, 1 / 60.0)
        repeats = _draw_repeats(kind, chance, first_day, end, mean_gap, shape, loyal_share, weekly_dropout)
        rows += [
            (f"C{customer:05}", int(day), round(float(chance.gamma(6.0, 1 / scale)) + 0.01, 2))
            for day in (first_day, *repeats)
        ]
    orders = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    orders = orders.groupby(["customer_id", "day"], as_index=False)["amount"].sum()  # orders of a day count as one
    is_past = orders["day"] < days
    later = orders[~is_past & (orders["day"] < end)].groupby("customer_id")["amount"]
    return Shop(kind, orders[is_past], later.size(), later.sum(), horizon_weeks, weekly_dropout, days)


def _draw_dropout(kind: str, chance: np.random.Generator) -> float:
    """Draw the planted mean dropout: per week, or per order for BG/NBD and MBG/NBD."""
    if kind == "no dropout":
        return 0.0
    return float(chance.uniform(0.002, 0.02) if kind == "subscription" else chance.uniform(0.02, 0.4))


def _draw_repeats(  # noqa: PLR0913, PLR0917 - the rates of a shop
    kind: str,
    chance: np.random.Generator,
    first_day: int,
    end: int,
    mean_gap: float,
    shape: float,
    loyal_share: float,
    dropout: float,
) -> list[float]:
    """Draw the days of a customer's repeat orders."""
    if kind == "one-time" and chance.random() > loyal_share:
        return []
    if kind == "subscription":  # about monthly, with little variation
        gap = float(chance.uniform(25, 35))
        lifetime = chance.exponential(7 / dropout)
        steps = np.cumsum(np.maximum(chance.normal(gap, 3.0, int((end - first_day) / gap) + 5), 1.0))
        return [float(first_day + step) for step in steps if step < min(lifetime, end - first_day)]
    rate = chance.gamma(shape, 1 / (shape * mean_gap))
    per_order = kind in {"bg_nbd", "mbg_nbd", "one-time"}
    stop = chance.beta(2.0, 2.0 * (1 - dropout) / dropout) if per_order else 0.0
    lifetime = np.inf
    if kind == "pareto_nbd":
        lifetime = chance.exponential(1 / chance.gamma(1.5, dropout / 7 / 1.5))
    days: list[float] = []
    now, is_alive = float(first_day), kind != "mbg_nbd" or chance.random() >= stop
    while is_alive:
        now += chance.exponential(1 / rate) if rate > 0 else np.inf
        if now >= end or now - first_day > lifetime:
            break
        days.append(now)
        is_alive = chance.random() >= stop
    return days


def write_shop(shop: Shop, path: Path) -> None:
    """Write the known orders of a shop as CSV."""
    days = [str(FIRST_DAY + timedelta(days=int(day))) for day in shop.past["day"]]
    shop.past.assign(order_date=days)[["customer_id", "order_date", "amount"]].to_csv(path, index=False)
