"""Fifty rules on a million customers: reading them, asking them, and the whole command.

python benchmarks/rules.py [CUSTOMERS] [RULES]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from segcli.config.rules import RulesSettings
from segcli.model import Customers, Input, InputReport
from segcli.segment import rules


def table(size: int) -> pd.DataFrame:
    """Customers with counts, money, days and texts, some of them missing."""
    chance = np.random.default_rng(20260630)
    last = np.datetime64("2026-07-01") - chance.integers(1, 900, size)
    income = chance.lognormal(10.5, 0.5, size).round(2)
    return pd.DataFrame(
        {
            "customer_id": pd.Series([f"C{n:07d}" for n in range(size)], dtype="str"),
            "last_order": last.astype("datetime64[s]"),
            "recency_days": (np.datetime64("2026-07-01") - last).astype("timedelta64[D]").astype("int64"),
            "orders": chance.geometric(0.3, size),
            "revenue": chance.lognormal(4, 1, size).round(2),
            "country": pd.Series(chance.choice(["DE", "FR", "AT", "IT", "ES", ""], size), dtype="str"),
            "income": np.where(chance.integers(0, 10, size) == 0, np.nan, income),
        }
    )


def written(count: int) -> list[dict[str, object]]:
    """Rules of five kinds, each with other numbers."""
    kinds = [
        "orders >= {n} and revenue > {m}",
        'country in ["DE", "AT"] and recency_days <= {m}',
        "last_order >= as_of - {m} days or income > {n}000",
        'not (country == "FR" and orders < {n}) and revenue / orders > {m}',
        'country starts with "D" and income between {n}000 and {m}000',
    ]
    return [{"segment": f"S{n}", "when": kinds[n % 5].format(n=n % 9 + 2, m=20 + 7 * n)} for n in range(count)]


def main(size: int, count: int) -> None:
    """Time each part once; print seconds."""
    listed = written(count)
    spec = RulesSettings.model_validate({"name": "bench", "segments": listed})
    customers = table(size)
    found = Customers(customers, date(2026, 7, 1), (InputReport(Input("bench", 0, "", size), "customers", "", {}),))
    started = time.perf_counter()
    prepared = rules.prepare_rule_sets([spec])
    read = time.perf_counter() - started
    started = time.perf_counter()
    (made,) = rules.segment_by_rules(found, prepared)
    asked = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:,} customers, {count} rules: read in {read:.3f} s, asked in {asked:.1f} s, peak {peak:,.0f} MB")
    print(f"segments: {len(made.segments)}, customers in a rule's segment: {(made.labels != 'Others').sum():,}")
    with tempfile.TemporaryDirectory() as name:
        path, config = Path(name) / "customers.csv", Path(name) / "rules.yaml"
        customers.to_csv(path, index=False)
        config.write_text(json.dumps({"rules": [{"name": "bench", "segments": listed}]}), encoding="utf-8")
        command = [sys.executable, "-m", "segcli", "rules", str(path), "-c", str(config), "-q", "-o", f"{name}/out.csv"]
        started = time.perf_counter()
        subprocess.run(command, check=True)
        lasted = time.perf_counter() - started
        print(f"`segcli rules` from CSV to CSV ({path.stat().st_size / 1e6:,.0f} MB in): {lasted:.1f} s")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(1_000_000, 50)[len(given) :])
