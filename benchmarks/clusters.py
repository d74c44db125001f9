"""Choosing the number of clusters: segcli, with stability and verdict, against a bare scikit-learn sweep, in turn.

    python benchmarks/clusters.py [CUSTOMERS] [RUNS]

Eight features, five planted groups that overlap, k = 2 to 10. The sweep fits `KMeans(n_init=10)` for each k on all rows
and validates nothing; segcli tries each k, judges stability, separation and the gap, chooses one and fits it to all.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from measuring import compare

SWEEP = """
import sys
import numpy as np
from sklearn.cluster import KMeans

matrix = np.load(sys.argv[1])
matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
print([KMeans(n_clusters=k, n_init=10, random_state=1).fit(matrix).inertia_ for k in range(2, 11)])
"""
SEGCLI = """
import sys
import numpy as np
import pandas as pd
from segcli.config.cluster import ClusterSettings
from segcli.model import Customers, Input, InputReport
from segcli.segment.clustering.pipeline import cluster_customers

matrix = np.load(sys.argv[1])
names = [f"f{number}" for number in range(matrix.shape[1])]
ids = pd.Series([f"C{number:07d}" for number in range(len(matrix))], dtype="str")
table = pd.DataFrame(matrix, columns=names)
table.insert(0, "customer_id", ids)
customers = Customers(table, None, (InputReport(Input("bench", 0, "", len(matrix)), "customers", "", {}),))
size = matrix.nbytes
del matrix
import scipy.stats, sklearn.cluster, sklearn.metrics  # what segmenting imports is no data

def held(what):
    (line,) = [line for line in open("/proc/self/status") if line.startswith(what)]
    return int(line.split()[1]) * 1024

open("/proc/self/clear_refs", "w").write("5")  # from here on VmHWM is the peak of what follows
before = held("VmRSS")
made = cluster_customers(customers, ClusterSettings(features=names, transform="none"), 1)
print(made.notes[:2], made.method["samples"])
added = held("VmHWM") - before
with open(sys.argv[1] + ".txt", "w") as file:
    file.write(f"segcli adds {added / 1e6:.0f} MB to the table, {added / size:.2f} times the matrix")
"""


def matrix(customers: int) -> np.ndarray:
    """Five overlapping groups of different sizes."""
    chance = np.random.default_rng(20260630)
    centres = chance.normal(0, 2.0, (5, 8))
    group = chance.choice(5, customers, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    found: np.ndarray = centres[group] + chance.normal(size=(customers, 8))
    return found


def main(customers: int, runs: int) -> None:
    """Run both in turn and print the medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "matrix.npy", matrix(customers))
        commands: dict[str, list[str]] = {}
        for what, text in {"segcli, k chosen and judged": SEGCLI, "scikit-learn, bare sweep": SWEEP}.items():
            script = folder / f"script_{len(commands)}.py"
            script.write_text(text, encoding="utf-8")
            commands[what] = [sys.executable, str(script), str(folder / "matrix.npy")]
        size = customers * 8 * 8 / 1e6
        print(f"{customers:,} customers x 8 features ({size:,.0f} MB), {runs} runs in turn; medians")
        compare(commands, runs)
        print((folder / "matrix.npy.txt").read_text(encoding="utf-8"))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(1_000_000, 1)[len(given) :])
