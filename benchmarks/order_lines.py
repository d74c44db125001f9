"""An export of order lines, seeded: four lines an order on average, three orders a customer, two years of dates."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

PIECE = 1_000_000  # lines made and written at a time, so that memory does not grow with the file's text
COLUMNS = (
    "line", "order_id", "order_date", "customer_id", "shelf", "warehouse", "quantity", "unit_price", "tax",
)  # fmt: skip
NEEDED = ("order_id", "order_date", "customer_id", "quantity", "unit_price")


def export(folder: Path, lines: int, columns: Sequence[str] = COLUMNS) -> Path:
    """Write the export to a folder, unless it is there; 68 bytes a line with all columns, 38 with the needed."""
    path = folder / f"orders_{lines}_lines_{len(columns)}_columns.csv"
    if not path.exists():
        unfinished = path.with_suffix(".part")  # an interrupted run must not leave a file that looks whole
        with unfinished.open("wb") as file:
            write(file, pieces(lines), columns)
        unfinished.rename(path)
    return path


def write(file: BinaryIO, tables: Iterator[pa.Table], columns: Sequence[str]) -> None:
    """Nothing is quoted; the header is written here because pyarrow quotes it whatever the style of quotes."""
    file.write((",".join(columns) + "\n").encode())
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    for table in tables:
        csv.write_csv(table.select(columns), file, options)


def pieces(lines: int) -> Iterator[pa.Table]:
    """The lines in tables of a million; the lines of an order stand together, and orders are in order of their days."""
    chance = np.random.default_rng(20260630)
    orders = max(lines // 4, 1)
    order = np.sort(chance.integers(0, orders, lines))
    customer = chance.integers(0, max(lines // 12, 1), orders)
    day = np.datetime64("2024-07-01") + np.sort(chance.integers(0, 730, orders))
    for start in range(0, lines, PIECE):
        of = order[start : start + PIECE]
        yield piece(chance, start, of, customer[of], day[of])


def piece(
    chance: np.random.Generator, start: int, order: np.ndarray, customer: np.ndarray, day: np.ndarray
) -> pa.Table:
    """One table: who ordered when is given, what was ordered is drawn."""
    size = len(order)
    return pa.table(
        {
            "line": np.arange(start, start + size),
            "order_id": code("I", order, 8),
            "order_date": pc.cast(pa.array(day.astype("datetime64[D]")), pa.string()),
            "customer_id": code("C", customer, 7),
            "shelf": code("A-", chance.integers(0, 20_000, size), 5),
            "warehouse": np.array(["north", "south", "east", "west"])[chance.integers(0, 4, size)],
            "quantity": chance.integers(1, 6, size),
            "unit_price": chance.integers(100, 10_000, size) / 100,
            "tax": np.array(["standard", "reduced"])[chance.integers(0, 2, size)],
        }
    )


def code(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    """Numbers as codes of one width, such as C0000012."""
    padded = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, padded, "")
