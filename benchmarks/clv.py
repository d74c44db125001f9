"""Fitting BG/NBD: segcli against the lifetimes package on the same histories, in turn.

    python benchmarks/clv.py ORDERS.csv [CUSTOMERS] [RUNS]      (pip install lifetimes)

ORDERS is an export such as the CDNOW master data (customer_id, date, dollar_value); its orders to 1997-09-30 count.
Besides, CUSTOMERS are drawn from the model itself. Each fit is of one process that has the histories in memory; what is
timed is the fit. Parameters are printed for both.
"""

import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

SEGCLI = """
import sys, time
import numpy as np
from segcli.value.maximum_likelihood import fit_order_model
from segcli.value.models import load_order_model
from segcli.value.purchase_summary import HistoryGroups

x, t_x, T = np.load(sys.argv[1])
# What is imported at first use is no fitting.
fit_order_model("bg_nbd", HistoryGroups(x[:9], t_x[:9], T[:9], np.ones(9)))
started = time.perf_counter()
days = [np.round(column * 7).astype(int) for column in (t_x, T)]
found = fit_order_model("bg_nbd", HistoryGroups.from_days(x.astype(int), *days, 7.0)[0])
seconds = time.perf_counter() - started
ahead = load_order_model("bg_nbd").conditional_expectation(found.parameters, HistoryGroups(x, t_x, T, x), 26.0)
print(seconds, *found.parameters.values(), ahead.sum())
"""
LIFETIMES = """
import sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from lifetimes import BetaGeoFitter

x, t_x, T = np.load(sys.argv[1])
started = time.perf_counter()
found = BetaGeoFitter().fit(x, t_x, T)
seconds = time.perf_counter() - started
ahead = found.conditional_expected_number_of_purchases_up_to_time(26.0, x, t_x, T)
print(seconds, *found.params_[["r", "alpha", "a", "b"]], ahead.sum())
"""


def real(path: str) -> np.ndarray:
    """Histories in weeks to 1997-09-30."""
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import load_customers
    from segcli.customers.order_history import customers_as_of
    from segcli.value.purchase_summary import summarise_purchases

    customers = customers_as_of(load_customers(IngestSettings(transactions=Source(path=path))), date(1997, 10, 1))
    made = summarise_purchases(customers, date(1997, 9, 30), 7.0)
    groups = made.groups
    return np.stack([groups.x, groups.t_x, groups.T])[:, made.group_codes]


def drawn(customers: int) -> np.ndarray:
    """Histories of a BG/NBD (r 0.8, alpha 6, a 1.6, b 4), by day, over up to a year."""
    chance = np.random.default_rng(1)
    rate, stop = chance.gamma(0.8, 1 / 6.0, customers), chance.beta(1.6, 4.0, customers)
    end = chance.integers(60, 365, customers) / 7
    x, t_x, now, there = np.zeros(customers), np.zeros(customers), np.zeros(customers), np.ones(customers, bool)
    while there.any():
        now = now + chance.exponential(1 / rate)
        there &= now < end
        x += there
        t_x = np.where(there, np.ceil(now * 7) / 7, t_x)
        there &= chance.random(customers) >= stop
    return np.stack([x, np.minimum(t_x, end), end])


def main(path: str, customers: int, runs: int) -> None:
    """Time both in turn and print medians."""
    with tempfile.TemporaryDirectory() as name:
        for what, histories in {"the export": real(path), f"{customers:,} drawn": drawn(customers)}.items():
            file = Path(name) / "histories.npy"
            np.save(file, histories)
            print(f"\n{what}: {histories.shape[1]:,} customers, {int((histories[0] > 0).sum()):,} with a repeat")
            print("| | seconds | r | alpha | a | b | orders in 26 weeks |\n" + "| --- " + "| ---: " * 6 + "|")
            times = {}
            for tool, script in {"segcli": SEGCLI, "lifetimes": LIFETIMES}.items():
                told = [
                    subprocess.run(
                        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
                    ).stdout.split()
                    for _ in range(runs)
                ]
                times[tool] = statistics.median(float(one[0]) for one in told)
                print(f"| {tool} | {times[tool]:.2f} | " + " | ".join(f"{float(p):.4f}" for p in told[0][1:]) + " |")
            print(f"| ratio | {times['segcli'] / times['lifetimes']:.3f} | | | | |")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]]
    main(sys.argv[1], *given, *(1_000_000, 3)[len(given) :])
