"""Twice the columns, the header or the text of a cell take about twice the time, not four times."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.customers.pseudonyms import PrivacyOptions

ROWS = 20
MOST = 2.6


def seconds_to_read(folder: Path, names: str, values: str) -> float:
    path = folder / "orders.csv"
    rows = (f"C{row % 9},{row},2026-01-{1 + row:02},{row}.50,{values}\n" for row in range(ROWS))
    path.write_text(f"customer_id,order_id,order_date,amount,{names}\n" + "".join(rows))
    times = []
    for _ in range(3):
        started = time.process_time()
        load_customers(IngestSettings(transactions=Source(path=str(path))), privacy=PrivacyOptions(needs_contacts=True))
        times.append(time.process_time() - started)
    return min(times)


def columns_of(name: str, value: str) -> Callable[[int], tuple[str, str]]:
    return lambda count: (",".join(f"{name} {number}" for number in range(count)), ",".join([value] * count))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        (columns_of("col", "x"), 3000),
        (columns_of("Status", "paid"), 1500),
        (columns_of("amount", "1.5"), 3000),
        (lambda size: ("a b_" * (size // 4), "x"), 50_000),
        (lambda size: ("email", "a.b-" * (size // 4)), 50_000),
        (lambda size: ("phone", "+1 -" * (size // 4)), 50_000),
    ],
    ids=["names", "statuses", "amounts", "long header", "text without @", "text like a phone number"],
)
def test_twice_the_size_takes_about_twice_the_time(
    shape: Callable[[int], tuple[str, str]], size: int, tmp_path: Path
) -> None:
    seconds_to_read(tmp_path, *shape(4))
    assert seconds_to_read(tmp_path, *shape(2 * size)) < MOST * seconds_to_read(tmp_path, *shape(size)) + 0.05
