"""Order lines to scored customers: segcli against a plain pandas script, whole processes, in turn.

    python benchmarks/orders.py [LINES] [RUNS]

Makes the export (seeded) in a temporary folder, runs both on it in turn RUNS times, and prints medians and the
ratio. Both write one row per customer with R, F and M scores; the script does what most scripts do and no more: no
check of dates or amounts, no counts of what was left out.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SCRIPT = """
import sys
import pandas as pd

lines = pd.read_csv(sys.argv[1], dtype={"customer_id": str, "order_id": str}, parse_dates=["order_date"])
lines["amount"] = lines["quantity"] * lines["unit_price"]
grouped = lines.groupby("customer_id")
customers = grouped.agg(last=("order_date", "max"), orders=("order_id", "nunique"), revenue=("amount", "sum"))
customers["recency"] = (lines["order_date"].max() - customers["last"]).dt.days
for column, sign in (("recency", -1), ("orders", 1), ("revenue", 1)):
    ranks = (sign * customers[column]).rank(method="min")
    customers[column + "_score"] = (5 * (ranks - 1) // len(customers) + 1).astype(int)
customers.to_csv(sys.argv[2])
"""


def export(folder: Path, lines: int) -> Path:
    """Four lines an order on average, three orders a customer, two years of dates."""
    chance = np.random.default_rng(20260630)
    order = np.sort(chance.integers(0, max(lines // 4, 1), lines))
    customer = chance.integers(0, max(lines // 12, 1), order.max() + 1)
    day = np.datetime64("2024-07-01") + np.sort(chance.integers(0, 730, order.max() + 1))
    table = pd.DataFrame(
        {
            "order_id": [f"I{number}" for number in order],
            "order_date": day[order].astype(str),
            "customer_id": [f"C{number:07d}" for number in customer[order]],
            "quantity": chance.integers(1, 6, lines),
            "unit_price": chance.integers(100, 10_000, lines) / 100,
        }
    )
    path = folder / "orders.csv"
    table.to_csv(path, index=False)
    return path


# A child's peak memory is never reported below what its parent had when it forked: so a small parent forks it.
LAUNCHER = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
print(status, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, file=sys.stderr)
"""


def measured(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory (MB) of one process."""
    launched = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    done = subprocess.run(launched, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    status, wall, cpu, memory = done.stderr.split()[-4:]
    if int(status):
        raise SystemExit(f"{command} failed: {done.stderr}")
    return float(wall), float(cpu), float(memory)


def compare(commands: dict[str, list[str]], runs: int) -> None:
    """Run two commands in turn and print a table of medians, with the ratio of the first to the second."""
    figures: dict[str, list[tuple[float, float, float]]] = {what: [] for what in commands}
    for _ in range(runs):
        for what, command in commands.items():
            figures[what].append(measured(command))
    medians = {what: [statistics.median(f) for f in zip(*rows, strict=True)] for what, rows in figures.items()}
    print("| | wall s | CPU s | peak MB |\n| --- | ---: | ---: | ---: |")
    for what, (wall, cpu, memory) in medians.items():
        print(f"| {what} | {wall:.2f} | {cpu:.2f} | {memory:,.0f} |")
    ours, theirs = medians.values()
    print("| ratio | " + " | ".join(f"{a / b:.2f}" for a, b in zip(ours, theirs, strict=True)) + " |")


def main(lines: int, runs: int) -> None:
    """Run both in turn and print the medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = export(folder, lines)
        script = folder / "script.py"
        script.write_text(SCRIPT, encoding="utf-8")
        commands = {
            "segcli rfm": [sys.executable, "-m", "segcli", "rfm", str(path), "-q", "-o", str(folder / "a.csv")],
            "pandas script": [sys.executable, str(script), str(path), str(folder / "b.csv")],
        }
        print(f"{lines:,} lines, {path.stat().st_size / 1e6:,.0f} MB, {runs} runs in turn; medians")
        compare(commands, runs)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(1_000_000, 5)[len(given) :])
