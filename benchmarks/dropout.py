"""Write an order export of a shop whose customers stop buying at a known rate, for the backtests in docs/value.md.

Usage: python benchmarks/dropout.py MEAN_LIFETIME_DAYS SEED > orders.csv
"""

import sys
from datetime import date, timedelta

import numpy as np

FIRST_DAY, DAYS, CUSTOMERS = date(2021, 1, 1), 1095, 1500
MEAN_GAP_SHAPE, MEAN_GAP_SCALE = 3, 15  # gamma distribution of each customer's mean days between orders


def write_orders(lifetime_days: float, seed: int) -> None:
    """Write orders with exponential gaps until each customer's exponential lifetime ends."""
    random = np.random.default_rng(seed)
    print("customer_id,order_date,amount")
    for number in range(CUSTOMERS):
        day, mean_gap = float(random.integers(0, 900)), float(random.gamma(MEAN_GAP_SHAPE, MEAN_GAP_SCALE))
        end = min(day + random.exponential(lifetime_days), DAYS)
        value = float(np.exp(random.normal(3, 0.6)))
        while day < end:
            amount = value * float(np.exp(random.normal(0, 0.3)))
            print(f"c{number:04},{FIRST_DAY + timedelta(days=int(day))},{amount:.2f}")
            day += max(float(random.exponential(mean_gap)), 1.0)


if __name__ == "__main__":
    write_orders(float(sys.argv[1]), int(sys.argv[2]))
