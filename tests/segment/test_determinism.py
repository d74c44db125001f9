"""The same bits on one thread or two, under any hash seed, in any order of rows."""

import os
import subprocess
import sys
from collections.abc import Mapping

from segcli.segment import methods

SCRIPT = """
import hashlib, json, sys
import numpy as np
import pandas as pd
from segcli.config.cluster import ClusterSettings
from segcli.model import Customers
from segcli.segment import methods
from segcli.segment.clustering import pipeline
from tests.oracles.tables import READING

chance = np.random.default_rng(3)
kind = chance.integers(0, 3, 240)
table = pd.DataFrame({
    "customer_id": [f"c{n:03}" for n in range(240)],
    "visits": chance.poisson(3 + 6 * kind).astype(float),
    "spend": chance.lognormal(1 + kind, 0.6),
    "plan": np.array(["free", "pro", "team"])[(kind + (chance.random(240) < 0.2)) % 3],
    "yes": (chance.random(240) < 0.2 + 0.3 * kind).astype(float),
    "no": (chance.random(240) < 0.9 - 0.3 * kind).astype(float),
}).sample(frac=1, random_state=int(sys.argv[1]))  # as an export might have its rows
table = table.sort_values("customer_id", ignore_index=True)  # as reading does
of = Customers(table, None, (READING,))
for method in methods.list_methods():
    features = ["yes", "no"] if method == "latent" else ["visits", "spend", "plan"]
    k = "auto" if method == "hdbscan" else "2-3"
    made = pipeline.cluster_customers(of, ClusterSettings(method=method, features=features, pairs=2, k=k), 1)
    told = json.dumps([made.method, made.labels.tolist(), made.scores.to_dict()], default=str, sort_keys=True)
    print(method, hashlib.sha256(told.encode()).hexdigest(), sep="\\t")
"""


def found(rows: int, **environment: str) -> Mapping[str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(rows)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return dict(line.split("\t") for line in done.stdout.splitlines())


def test_threads_hash_seeds_and_rows_change_no_bit() -> None:
    one = found(1, PYTHONHASHSEED="1", OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2")
    assert list(one) == methods.list_methods()
    assert found(2, PYTHONHASHSEED="7", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1") == one
