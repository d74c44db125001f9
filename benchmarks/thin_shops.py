"""Confidence and number of segments that segcli gives to shops whose data show little or nothing.

    python benchmarks/thin_shops.py 200

A third of the shops is small (20 to 400 customers), a third has mostly one-time buyers, and a third is large but null:
all customers buy at the same rate, so that no segment can predict purchases. "high" confidence is wrong for all.
"""

import collections
import json
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np

KINDS = ("small", "one-time", "null")
FIRST_DAY = date(2024, 1, 1)
FEW_CUSTOMERS, ENOUGH_CUSTOMERS, MANY_ONE_TIME_BUYERS = 100, 500, 0.8  # docs/value.md


def write_shop(path: Path, kind: str, seed: int) -> tuple[int, float]:
    """Write the orders of a shop; return the number of customers and the share with one order."""
    chance = np.random.default_rng([seed, KINDS.index(kind)])
    customers = int(chance.integers(20, 400)) if kind == "small" else int(chance.integers(600, 1200))
    days = int(chance.integers(200, 700))
    if kind == "one-time":
        counts = np.where(chance.random(customers) < chance.uniform(0.82, 0.97), 1, 2)
    else:
        counts = 1 + chance.poisson(chance.uniform(1.0, 4.0), customers)
    lines = ["customer_id,order_date,amount"]
    for number, count in enumerate(counts):
        lines += [
            f"C{number:04},{FIRST_DAY + timedelta(days=int(day))},{chance.gamma(4.0, 12.0) + 0.01:.2f}"
            for day in np.sort(chance.choice(days, count, replace=False))
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return customers, float((counts == 1).mean())


def list_allowed_counts(customers: int, one_time_share: float) -> range:
    """Return the numbers of segments that the rule allows; segments may be empty."""
    if customers < FEW_CUSTOMERS or one_time_share > MANY_ONE_TIME_BUYERS:
        return range(1, 4)
    return range(1, 7) if customers < ENOUGH_CUSTOMERS else range(1, 11)


def run_segcli(*arguments: str) -> str:
    """Run a command and return its output."""
    command = [sys.executable, "-m", "segcli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(shop_count: int) -> None:
    """Print the confidence of the shops, and how many have a number of segments that the rule does not allow."""
    confidence_counts: collections.Counter[tuple[str, str]] = collections.Counter()
    rule_breaks = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        for seed in range(shop_count):
            kind = KINDS[seed % len(KINDS)]
            customers, one_time_share = write_shop(path, kind, seed)
            findings = run_segcli("check", str(path), "-q")
            level = findings.partition("confidence ")[2].split(":")[0]
            confidence_counts[kind, level] += 1
            segments = json.loads(run_segcli("rfm", str(path), "-q", "-f", "json"))["segments"]
            rule_breaks += len(segments) not in list_allowed_counts(customers, one_time_share)
    for (kind, level), count in sorted(confidence_counts.items()):
        print(f"{kind:10} confidence {level:10} {count}")
    high = sum(count for (_, level), count in confidence_counts.items() if level == "high")
    print(f"confidence high: {high} of {shop_count}; number of segments against the rule: {rule_breaks}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
