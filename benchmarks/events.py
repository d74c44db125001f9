"""Features of events: `segcli ingest` against DuckDB SQL that computes the same features, whole processes, in turn.

    python benchmarks/events.py [ROWS] [RUNS] [--keep FOLDER]

The log has ten million visits of 200,000 customers, sorted by time: customer, time and page. One row in a
thousand has no customer, and one in fifty is of a visitor who never bought. Both programs read the orders and the log,
and write one row per customer: counts in four windows, days since the first and the last visit, distinct pages, and
sessions with pauses of at most 30 minutes. All results must be equal before anything is timed.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from measuring import ROOT, compare
from pyarrow import csv

CUSTOMERS = 200_000
PAGES = 5_000
ANONYMOUS_SHARE = 0.001
AS_OF = "2026-07-01"
DAYS = 400
FEATURES = (
    "count_7d",
    "count_30d",
    "count_90d",
    "count_365d",
    "days_since_last",
    "days_since_first",
    "pages",
    "sessions",
)

DUCKDB = """
import sys
import duckdb

orders, visits, output = sys.argv[1:]
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f'''
COPY (
  WITH customers AS (SELECT customer_id FROM read_csv('{orders}', types={{'customer_id': 'VARCHAR'}}) GROUP BY 1),
  kept AS (
    SELECT customer_id, time, page FROM read_csv('{visits}', types={{
      'customer_id': 'VARCHAR', 'time': 'TIMESTAMP', 'page': 'VARCHAR'}}) JOIN customers USING (customer_id)
    WHERE time < TIMESTAMP '2026-07-02'
  ),
  starts AS (
    SELECT *, time - LAG(time) OVER (PARTITION BY customer_id ORDER BY time) AS pause FROM kept
  ),
  features AS (
    SELECT customer_id,
      COUNT(*) FILTER (time >= DATE '2026-07-01' - 7) AS web_count_7d,
      COUNT(*) FILTER (time >= DATE '2026-07-01' - 30) AS web_count_30d,
      COUNT(*) FILTER (time >= DATE '2026-07-01' - 90) AS web_count_90d,
      COUNT(*) FILTER (time >= DATE '2026-07-01' - 365) AS web_count_365d,
      DATE '2026-07-01' - MAX(time)::DATE AS web_days_since_last,
      DATE '2026-07-01' - MIN(time)::DATE AS web_days_since_first,
      COUNT(DISTINCT page) AS web_pages,
      COUNT(*) FILTER (pause IS NULL OR pause > INTERVAL 30 MINUTE) AS web_sessions
    FROM starts GROUP BY 1
  )
  SELECT customer_id, COALESCE(web_count_7d, 0) AS web_count_7d, COALESCE(web_count_30d, 0) AS web_count_30d,
    COALESCE(web_count_90d, 0) AS web_count_90d, COALESCE(web_count_365d, 0) AS web_count_365d,
    web_days_since_last, web_days_since_first, COALESCE(web_pages, 0) AS web_pages,
    COALESCE(web_sessions, 0) AS web_sessions
  FROM customers LEFT JOIN features USING (customer_id) ORDER BY customer_id
) TO '{output}' (HEADER)
''')
"""


def write_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write the orders and the visits."""
    random = np.random.default_rng(1)
    orders, visits = folder / "orders.csv", folder / "visits.csv"
    ids = np.arange(100_000, 100_000 + CUSTOMERS)
    order_days = np.datetime64(AS_OF) - random.integers(1, 365, CUSTOMERS)
    order_table = {
        "customer_id": ids,
        "order_date": order_days.astype(str),
        "amount": random.integers(5, 100, CUSTOMERS),
    }
    csv.write_csv(pa.table(order_table), orders, csv.WriteOptions(quoting_style="none"))
    visitors = random.integers(0, CUSTOMERS + CUSTOMERS // 50, rows)
    visitor_ids = np.where(random.random(rows) < ANONYMOUS_SHARE, "", (100_000 + visitors).astype(str))
    seconds = np.sort(random.integers(0, DAYS * 86_400, rows // 2))
    moments = np.sort(np.concatenate([seconds, seconds + random.integers(1, 3_000, rows // 2)]))
    times = (np.datetime64(AS_OF, "s") - DAYS * 86_400 + moments).astype("datetime64[s]")
    pages = random.zipf(1.3, rows) % PAGES
    table = {
        "customer_id": pa.array(visitor_ids),
        "time": pa.array(np.char.replace(times.astype(str), "T", " ")),
        "page": pa.array(np.char.add("/page/", pages.astype(str))),
    }
    csv.write_csv(pa.table(table), visits, csv.WriteOptions(quoting_style="none"))
    return orders, visits


def check_results(ours: Path, theirs: Path) -> None:
    """Stop if a feature of a customer differs."""
    names = ["customer_id", *(f"web_{feature}" for feature in FEATURES)]
    tables = [pd.read_csv(path, usecols=names)[names] for path in (ours, theirs)]
    pd.testing.assert_frame_equal(*tables, check_dtype=False)
    print(f"{len(tables[0]):,} customers, all features equal")


def main(rows: int, runs: int, folder: Path) -> None:
    """Compare the results, and print the medians."""
    orders, visits = folder / "orders.csv", folder / "visits.csv"
    if not visits.exists():
        orders, visits = write_files(folder, rows)
    ours, theirs = folder / "segcli.csv", folder / "duckdb.csv"
    web = [f"--set=ingest.events.web.path={visits}"]
    segcli = [sys.executable, "-m", "segcli", "ingest", str(orders), *web, "--as-of", AS_OF, "-o", str(ours), "--force"]
    duckdb = [sys.executable, "-c", DUCKDB, str(orders), str(visits), str(theirs)]
    done = subprocess.run(segcli, cwd=ROOT, capture_output=True, text=True, check=True)
    print("\n".join(line for line in done.stderr.splitlines() if "events kept" in line))
    subprocess.run(duckdb, cwd=ROOT, check=True)
    check_results(ours, theirs)
    print(f"{rows:,} visits, {visits.stat().st_size / 1e6:,.0f} MB, {runs} runs in turn; medians")
    compare({"segcli ingest": segcli, "duckdb": duckdb}, runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=10_000_000)
    parser.add_argument("runs", type=int, nargs="?", default=3)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        kept = given.keep or Path(name)
        kept.mkdir(parents=True, exist_ok=True)
        main(given.rows, given.runs, kept)
