"""How the CPU time of whole commands grows while one dimension of the input doubles.

    python benchmarks/growth.py [DIMENSION ...] [--runs N]

Each dimension is measured at three sizes, each twice the one before, and at a small one, whose cost is start-up and is
subtracted. The exponent is the base-2 logarithm of the growth from the smallest of the three to the largest, halved:
1 is linear, 2 quadratic.
"""

import argparse
import csv
import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from measuring import measure_in_turn

SEGCLI = [sys.executable, "-m", "segcli"]
ORDER_HEADER = ["Customer ID", "Order ID", "Ordered at", "Product", "Amount"]
LAST_DAY = date(2026, 6, 30)
Rows = Iterator[Sequence[object]]
COMMANDS = {
    "check": ["check", "{orders}"],
    "init": ["init", "{orders}"],
    "ingest": ["ingest", "{orders}"],
    "rfm": ["rfm", "{orders}"],
    "rules": ["rules", "{orders}", "-c", "{config}"],
    "cluster": ["cluster", "{orders}", "--set", "cluster.k=4"],
    "cluster of any k": ["cluster", "{orders}"],
    "clv": ["clv", "{orders}"],
    "cohort": ["cohort", "{orders}"],
    "backtest": ["backtest", "{orders}"],
    "compare": ["compare", "{orders}", "--then", "2026-03-01"],
    "persona": ["persona", "{orders}", "-c", "{config}", "-f", "json"],
    "target": ["target", "{orders}", "-c", "{config}", "-f", "json"],
    "plan": ["plan", "{orders}", "-c", "{config}", "-f", "json"],
    "export": ["export", "{orders}", "--to", "plain"],
    "report": ["report", "{orders}", "-c", "{config}", "-f", "html"],
    "report as Markdown": ["report", "{orders}", "-c", "{config}", "-f", "md"],
    "rfm with rejects": ["rfm", "{orders}", "--set", "ingest.rejects={folder}/rejects.csv", "--force"],
    "rules for a customer": ["rules", "{orders}", "-c", "{config}", "--why", "c1"],
}
ORDERS = tuple(name for name in COMMANDS if name not in ("rules", "rfm with rejects", "rules for a customer"))


class Dimension(NamedTuple):
    """What doubles: the first of its three sizes, a size of start-up, what writes its files, and its commands."""

    size: int
    small: int
    write: Callable[[Path, int], None]
    commands: Sequence[str]


def write_rows(path: Path, header: Sequence[str], rows: Rows) -> None:
    """Write a CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def order_lines(customers: int, lines: int, products: int = 200) -> Rows:
    """Order lines of customers drawn with unequal shares over 500 days; two lines an order."""
    chance = random.Random(7)  # noqa: S311 - an export, not a secret
    for number in range(lines // 2):
        customer = number if number < customers else int(customers * chance.random() ** 2)
        day = LAST_DAY - timedelta(days=chance.randrange(500))
        for _ in range(2):
            product = f"Mug, size {chance.randrange(products)}"
            yield f"c{customer}", number, f"{day} 12:{number % 60:02}:00", product, f"{chance.uniform(2, 90):.2f}"


def of_customers(folder: Path, size: int) -> None:
    """Write an export of so many customers, with six lines each."""
    write_rows(folder / "orders.csv", ORDER_HEADER, order_lines(size, 6 * size))


def of_columns(folder: Path, size: int) -> None:
    """Write an export with so many columns more."""
    names = [f"Answer {number}" for number in range(size)]
    lines = ([*line, *((number * at) % 7 for number in range(size))] for at, line in enumerate(order_lines(150, 600)))
    write_rows(folder / "orders.csv", [*ORDER_HEADER, *names], lines)


def of_values(folder: Path, size: int) -> None:
    """Write an export in which each line has a product of its own."""
    lines = ([*line[:3], f"Product {at}", line[4]] for at, line in enumerate(order_lines(size // 6, size)))
    write_rows(folder / "orders.csv", ORDER_HEADER, lines)


def of_rules(folder: Path, size: int) -> None:
    """Write an export and a segmentation of so many rules for two segments."""
    of_customers(folder, 2000)
    rules = [{"segment": f"Group {at % 2}", "when": f"orders >= {at % 9 + 2} and revenue > {at}"} for at in range(size)]
    config = {"version": 1, "rules": [{"name": "groups", "segments": rules}]}
    (folder / "config.yaml").write_text(json.dumps(config))


def of_segments(folder: Path, size: int) -> None:
    """Write an export of so many segments, with thirty customers each."""
    chance = random.Random(3)  # noqa: S311 - an export, not a secret
    rows = (
        (f"c{at}", chance.randrange(1, 500), chance.randrange(1, 9), f"Area {at % size}") for at in range(30 * size)
    )
    header = ["customer_id", "recency_days", "orders", "city"]
    write_rows(folder / "orders.csv", header, rows)
    rules = [{"segment": f"Area {at}", "when": f'city == "Area {at}"'} for at in range(size)]
    config = {"version": 1, "rules": [{"name": "areas", "segments": rules}]}
    (folder / "config.yaml").write_text(json.dumps(config))


def of_rejects(folder: Path, size: int) -> None:
    """Write an export with so many lines to reject, each for another text."""
    lines = (
        [*line[:2], f"on day {at}" if at % 2 else line[2], *line[3:]]
        for at, line in enumerate(order_lines(size // 6, 2 * size))
    )
    write_rows(folder / "orders.csv", ORDER_HEADER, lines)


def of_one_customer(folder: Path, size: int) -> None:
    """Write an export in which one customer has so many orders, among 200 who have few."""
    others = order_lines(200, 1200)
    own = (["wholesale", f"w{at}", *line[2:]] for at, line in enumerate(order_lines(1, size)))
    write_rows(folder / "orders.csv", ORDER_HEADER, (line for rows in (others, own) for line in rows))


DIMENSIONS = {
    "customers": Dimension(60_000, 1_000, of_customers, ORDERS),
    "columns": Dimension(4_000, 10, of_columns, ("check", "init", "ingest", "rfm", "cluster", "persona", "report")),
    "distinct values": Dimension(60_000, 1_000, of_values, ("check", "ingest", "rfm", "persona", "report")),
    "rules": Dimension(1_000, 2, of_rules, ("rules", "rules for a customer", "persona", "report")),
    "segments": Dimension(200, 2, of_segments, ("rules", "persona", "target", "plan", "report", "report as Markdown")),
    "rejects": Dimension(60_000, 1_000, of_rejects, ("check", "ingest", "rfm with rejects", "cohort")),
    "orders of one customer": Dimension(
        60_000, 1_000, of_one_customer, ("check", "ingest", "rfm", "cohort", "clv", "backtest", "compare", "persona")
    ),
}


def exponent(costs: Sequence[float]) -> float:
    """Return the exponent of growth of the costs of a small size and of three sizes, each twice the one before."""
    small, first, _, third = costs
    return math.log2(max(third - small, 0.01) / max(first - small, 0.01)) / 2


def measure_dimension(name: str, runs: int) -> None:
    """Print a row of the table for each command."""
    dimension = DIMENSIONS[name]
    sizes = [dimension.small, *(dimension.size * factor for factor in (1, 2, 4))]
    with tempfile.TemporaryDirectory() as temporary:
        folders = [Path(temporary) / str(size) for size in sizes]
        for folder, size in zip(folders, sizes, strict=True):
            folder.mkdir()
            (folder / "config.yaml").write_text("version: 1\n")
            dimension.write(folder, size)
        for command in dimension.commands:
            lines = {
                str(folder): [
                    *SEGCLI,
                    *(
                        word.format(orders=folder / "orders.csv", config=folder / "config.yaml", folder=folder)
                        for word in COMMANDS[command]
                    ),
                    "-q",
                ]
                for folder in folders
            }
            costs = [cost.cpu for cost in measure_in_turn(lines, runs).values()]
            print(
                f"| {name} | {command} | {sizes[1]:,} | "
                + " | ".join(f"{cost:.2f}" for cost in costs)
                + f" | {exponent(costs):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dimension", nargs="*", choices=[*DIMENSIONS, []], default=[])
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args()
    print("| dimension | command | size | small | 1 | 2 | 4 | exponent |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for each in chosen.dimension or DIMENSIONS:
        measure_dimension(each, chosen.runs)
