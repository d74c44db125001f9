"""Reading an export: segcli's reader against `pyarrow.csv.read_csv` of the same columns, whole processes, in turn.

    python benchmarks/reading.py [LINES] [RUNS]

The peer reads the columns as text, as segcli does before anything is decided. Between the two stand the checks that
every file gets: encoding, delimiter, quotes, preamble, second headers. `ingest` is the whole command, for scale.
"""

import sys
import tempfile
from pathlib import Path

from measuring import format_costs, measure_in_turn
from order_lines import NEEDED, write_plain

READ = """
import sys
from segcli.config.ingest import Source
from segcli.ingest.input_file import open_input
print(open_input(Source(path=sys.argv[1])).read_table().rows)
"""
PYARROW = """
import sys
import pyarrow as pa
from pyarrow import csv
names = ["order_id", "order_date", "customer_id", "quantity", "unit_price"]
options = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
print(csv.read_csv(sys.argv[1], convert_options=options).num_rows)
"""


def main(lines: int, runs: int) -> None:
    """Run all in turn and print the medians."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "orders.csv"
        with path.open("wb") as file:
            write_plain(file, lines, NEEDED)
        commands = {
            "segcli, reading": [sys.executable, "-c", READ, str(path)],
            "pyarrow.csv.read_csv": [sys.executable, "-c", PYARROW, str(path)],
            "segcli ingest": [sys.executable, "-m", "segcli", "ingest", str(path), "-q", "-o", f"{name}/customers.csv"],
        }
        print(f"{lines:,} lines, {path.stat().st_size / 1e6:,.0f} MB, {runs} runs in turn; medians")
        print(format_costs(measure_in_turn(commands, runs)))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(5_000_000, 5)[len(given) :])
